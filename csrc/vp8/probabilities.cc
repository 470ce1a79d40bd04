#include "vp8/probabilities.h"

#include <algorithm>

#include "vp8/costs.h"
#include "vp8/tokens.h"

namespace accelir::vp8 {
namespace {

double bits(const uint32_t (&n)[2], int probability) {
  return static_cast<double>(n[0]) * bit_cost(false, probability) +
         static_cast<double>(n[1]) * bit_cost(true, probability);
}

}  // namespace

uint8_t probability_of(uint64_t zeros, uint64_t ones) {
  const uint64_t all = zeros + ones;
  if (all == 0) return 255;
  return static_cast<uint8_t>(std::clamp<uint64_t>((256 * zeros + all / 2) / all, 1, 255));
}

TokenCounts count_tokens(const Frame& frame) {
  uint32_t tokens[4][8][3][2][kTokens] = {};  // the last but one: whether the path starts behind the first node
  walk_tokens(
      frame, [](int) {},
      [&](BlockType type, int band, int context, int token, int start) { ++tokens[type][band][context][start][token]; },
      [](int) {});
  TokenCounts counts;
  for (int t = 0; t < 4; ++t)
    for (int b = 0; b < 8; ++b)
      for (int c = 0; c < 3; ++c)
        for (int start = 0; start < 2; ++start)
          for (int token = 0; token < kTokens; ++token) {
            const Path& path = kTokenPaths[token];
            for (int i = start; i < path.length; ++i)
              counts.n[t][b][c][path.node[i]][path.bit[i]] += tokens[t][b][c][start][token];
          }
  return counts;
}

Probabilities choose_probabilities(const TokenCounts& counts) {
  constexpr double kValueBits = 8.0;
  Probabilities out = kDefaultProbabilities;
  for (int t = 0; t < 4; ++t)
    for (int b = 0; b < 8; ++b)
      for (int c = 0; c < 3; ++c)
        for (int i = 0; i < 11; ++i) {
          const auto& n = counts.n[t][b][c][i];
          const int old = kDefaultProbabilities.p[t][b][c][i], update = kUpdateProbabilities.p[t][b][c][i];
          const uint8_t best = probability_of(n[0], n[1]);
          const double kept = bits(n, old) + bit_cost(false, update);
          const double updated = bits(n, best) + bit_cost(true, update) + kValueBits;
          if (updated < kept) out.p[t][b][c][i] = best;
        }
  return out;
}

uint8_t coded_probability(const Frame& frame) {
  size_t coded = 0;
  for (const Macroblock& mb : frame.macroblocks) coded += mb.coded;
  return coded == frame.macroblocks.size() ? uint8_t{0} : probability_of(coded, frame.macroblocks.size() - coded);
}

std::array<uint8_t, 3> segment_probabilities(const Frame& frame) {
  uint64_t n[4] = {};
  for (const Macroblock& mb : frame.macroblocks) ++n[mb.segment];
  return {probability_of(n[0] + n[1], n[2] + n[3]), probability_of(n[0], n[1]), probability_of(n[2], n[3])};
}

}  // namespace accelir::vp8
