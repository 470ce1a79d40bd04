// What coding something takes, in bits, by the probabilities that code it.
#pragma once

#include "vp8/tables.h"

namespace accelir::vp8 {

// What a token's tree and probabilities depend on besides its place: the token before it in the block. After a zero
// there is no end of the block, so its node is skipped; at a block's start it is not.
enum TokenState { kAfterZero, kAfterOne, kAfterLarger, kStart, kTokenStates };

// neighbours: how many of the blocks above and to the left have nonzero levels.
constexpr int start_state(int neighbours) { return neighbours == 0 ? kStart : neighbours; }

// By place (16: behind the last, where the end is implied), state and token.
using BlockCosts = float[17][kTokenStates][kTokens];

struct TokenCosts {
  BlockCosts type[4];
  // Extra bits and the sign.
  float extra[kMaxLevel + 1];
};

float bit_cost(bool bit, int probability);
float path_cost(const Path& path, const uint8_t* probabilities, int start = 0);
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
