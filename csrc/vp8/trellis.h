// Rate-distortion optimised quantisation of one block: the cheapest path through VP8's token states, by exact costs.
#pragma once

#include <cstdint>
#include <limits>

#include "common/simd.h"
#include "vp8/costs.h"
#include "vp8/quantizer.h"

namespace accelir::vp8 {

// Magnitudes of a block's levels in zigzag order and their end, the place behind the last nonzero (first: none).
struct BlockLevels {
  int16_t magnitude[16];
  int end;
};

ACCELIR_INLINE int nearest_level(float x) {
  const int level = static_cast<int>(x + 0.5f);
  return level < kMaxLevel ? level : kMaxLevel;
}

// Minimises  sum cost (x - level)^2 + bits  over levels that are zero, the nearest or one below it.
//
// x: magnitudes in steps; first: the first place that is coded; state: how it starts. Returns the least sum less what
// zeroing everything would distort.
ACCELIR_INLINE float trellis(const BlockQuantizer& q, const BlockCosts& costs, const float* extra, const float* x,
                             int first, int state, BlockLevels& out) {
  constexpr float kNone = std::numeric_limits<float>::infinity();
  struct Node {
    int16_t level[3];
    int8_t from[3];
  };
  Node nodes[16];
  int last = 15;
  for (; last >= first; --last)
    if (x[last] >= 0.5f) break;
  float path[3] = {0.0f, kNone, kNone};  // by the state after the places so far
  const float* row[3] = {costs[first][state], costs[first][kAfterOne], costs[first][kAfterLarger]};
  float best = costs[first][state][kEndOfBlock];
  int best_end = first, best_state = 0;
  for (int n = first; n <= last; ++n) {
    Node& node = nodes[n];
    float next[3] = {kNone, kNone, kNone};
    const auto cheapest = [&](int token, int& from) {
      float least = path[0] + row[0][token];
      from = 0;
      for (int p = 1; p < 3; ++p) {
        const float c = path[p] + row[p][token];
        if (c < least) {
          least = c;
          from = p;
        }
      }
      return least;
    };
    int from;
    next[0] = cheapest(0, from);
    node.level[0] = 0;
    node.from[0] = static_cast<int8_t>(from);
    const int nearest = nearest_level(x[n]);
    for (int level = nearest; level > 0 && level >= nearest - 1; --level) {
      const float change = q.cost[n] * (level * (level - 2.0f * x[n]));  // (x - level)^2 - x^2
      const float total = cheapest(kTokenOf[level], from) + change + extra[level];
      const int to = level == 1 ? kAfterOne : kAfterLarger;
      if (total < next[to]) {
        next[to] = total;
        node.level[to] = static_cast<int16_t>(level);
        node.from[to] = static_cast<int8_t>(from);
      }
    }
    for (int to = 1; to < 3; ++to) {
      const float total = next[to] + costs[n + 1][to][kEndOfBlock];
      if (total < best) {
        best = total;
        best_end = n + 1;
        best_state = to;
      }
    }
    for (int p = 0; p < 3; ++p) {
      path[p] = next[p];
      row[p] = costs[n + 1][p];
    }
  }
  for (int n = 0; n < 16; ++n) out.magnitude[n] = 0;
  out.end = best_end;
  for (int n = best_end - 1, s = best_state; n >= first; --n) {
    out.magnitude[n] = nodes[n].level[s];
    s = nodes[n].from[s];
  }
  return best;
}

// Bits of a block's tokens. levels: magnitudes in zigzag order, Pitch apart.
template <int Pitch, class Level>
ACCELIR_INLINE float token_bits(const BlockCosts& costs, const float* extra, const Level* levels, int first, int end,
                                int state) {
  float bits = 0.0f;
  for (int n = first; n < end; ++n) {
    const int level = static_cast<int>(levels[n * Pitch]);
    bits += costs[n][state][kTokenOf[level]] + extra[level];
    state = level > 2 ? kAfterLarger : level;
  }
  return bits + costs[end][state][kEndOfBlock];
}

}  // namespace accelir::vp8
