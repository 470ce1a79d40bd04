#include "vp8/costs.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace accelir::vp8 {
namespace {

std::array<float, 257> make_bit_costs() {
  std::array<float, 257> bits;
  bits[0] = 16.0f;
  for (int p = 1; p <= 256; ++p) bits[p] = static_cast<float>(-std::log2(p / 256.0));
  return bits;
}

float extra_cost(int level) {
  if (level == 0) return 0.0f;
  if (level < kFirstCategory) return 1.0f;
  const int category = token_of(level) - kFirstCategory;
  const int extra = level - kCategoryBase[category], bits = kExtraBits[category];
  float total = 1.0f;
  for (int i = 0; i < bits; ++i) total += bit_cost(extra >> (bits - 1 - i) & 1, kExtraProbabilities[category][i]);
  return total;
}

std::array<float, kMaxLevel + 1> make_extra_costs() {
  std::array<float, kMaxLevel + 1> out;
  for (int level = 0; level <= kMaxLevel; ++level) out[level] = extra_cost(level);
  return out;
}

LevelCosts make_level_costs(const BlockCosts& costs, const float* extra, int first) {
  constexpr int kFar = 4;  // a level by which it's told what magnitudes take
  LevelCosts out;
  const auto usual = [&](int n, int token) {
    return 0.5f * (costs[n][kAfterZero][token] + costs[n][kAfterOne][token]);
  };
  out.none = costs[first][kAfterOne][kEndOfBlock];
  float zeros = 0.0f;
  for (int n = first; n < 16; ++n) {
    const float zero = usual(n, 0), one = usual(n, 1) + extra[1];
    zeros += zero;
    out.behind[n] = zeros + costs[n + 1][kAfterOne][kEndOfBlock];
    out.each[n] = (usual(n, kFar) + extra[kFar] - one) / (kFar - 1);
    out.some[n] = one - zero - out.each[n];
  }
  return out;
}

ModeCosts make_mode_costs() {
  ModeCosts c;
  for (int m = 0; m < 5; ++m) c.luma[m] = path_cost(kLumaModePaths[m], kLumaModeProbabilities);
  for (int m = 0; m < 4; ++m) c.chroma[m] = path_cost(kChromaModePaths[m], kChromaModeProbabilities);
  for (int above = 0; above < kSubblockModes; ++above)
    for (int left = 0; left < kSubblockModes; ++left)
      for (int m = 0; m < kSubblockModes; ++m)
        c.subblock[above][left][m] = path_cost(kSubblockModePaths[m], kSubblockModeProbabilities[above][left]);
  return c;
}

}  // namespace

const std::array<float, 257> kBitCosts = make_bit_costs();

float path_cost(const Path& path, const uint8_t* probabilities, int start) {
  float total = 0.0f;
  for (int i = start; i < path.length; ++i) total += bit_cost(path.bit[i], probabilities[path.node[i]]);
  return total;
}

TokenCosts make_token_costs(const Probabilities& probabilities) {
  constexpr float kNever = std::numeric_limits<float>::infinity();
  TokenCosts c;
  for (int type = 0; type < 4; ++type)
    for (int place = 0; place < 17; ++place)
      for (int state = 0; state < kTokenStates; ++state)
        for (int token = 0; token < kTokens; ++token) {
          float& cost = c.type[type][place][state][token];
          if (place == 16) {
            cost = token == kEndOfBlock ? 0.0f : kNever;
            continue;
          }
          const uint8_t* p = probabilities.p[type][kBands[place]][state == kStart ? 0 : state];
          const bool after_zero = state == kAfterZero;
          cost = after_zero && token == kEndOfBlock ? kNever : path_cost(kTokenPaths[token], p, after_zero);
        }
  std::copy(extra_costs().begin(), extra_costs().end(), c.extra);
  for (int type = 0; type < 4; ++type) c.levels[type] = make_level_costs(c.type[type], c.extra, type == kLumaAc);
  return c;
}

const std::array<float, kMaxLevel + 1>& extra_costs() {
  static const std::array<float, kMaxLevel + 1> costs = make_extra_costs();
  return costs;
}

const ModeCosts& mode_costs() {
  static const ModeCosts costs = make_mode_costs();
  return costs;
}

}  // namespace accelir::vp8
