#include "jpeg/sample.h"

#include <algorithm>

namespace accelir::jpeg {
namespace {

constexpr int kThinPixels = 1 << 18;  // estimates are made on about this many pixels
constexpr double kHeaderBytes = 300;  // tables and headers of a photograph's file

}  // namespace

Sample::Sample(const Coefficients& coefficients, const Settings& settings) : whole_(coefficients), settings_(settings) {
  const Geometry& g = coefficients.geometry;
  const int n = static_cast<int>(static_cast<double>(g.width) * g.height / kThinPixels);
  if (n > 1 && g.width >= kCell && g.height >= kCell) {
    const Thinning thinning(g, n);
    thinned_ = thinning.of(coefficients);
    settings_.mode_map = thinning.of(settings.mode_map);
    if (settings.cell_weights) settings_.cell_weights = thinning.of(*settings.cell_weights);
    share_ = thinning.share();
  }
  trials_.emplace(this->coefficients(), settings_);
}

void Sample::settle(float step) {
  trials_->guess_at(step);
  if (settings_.loops == 1) trials_->plan();
  for (int i = 1; i < settings_.loops; ++i) {
    trials_->quantize_at(step, {});
    trials_->plan();
  }
}

double scan_bytes(double file, const Settings& settings) {
  const double overhead = static_cast<double>(settings.segments.size()) + kHeaderBytes;
  return std::max(file - overhead, file / 8);
}

}  // namespace accelir::jpeg
