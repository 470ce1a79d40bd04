#include "vp8_filter_choice.h"

#include <algorithm>
#include <cmath>

#include "vp8_quantizer.h"
#include "vp8_trial.h"

namespace accelir::vp8 {
namespace {

constexpr float kLevelPerStep = 0.35f;

double squared_error(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  int64_t sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const int d = a[i] - b[i];
    sum += d * d;
  }
  return static_cast<double>(sum);
}

}  // namespace

int usual_filter_level(int quantizer, float strength) {
  return std::clamp(static_cast<int>(std::lround(kLevelPerStep * luma_step(quantizer) * strength)), 0, 63);
}

std::array<int, 4> best_filter_levels(const YuvPlanes& picture, const Frame& frame, const FrameHeader& header,
                                      float strength) {
  FrameHeader h = header;
  std::array<int, 4> best{};
  double least = INFINITY;
  for (float scale : {0.0f, 0.35f, 0.5f, 0.7f, 1.0f, 1.4f, 2.0f}) {
    for (int s = 0; s < 4; ++s) h.filter_level[s] = usual_filter_level(h.quantizer[s], scale);
    const YuvPlanes shown = filtered(frame, h);
    const double error =
        squared_error(shown.y, picture.y) + squared_error(shown.u, picture.u) + squared_error(shown.v, picture.v);
    if (error < least) {
      least = error;
      for (int s = 0; s < 4; ++s) best[s] = usual_filter_level(h.quantizer[s], scale * strength);
    }
  }
  return best;
}

}  // namespace accelir::vp8
