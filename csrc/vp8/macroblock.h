// What the stream says of a macroblock, and the contexts that its neighbours make.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "vp8/tables.h"

namespace accelir::vp8 {

constexpr int kY2Block = 24;  // after 16 of luma and 4 each of U and V

struct Macroblock {
  uint8_t segment = 0;
  uint8_t luma_mode = kDcPred, chroma_mode = kDcPred;
  uint8_t subblock_modes[16] = {};  // for kBPred
  bool coded = false;               // whether any level is nonzero
  uint8_t end[25] = {};             // the place behind a block's last nonzero level
  int16_t levels[25][16] = {};      // zigzag order

  bool has_y2() const { return luma_mode != kBPred; }
};

// Whether blocks at an edge of a macroblock have nonzero levels: four of luma, two each of U and V, Y2.
struct NonzeroEdge {
  uint8_t luma[4] = {}, chroma[2][2] = {}, y2 = 0;

  // Section 13.3: a macroblock without levels leaves the Y2 flag alone if it has no Y2 itself.
  void clear(bool has_y2) {
    const uint8_t kept = has_y2 ? uint8_t{0} : y2;
    *this = {};
    y2 = kept;
  }
};

// The subblock mode that a whole macroblock's mode counts as for its neighbours (section 11.3).
constexpr uint8_t implied_mode(uint8_t luma_mode) {
  constexpr uint8_t kImplied[4] = {kBDcPred, kBVePred, kBHePred, kBTmPred};
  return kImplied[luma_mode];
}

// The modes of four subblocks at an edge of a macroblock (section 11.3); kFrameEdge: where the frame ends.
using SubblockEdge = std::array<uint8_t, 4>;
constexpr SubblockEdge kFrameEdge = {kBDcPred, kBDcPred, kBDcPred, kBDcPred};

// For the macroblocks below and to the right.
inline SubblockEdge bottom_modes(const Macroblock& mb) {
  SubblockEdge out;
  for (int i = 0; i < 4; ++i) out[i] = mb.has_y2() ? implied_mode(mb.luma_mode) : mb.subblock_modes[12 + i];
  return out;
}
inline SubblockEdge right_modes(const Macroblock& mb) {
  SubblockEdge out;
  for (int i = 0; i < 4; ++i) out[i] = mb.has_y2() ? implied_mode(mb.luma_mode) : mb.subblock_modes[4 * i + 3];
  return out;
}

// Calls visit(type, block, first place, neighbours with nonzero levels) for a macroblock's blocks in coding order, and
// updates the edges above and to the left.
template <class Visit>
void for_each_block(const Macroblock& mb, NonzeroEdge& above, NonzeroEdge& left, Visit&& visit) {
  if (!mb.coded) {
    above.clear(mb.has_y2());
    left.clear(mb.has_y2());
    return;
  }
  const auto code = [&](BlockType type, int block, int first, uint8_t& up, uint8_t& side) {
    visit(type, block, first, up + side);
    up = side = mb.end[block] > first;
  };
  if (mb.has_y2()) code(kY2, kY2Block, 0, above.y2, left.y2);
  for (int b = 0; b < 16; ++b) code(mb.has_y2() ? kLumaAc : kLuma, b, mb.has_y2(), above.luma[b % 4], left.luma[b / 4]);
  for (int plane = 0; plane < 2; ++plane)
    for (int b = 0; b < 4; ++b)
      code(kChroma, 16 + 4 * plane + b, 0, above.chroma[plane][b % 2], left.chroma[plane][b / 2]);
}

}  // namespace accelir::vp8
