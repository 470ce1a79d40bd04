#include "vp8/tally.h"

#include <cstdlib>

#include "vp8/costs.h"
#include "vp8/tokens.h"

namespace accelir::vp8 {
namespace {

// The modes' bits of a macroblock between its neighbours.
float mode_bits(const Macroblock& mb, SubblockEdge above, SubblockEdge& left) {
  const ModeCosts& costs = mode_costs();
  float bits = costs.luma[mb.luma_mode] + costs.chroma[mb.chroma_mode];
  for (int b = 0; b < 16 && !mb.has_y2(); ++b) {
    uint8_t &up = above[b % 4], &side = left[b / 4];
    bits += costs.subblock[up][side][mb.subblock_modes[b]];
    up = side = mb.subblock_modes[b];
  }
  left = right_modes(mb);
  return bits;
}

void tally_modes(const Frame& frame, int y, Tally& tally) {
  SubblockEdge left = kFrameEdge;
  const size_t mb_x = static_cast<size_t>(frame.reconstruction.mb_x), row = y * mb_x;
  for (size_t x = 0; x < mb_x; ++x) {
    const Macroblock& mb = frame.macroblocks[row + x];
    tally.mode_bits += mode_bits(mb, modes_above(frame, static_cast<int>(x), y), left);
    ++tally.segments[mb.segment];
    tally.coded += mb.coded;
    ++tally.macroblocks;
  }
}

}  // namespace

void tally_rows(const Frame& frame, int first, int end, Tally& tally) {
  const auto& extra = extra_costs();
  walk_tokens(
      frame, first, end, [&](int y) { tally_modes(frame, y, tally); },
      [&](BlockType type, int band, int context, int token, int start) {
        ++tally.tokens[type][band][context][start][token];
      },
      [&](int level) { tally.extra_bits += extra[std::abs(level)]; });
}

Tally tally_of(const Frame& frame) {
  Tally out;
  tally_rows(frame, 0, frame.reconstruction.mb_y, out);
  return out;
}

}  // namespace accelir::vp8
