// Rate-distortion optimised quantisation of a block's AC coefficients (Ramchandran and Vetterli 1994; Crouse and
// Ramchandran 1997), on the few that survive rounding.
#pragma once

#include <cmath>

#include "common/simd.h"
#include "jpeg/quantizer.h"

namespace accelir::jpeg {

ACCELIR_INLINE int level_size(int magnitude) { return 32 - __builtin_clz(magnitude); }

// The largest level of the next smaller size class that is a multiple of m; 0 when there is none.
ACCELIR_INLINE int top_of_smaller_size(int magnitude, int m) {
  const int top = (1 << (level_size(magnitude) - 1)) - 1;
  return m == 1 ? top : top / m * m;
}

// Levels that minimise  sum cost (x - level)^2 + lambda bits.
//
// x: magnitudes in steps; level: rounded magnitudes, replaced by the chosen ones where `mask` has a bit; the mask of
// the nonzeros is returned. Only two kinds of candidate can win, since a size class costs the same for all its levels:
// the rounded level, and the top of each smaller class.
//
// gain[i] is the cost of the best coding whose last nonzero so far is candidate i, less the cost of zeroing everything
// up to there; so coefficients passed over cost nothing extra, and gain needs no prefix sums.
ACCELIR_INLINE uint64_t trellis(const BlockQuantizer& q, const AcBits& bits, const float* x, int16_t* level,
                                uint64_t mask) {
  float gain[65], least[65];  // least[i]: the smallest gain up to i
  int place[65], from[65], chosen[65];
  gain[0] = least[0] = 0.0f;
  place[0] = 0;
  int n = 0;
  float best_total = q.lambda * bits.empty_block;
  int best_end = 0;
  for (; mask; mask &= mask - 1) {
    const int k = __builtin_ctzll(mask);
    const int i = ++n;
    place[i] = k;
    // No branch on which is better: it can't be foretold.
    float lowest = INFINITY;
    int last = 0, chosen_level = 0;
    for (int l = level[k]; l > 0; l = top_of_smaller_size(l, q.multiple)) {
      const int size = level_size(l);
      const float change = q.cost[k] * (l * (l - 2.0f * x[k]));  // (x - l)^2 - x^2
      const float floor = change + q.lambda * bits.min_size[size];
      const float* run_bits = bits.run_size[size] + (k - 1);
      for (int j = i - 1; j >= 0 && least[j] + floor < lowest; --j) {
        const float total = gain[j] + change + q.lambda * run_bits[-place[j]];
        const bool better = total < lowest;
        lowest = better ? total : lowest;
        last = better ? j : last;
        chosen_level = better ? l : chosen_level;
      }
    }
    gain[i] = lowest;
    from[i] = last;
    chosen[i] = chosen_level;
    least[i] = gain[i] < least[i - 1] ? gain[i] : least[i - 1];
    const float total = gain[i] + (k == 63 ? 0.0f : q.lambda * bits.end_of_block);
    if (total < best_total) {
      best_total = total;
      best_end = i;
    }
  }
  for (int i = 1; i <= n; ++i) level[place[i]] = 0;
  uint64_t kept = 0;
  for (int i = best_end; i > 0; i = from[i]) {
    level[place[i]] = static_cast<int16_t>(chosen[i]);
    kept |= uint64_t{1} << place[i];
  }
  return kept;
}

}  // namespace accelir::jpeg
