// The walk over a frame's tokens that both counting and writing make.
#pragma once

#include <cstdlib>
#include <utility>
#include <vector>

#include "vp8/costs.h"
#include "vp8/frame.h"
#include "vp8/macroblock.h"

namespace accelir::vp8 {

// Calls token(type, band, context, token, first node of its path) and, behind a token above 0, level(signed level), for
// a block's levels in zigzag order.
template <class Token, class Level>
void walk_block(BlockType type, const int16_t* levels, int first, int end, int context, Token&& token, Level&& level) {
  bool after_zero = false;
  for (int n = first; n < end; ++n) {
    const int magnitude = std::abs(levels[n]);
    token(type, kBands[n], context, kTokenOf[magnitude], after_zero);
    if (magnitude) level(levels[n]);
    after_zero = magnitude == 0;
    context = magnitude > 2 ? 2 : magnitude;
  }
  if (end < 16) token(type, kBands[end], context, kEndOfBlock, 0);
}

// The same for rows [first, end) of macroblocks of a frame.
template <class Token, class Level>
void walk_tokens(const Frame& frame, int first, int end, Token&& token, Level&& level) {
  const int mb_x = frame.reconstruction.mb_x;
  std::vector<NonzeroEdge> above(mb_x);
  for (int x = 0; x < mb_x; ++x) above[x] = levels_above(frame, x, first);
  for (int y = first; y < end; ++y) {
    NonzeroEdge left;
    for (int x = 0; x < mb_x; ++x) {
      const Macroblock& mb = frame.macroblocks[static_cast<size_t>(y) * mb_x + x];
      for_each_block(mb, above[x], left, [&](BlockType type, int block, int start, int context) {
        const int last = mb.end[block] > start ? mb.end[block] : start;
        walk_block(type, mb.levels[block], start, last, context, token, level);
      });
    }
  }
}

}  // namespace accelir::vp8
