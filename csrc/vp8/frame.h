// A coded frame, and the pass over a picture's macroblocks that makes it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "vp8/macroblock.h"
#include "vp8/mode_decision.h"
#include "vp8/planes.h"
#include "vp8/quantizer.h"

namespace accelir::vp8 {

struct Frame {
  std::vector<Macroblock> macroblocks;  // raster order
  YuvPlanes reconstruction;             // before the loop filter
};

// One pass. Macroblocks before `split` are quantised by `first`, the others by `rest`; both by segment.
struct Pass {
  std::array<Quantizer, 4> first, rest;
  size_t split = 0;
  Costs costs;
  Search search;
  int threads = 1;  // at most; the frame doesn't depend on them
  // Of every macroblock's squared errors, in raster order; null: 1.
  const std::vector<float>* weights = nullptr;
};

// Rows of macroblocks [first, end); those above stay as they were coded. segments: of every macroblock, in raster
// order.
void code_rows(const YuvPlanes& picture, const std::vector<uint8_t>& segments, const Pass& pass, int first, int end,
               Frame& out);

// What row y finds above its column x.
SubblockEdge modes_above(const Frame& frame, int x, int y);
NonzeroEdge levels_above(const Frame& frame, int x, int y);

}  // namespace accelir::vp8
