#include "vp8/quantizer.h"

#include <algorithm>

namespace accelir::vp8 {
namespace {

int clamp_index(int index) { return std::clamp(index, 0, 127); }

// gain: of coefficients over orthonormal ones.
BlockQuantizer make_block(int dc, int ac, float gain, float lambda, const Weights& weights) {
  BlockQuantizer q;
  for (int n = 0; n < 16; ++n) {
    q.step[n] = static_cast<float>(n == 0 ? dc : ac);
    q.inverse[n] = 1.0f / q.step[n];
    q.cost[n] = weights[n] * q.step[n] * q.step[n] / (gain * gain * lambda);
  }
  return q;
}

}  // namespace

float luma_step(int index) { return 0.5f * kAcSteps[clamp_index(index)]; }

int nearest_quantizer(float step) {
  int best = 0;
  for (int i = 1; i < kQuantizers; ++i)
    if (luma_step(i) * luma_step(i - 1) < step * step) best = i;
  return best;
}

Quantizer make_quantizer(int index, const QuantizerDeltas& d, float lambda, const Weights& luma_weights,
                         const Weights& chroma_weights) {
  const auto dc = [&](int delta) { return static_cast<int>(kDcSteps[clamp_index(index + delta)]); };
  const auto ac = [&](int delta) { return static_cast<int>(kAcSteps[clamp_index(index + delta)]); };
  Weights y2_weights;
  y2_weights.fill(luma_weights[0]);
  // Section 14.1. Y2 is transformed twice, each time with a gain of 2.
  return {make_block(dc(d.luma_dc), ac(0), 2.0f, lambda, luma_weights),
          make_block(2 * dc(d.y2_dc), std::max(ac(d.y2_ac) * 155 / 100, 8), 4.0f, lambda, y2_weights),
          make_block(std::min(dc(d.chroma_dc), 132), ac(d.chroma_ac), 2.0f, lambda, chroma_weights)};
}

}  // namespace accelir::vp8
