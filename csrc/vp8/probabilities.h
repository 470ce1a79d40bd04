// The probabilities that a frame's symbols ask for.
#pragma once

#include <array>
#include <cstdint>

#include "vp8/frame.h"
#include "vp8/tables.h"

namespace accelir::vp8 {

// How often each node of the token tree was left by a 0 and by a 1.
struct TokenCounts {
  uint32_t n[4][8][3][11][2] = {};
};

TokenCounts count_tokens(const Frame& frame);

// The defaults, updated where that saves more than it takes (RFC 6386, section 13.4).
Probabilities choose_probabilities(const TokenCounts& counts);

// Of a 0, 1 to 255, from how often there were zeros and ones.
uint8_t probability_of(uint64_t zeros, uint64_t ones);

// That a macroblock has levels; 0: all have, and nothing is said.
uint8_t coded_probability(const Frame& frame);

// Of the segment tree's three nodes.
std::array<uint8_t, 3> segment_probabilities(const Frame& frame);

}  // namespace accelir::vp8
