#include "vp8/tally.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "common/parallel.h"
#include "vp8/costs.h"
#include "vp8/tokens.h"

namespace accelir::vp8 {
namespace {

constexpr int kRowsATime = 32;  // of macroblocks

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

// A sink of tokens.h.
struct TokenTally {
  struct Block {
    Tally& tally;
    const float* extra;
    double extra_bits = 0.0;

    ACCELIR_INLINE void token(BlockType type, int band, int context, int token, int start) {
      ++tally.tokens[type][band][context][start][token];
    }
    ACCELIR_INLINE void level(int level) { extra_bits += extra[std::abs(level)]; }
  };

  Tally& tally;
  const float* extra = extra_costs().data();

  Block begin_block() { return {tally, extra}; }
  void end_block(const Block& block) { tally.extra_bits += block.extra_bits; }
};

}  // namespace

void add(const Tally& part, Tally& sum) {
  constexpr size_t kCounts = sizeof sum.tokens / sizeof(uint32_t);
  const uint32_t* from = &part.tokens[0][0][0][0][0];
  uint32_t* to = &sum.tokens[0][0][0][0][0];
  for (size_t i = 0; i < kCounts; ++i) to[i] += from[i];
  for (int s = 0; s < 4; ++s) sum.segments[s] += part.segments[s];
  sum.macroblocks += part.macroblocks;
  sum.coded += part.coded;
  sum.extra_bits += part.extra_bits;
  sum.mode_bits += part.mode_bits;
}

void tally_rows(const Frame& frame, int first, int end, Tally& tally) {
  for (int y = first; y < end; ++y) tally_modes(frame, y, tally);
  TokenTally tokens{tally};
  walk_tokens(frame, first, end, tokens);
}

std::vector<Tally> row_tallies(const Frame& frame, int threads) {
  std::vector<Tally> rows(static_cast<size_t>(frame.reconstruction.mb_y));
  run_tasks(threads, static_cast<int>(rows.size()), [&](int y) { tally_rows(frame, y, y + 1, rows[y]); });
  return rows;
}

Tally tally_of(const Frame& frame, int threads) {
  const int rows = frame.reconstruction.mb_y;
  std::vector<Tally> parts(static_cast<size_t>((rows + kRowsATime - 1) / kRowsATime));
  run_tasks(threads, static_cast<int>(parts.size()),
            [&](int i) { tally_rows(frame, i * kRowsATime, std::min((i + 1) * kRowsATime, rows), parts[i]); });
  Tally out;
  for (const Tally& part : parts) add(part, out);
  return out;
}

}  // namespace accelir::vp8
