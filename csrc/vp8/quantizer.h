// Quantiser indices become steps, and a Lagrangian what errors cost.
#pragma once

#include <array>

#include "vp8/tables.h"

namespace accelir::vp8 {

constexpr int kQuantizers = 128;  // quantiser indices of RFC 6386, section 9.6

// Added to the base index (RFC 6386, section 9.6), -15 to 15.
struct QuantizerDeltas {
  int luma_dc = 0, y2_dc = 0, y2_ac = 0, chroma_dc = 0, chroma_ac = 0;
};

// One type of block, places in zigzag order.
struct BlockQuantizer {
  float step[16], inverse[16];
  float cost[16];  // of an error of one step, squared, in bits
};

struct Quantizer {
  BlockQuantizer luma, y2, chroma;
};

using Weights = std::array<float, 16>;  // of squared errors by place, relative to luma's DC

// lambda: squared error in samples that a bit is worth.
Quantizer make_quantizer(int index, const QuantizerDeltas& deltas, float lambda, const Weights& luma_weights,
                         const Weights& chroma_weights);

// The luma AC step in samples of an orthonormal transform.
float luma_step(int index);
// The index, 0 to 127, whose step comes nearest, by ratio.
int nearest_quantizer(float step);

}  // namespace accelir::vp8
