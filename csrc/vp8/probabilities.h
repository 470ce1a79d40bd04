// The probabilities that a frame's symbols ask for, and what the frame takes with them.
#pragma once

#include <array>
#include <cstdint>

#include "vp8/tables.h"
#include "vp8/tally.h"

namespace accelir::vp8 {

// The defaults, updated where that saves more than it takes (RFC 6386, section 13.4).
Probabilities choose_probabilities(const Tally& tally);

// Of a 0, 1 to 255, from how often there were zeros and ones.
uint8_t probability_of(uint64_t zeros, uint64_t ones);

// That a macroblock has levels; 0: all have, and nothing is said.
uint8_t coded_probability(const Tally& tally);

// Of the segment tree's three nodes.
std::array<uint8_t, 3> segment_probabilities(const Tally& tally);

// Of the frame that the writer makes of what was counted, or of one of which that is a share.
double foreseen_bytes(const Tally& tally, double share = 1.0);

}  // namespace accelir::vp8
