// The walk over a frame's tokens that both counting and writing make.
#pragma once

#include <cstdlib>
#include <vector>

#include "common/simd.h"
#include "vp8/costs.h"
#include "vp8/frame.h"
#include "vp8/macroblock.h"

namespace accelir::vp8 {

// A sink's begin_block() gives what takes a block, end_block(block) takes that back. It has
//   token(type, band, context, token, first node of its path)
//   level(signed level)                                        behind a token above 0
// for a block's levels in zigzag order.
template <class Block>
ACCELIR_INLINE void walk_block(BlockType type, const int16_t* levels, int first, int end, int context, Block& block) {
  bool after_zero = false;
  for (int n = first; n < end; ++n) {
    const int magnitude = std::abs(levels[n]);
    block.token(type, kBands[n], context, kTokenOf[magnitude], after_zero);
    if (magnitude) block.level(levels[n]);
    after_zero = magnitude == 0;
    context = magnitude > 2 ? 2 : magnitude;
  }
  if (end < 16) block.token(type, kBands[end], context, kEndOfBlock, 0);
}

// Rows [first, end) of macroblocks of a frame.
template <class Sink>
void walk_tokens(const Frame& frame, int first, int end, Sink& sink) {
  const int mb_x = frame.reconstruction.mb_x;
  std::vector<NonzeroEdge> above(mb_x);
  for (int x = 0; x < mb_x; ++x) above[x] = levels_above(frame, x, first);
  for (int y = first; y < end; ++y) {
    NonzeroEdge left;
    for (int x = 0; x < mb_x; ++x) {
      const Macroblock& mb = frame.macroblocks[static_cast<size_t>(y) * mb_x + x];
      for_each_block(mb, above[x], left, [&](BlockType type, int number, int start, int context) {
        const int last = mb.end[number] > start ? mb.end[number] : start;
        auto block = sink.begin_block();
        walk_block(type, mb.levels[number], start, last, context, block);
        sink.end_block(block);
      });
    }
  }
}

}  // namespace accelir::vp8
