// How one macroblock is coded: modes and levels that minimise distortion + lambda * bits, and what decoders make of it.
#pragma once

#include <cstdint>

#include "vp8/costs.h"
#include "vp8/macroblock.h"
#include "vp8/predict.h"
#include "vp8/quantizer.h"
#include "vp8/source.h"

namespace accelir::vp8 {

constexpr float kBothWays = 1e6f;  // more than any doubt

// How far the search goes.
struct Search {
  int subblock_trellises = 2;  // best modes of a 4x4 subblock that are quantised by the trellis to be compared, 0 to 10
  int block_trellises = 1;     // of whole luma and of chroma, 0 to 4
  bool rank_by_tokens = true;  // modes are ranked by their tokens' bits, else by a rough estimate of these
  int subblock_modes = 10;     // modes that 4x4 subblocks choose from, 0: none
  // Luma is quantised both as a whole and in subblocks where its score as a whole, by rounding, is within this factor
  // of the one that speaks for neither; beyond it one way is left out. 1: always.
  float doubt = kBothWays;
};

// The reconstruction, which starts as nothing but the edges (predict.h).
struct MacroblockSamples {
  alignas(64) uint8_t luma[17 * kStride];
  alignas(64) uint8_t chroma[2][9 * kStride];
  bool has_above, has_left;
};

// What the neighbours were coded as: the contexts, updated for those to come.
struct Neighbours {
  NonzeroEdge& above;
  NonzeroEdge& left;
  SubblockEdge& above_modes;
  SubblockEdge& left_modes;
};

// Bits by the probabilities that the search assumes.
struct Costs {
  TokenCosts tokens;
  float coded[2] = {0.0f, 0.0f};  // of saying that a macroblock has no levels, or has some
  float mode_scale = 1.0f;        // above 1: modes count more than they cost, to keep their partition small
};

// Fills in everything of `out` but its segment.
void decide_macroblock(const MacroblockSource& source, const Quantizer& quantizer, const Costs& costs,
                       const Search& search, Neighbours& neighbours, MacroblockSamples& samples, Macroblock& out);

}  // namespace accelir::vp8
