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

// The cheapest way to a state: its cost, and the state before it.
struct Step {
  float cost;
  int from;
};

// The cheapest of three states' ways on to a token. No branch: which it is can't be foretold.
ACCELIR_INLINE Step cheapest(const float (&path)[3], const float* const (&row)[3], int token) {
  const float a = path[0] + row[0][token], b = path[1] + row[1][token], c = path[2] + row[2][token];
  const float ab = b < a ? b : a;
  const int before = b < a;
  return {c < ab ? c : ab, c < ab ? 2 : before};
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
    const auto coded_as = [&](int level) {
      const float change = q.cost[n] * (level * (level - 2.0f * x[n]));  // (x - level)^2 - x^2
      const Step step = cheapest(path, row, kTokenOf[level]);
      return Step{step.cost + change + extra[level], step.from};
    };
    const auto keep = [&](int to, int level, const Step& step) {
      node.level[to] = static_cast<int16_t>(level);
      node.from[to] = static_cast<int8_t>(step.from);
      const float total = step.cost + costs[n + 1][to][kEndOfBlock];
      const bool better = total < best;
      best = better ? total : best;
      best_end = better ? n + 1 : best_end;
      best_state = better ? to : best_state;
    };
    const Step zero = cheapest(path, row, 0);
    node.level[0] = 0;
    node.from[0] = static_cast<int8_t>(zero.from);
    float one = kNone, larger = kNone;
    if (const int nearest = nearest_level(x[n]); nearest == 1 || nearest == 2) {
      const Step step = coded_as(1);
      keep(kAfterOne, 1, step);
      one = step.cost;
      if (nearest == 2) {
        const Step two = coded_as(2);
        keep(kAfterLarger, 2, two);
        larger = two.cost;
      }
    } else if (nearest > 2) {
      const Step above = coded_as(nearest), below = coded_as(nearest - 1);
      const bool is_below = below.cost < above.cost;
      const Step step = is_below ? below : above;
      keep(kAfterLarger, nearest - is_below, step);
      larger = step.cost;
    }
    path[0] = zero.cost;
    path[1] = one;
    path[2] = larger;
    for (int p = 0; p < 3; ++p) row[p] = costs[n + 1][p];
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
