#include "vp8/probabilities.h"

#include <algorithm>

#include "vp8/costs.h"

namespace accelir::vp8 {
namespace {

constexpr double kValueBits = 8.0;     // of a new probability
constexpr double kHeaderBytes = 22.0;  // of the frame's tag and what is said once, mostly

// How often each node of the token tree was left by a 0 and by a 1.
struct NodeCounts {
  uint32_t n[4][8][3][11][2] = {};
};

NodeCounts count_nodes(const Tally& tally) {
  NodeCounts counts;
  for (int t = 0; t < 4; ++t)
    for (int b = 0; b < 8; ++b)
      for (int c = 0; c < 3; ++c)
        for (int start = 0; start < 2; ++start)
          for (int token = 0; token < kTokens; ++token) {
            const Path& path = kTokenPaths[token];
            for (int i = start; i < path.length; ++i)
              counts.n[t][b][c][path.node[i]][path.bit[i]] += tally.tokens[t][b][c][start][token];
          }
  return counts;
}

double bits(uint64_t zeros, uint64_t ones, int probability) {
  return static_cast<double>(zeros) * bit_cost(false, probability) +
         static_cast<double>(ones) * bit_cost(true, probability);
}

// Bits of all tokens, and of saying by which probabilities they are coded.
struct TokenBits {
  double tokens = 0.0, probabilities = 0.0;
};

TokenBits choose(const Tally& tally, Probabilities& out) {
  const NodeCounts counts = count_nodes(tally);
  out = kDefaultProbabilities;
  TokenBits total;
  for (int t = 0; t < 4; ++t)
    for (int b = 0; b < 8; ++b)
      for (int c = 0; c < 3; ++c)
        for (int i = 0; i < 11; ++i) {
          const auto& n = counts.n[t][b][c][i];
          const int update = kUpdateProbabilities.p[t][b][c][i];
          uint8_t& chosen = out.p[t][b][c][i];
          const uint8_t best = probability_of(n[0], n[1]);
          const double kept = bits(n[0], n[1], chosen), updated = bits(n[0], n[1], best);
          const double keeping = bit_cost(false, update), updating = bit_cost(true, update) + kValueBits;
          const bool updates = updated + updating < kept + keeping;
          if (updates) chosen = best;
          total.tokens += updates ? updated : kept;
          total.probabilities += updates ? updating : keeping;
        }
  return total;
}

double coded_flag_bits(const Tally& tally) {
  const int probability = coded_probability(tally);
  return probability ? bits(tally.coded, tally.macroblocks - tally.coded, probability) : 0.0;
}

double segment_bits(const Tally& tally) {
  const auto& n = tally.segments;
  if (n[0] == tally.macroblocks) return 0.0;
  const auto p = segment_probabilities(tally);
  return bits(n[0] + n[1], n[2] + n[3], p[0]) + bits(n[0], n[1], p[1]) + bits(n[2], n[3], p[2]);
}

}  // namespace

uint8_t probability_of(uint64_t zeros, uint64_t ones) {
  const uint64_t all = zeros + ones;
  if (all == 0) return 255;
  return static_cast<uint8_t>(std::clamp<uint64_t>((256 * zeros + all / 2) / all, 1, 255));
}

Probabilities choose_probabilities(const Tally& tally) {
  Probabilities out;
  choose(tally, out);
  return out;
}

uint8_t coded_probability(const Tally& tally) {
  if (tally.coded == tally.macroblocks) return 0;
  return probability_of(tally.coded, tally.macroblocks - tally.coded);
}

std::array<uint8_t, 3> segment_probabilities(const Tally& tally) {
  const auto& n = tally.segments;
  return {probability_of(uint64_t{n[0]} + n[1], uint64_t{n[2]} + n[3]), probability_of(n[0], n[1]),
          probability_of(n[2], n[3])};
}

double foreseen_bytes(const Tally& tally, double share) {
  Probabilities chosen;
  const TokenBits bits = choose(tally, chosen);
  const double of_macroblocks =
      bits.tokens + tally.extra_bits + tally.mode_bits + coded_flag_bits(tally) + segment_bits(tally);
  return kHeaderBytes + (bits.probabilities + of_macroblocks / share) / 8;
}

}  // namespace accelir::vp8
