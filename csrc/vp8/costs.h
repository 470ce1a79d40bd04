// What coding something takes, in bits, by the probabilities that code it.
#pragma once

#include <array>

#include "vp8/tables.h"

namespace accelir::vp8 {

// What a token's tree and probabilities depend on besides its place: the token before it in the block. After a zero
// there is no end of the block, so its node is skipped; at a block's start it is not.
enum TokenState { kAfterZero, kAfterOne, kAfterLarger, kStart, kTokenStates };

// neighbours: how many of the blocks above and to the left have nonzero levels.
constexpr int start_state(int neighbours) { return neighbours == 0 ? kStart : neighbours; }

// By place (16: behind the last, where the end is implied), state and token.
using BlockCosts = float[17][kTokenStates][kTokens];

// The same, roughly, without states: an estimate for many blocks at once.
struct LevelCosts {
  float none;        // of a block without levels
  float behind[16];  // of the zeros before a place, if the last level stands there, and of the end
  float some[16];    // of a level over a zero, but for
  float each[16];    // what its magnitude takes, times it
};
constexpr float kMostCounted = 8.0f;  // of a magnitude: larger ones take fewer bits than that many times one's

struct TokenCosts {
  BlockCosts type[4];
  LevelCosts levels[4];
  // Extra bits and the sign.
  float extra[kMaxLevel + 1];
};

// By probability of a 0 in 1/256; 0: of what is never coded.
extern const std::array<float, 257> kBitCosts;
inline float bit_cost(bool bit, int probability) { return kBitCosts[bit ? 256 - probability : probability]; }
float path_cost(const Path& path, const uint8_t* probabilities, int start = 0);
// Of what is behind the tokens of levels 0 to kMaxLevel: extra bits and the sign.
const std::array<float, kMaxLevel + 1>& extra_costs();
TokenCosts make_token_costs(const Probabilities& probabilities);

// Those of the modes, which have fixed probabilities.
struct ModeCosts {
  float luma[5], chroma[4];
  float subblock[kSubblockModes][kSubblockModes][kSubblockModes];  // by the modes above and to the left
};
const ModeCosts& mode_costs();

// Tokens of levels below 67; larger ones are of the last category.
struct TokenTable {
  uint8_t token[kCategoryBase[kCategories - 1]] = {};
  constexpr TokenTable() {
    for (int level = 0; level < kCategoryBase[kCategories - 1]; ++level) token[level] = token_of(level);
  }
  constexpr int operator[](int level) const {
    return level < kCategoryBase[kCategories - 1] ? token[level] : kEndOfBlock - 1;
  }
};
constexpr TokenTable kTokenOf;

}  // namespace accelir::vp8
