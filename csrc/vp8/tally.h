// What rows of a coded frame consist of, counted rather than written.
#pragma once

#include <cstdint>
#include <vector>

#include "vp8/frame.h"
#include "vp8/tables.h"

namespace accelir::vp8 {

struct Tally {
  // By type, band, context; the last but one: whether the token's path starts behind its first node.
  uint32_t tokens[4][8][3][2][kTokens] = {};
  uint32_t segments[4] = {};            // macroblocks of each
  uint32_t macroblocks = 0, coded = 0;  // coded: have levels
  double extra_bits = 0.0;              // signs, and what large levels have behind their tokens
  double mode_bits = 0.0;
};

// Adds rows of macroblocks [first, end).
void tally_rows(const Frame& frame, int first, int end, Tally& tally);
// Adds what was counted elsewhere.
void add(const Tally& part, Tally& sum);
// Of each row by itself. threads: at most.
std::vector<Tally> row_tallies(const Frame& frame, int threads);
// Of all rows. threads: at most; the sums don't depend on them.
Tally tally_of(const Frame& frame, int threads);

}  // namespace accelir::vp8
