#include "jpeg/sample.h"

namespace accelir::jpeg {
Sample::Sample(const Coefficients& coefficients, const Settings& settings, int pixels)
    : whole_(coefficients), settings_(settings) {
  const Geometry& g = coefficients.geometry;
  const int n = static_cast<int>(static_cast<double>(g.width) * g.height / pixels);
  if (n > 1 && g.width >= kCell && g.height >= kCell) {
    const Thinning thinning(g, n);
    thinned_ = thinning.of(coefficients);
    settings_.mode_map = thinning.of(settings.mode_map);
    if (settings.block_weights) settings_.block_weights = thinning.of_squares(*settings.block_weights);
    share_ = thinning.share();
  }
  trials_.emplace(this->coefficients(), settings_, share_);
}

double Sample::whole_bytes() { return trials_->plan() * kStuffing; }

void Sample::settle(float step) {
  if (!uses_trellis(settings_)) return;
  trials_->guess_at(step);
  if (settings_.loops == 1) trials_->plan();
  for (int i = 1; i < settings_.loops; ++i) {
    trials_->quantize_at(step, {});
    trials_->plan();
  }
}

}  // namespace accelir::jpeg
