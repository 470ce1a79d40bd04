// What AC scans of one component take, for the search of the script: all splits of the spectrum from one walk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "jpeg/end_of_band.h"
#include "jpeg/huffman.h"
#include "jpeg/levels.h"

namespace accelir::jpeg {

constexpr int kMostPlanes = 2;  // bit planes that are sent by refinement scans

// The last places of the lower bands; 63 leaves nothing for an upper one.
constexpr std::array<int, 6> kSplits{2, 5, 8, 12, 18, 63};

// A block's AC levels.
struct BandBlock {
  const int16_t* levels;                        // zigzag, of all 64 places
  std::array<uint64_t, kMostPlanes + 1> above;  // places of levels that have bits from bit 0, 1, 2 up
};

// A component's blocks in every n-th row, in coding order.
std::vector<BandBlock> band_blocks(const Levels& levels, int component, int n);

// A scan's symbols, and its bits beside them.
struct BandCount {
  Histogram histogram{};
  uint64_t extra_bits = 0;

  void symbol(int, int symbol, uint32_t, int extra_bits_of_symbol) {
    ++histogram[symbol];
    extra_bits += extra_bits_of_symbol;
  }
  void corrections(const Corrections& c) { extra_bits += __builtin_popcountll(c.places); }

  BandCount& operator+=(const BandCount& other);
};

struct SplitCount {
  BandCount lower, upper;  // places 1 to the split, and those above it
};
using SplitCounts = std::array<SplitCount, kSplits.size()>;

// Of first scans, down to bit `low`.
SplitCounts count_splits(const std::vector<BandBlock>& blocks, int low);
// Of the refinement of the whole spectrum from bit low + 1 to bit `low`.
BandCount count_refinement(const std::vector<BandBlock>& blocks, int low);

}  // namespace accelir::jpeg
