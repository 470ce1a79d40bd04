#include "vp8/frame.h"

#include <algorithm>
#include <cstring>

#include "common/wavefront.h"
#include "vp8/source.h"

namespace accelir::vp8 {
namespace {

// A row of samples at a macroblock's origin in a plane.
struct View {
  uint8_t* data;
  int stride;
};

View view(std::vector<uint8_t>& plane, int stride, int side, int x, int y) {
  return {plane.data() + static_cast<size_t>(y) * side * stride + static_cast<size_t>(x) * side, stride};
}

// The samples above and to the left of a block.
void load_edges(const View& plane, int side, bool has_above, bool has_left, uint8_t* origin) {
  if (has_above)
    std::memcpy(origin - kStride, plane.data - plane.stride, side);
  else
    std::memset(origin - kStride, kAboveFrame, side);
  for (int i = 0; i < side; ++i) origin[i * kStride - 1] = has_left ? plane.data[i * plane.stride - 1] : kLeftOfFrame;
  origin[-kStride - 1] = !has_above ? kAboveFrame : !has_left ? kLeftOfFrame : plane.data[-plane.stride - 1];
}

// What subblocks at the right side of the macroblock have above and to their right: the row above the macroblock, for
// all four of them. Right of the frame its last sample is repeated.
void load_above_right(const View& plane, bool has_above, bool has_right, uint8_t* origin) {
  uint8_t right[4];
  for (int i = 0; i < 4; ++i)
    right[i] = !has_above ? kAboveFrame : plane.data[(has_right ? 16 + i : 15) - plane.stride];
  for (int row = 0; row < 4; ++row) std::memcpy(origin + (4 * row - 1) * kStride + 16, right, 4);
}

Quantizer weighted(Quantizer q, float weight) {
  for (BlockQuantizer* block : {&q.luma, &q.y2, &q.chroma})
    for (float& cost : block->cost) cost *= weight;
  return q;
}

void store(const uint8_t* origin, int side, const View& plane) {
  for (int i = 0; i < side; ++i) std::memcpy(plane.data + i * plane.stride, origin + i * kStride, side);
}

}  // namespace

SubblockEdge modes_above(const Frame& frame, int x, int y) {
  if (y == 0) return kFrameEdge;
  return bottom_modes(frame.macroblocks[static_cast<size_t>(y - 1) * frame.reconstruction.mb_x + x]);
}

NonzeroEdge levels_above(const Frame& frame, int x, int y) {
  const auto at = [&](int row) -> const Macroblock& {
    return frame.macroblocks[static_cast<size_t>(row) * frame.reconstruction.mb_x + x];
  };
  int row = std::max(y - 1, 0);
  while (row > 0 && !at(row).has_y2()) --row;  // where the flag of Y2 comes from
  NonzeroEdge above, left;
  for (; row < y; ++row) for_each_block(at(row), above, left, [](BlockType, int, int, int) {});
  return above;
}

void code_rows(const YuvPlanes& picture, const std::vector<uint8_t>& segments, const Pass& pass, int first, int end,
               Frame& out) {
  const int mb_x = picture.mb_x, mb_y = picture.mb_y;
  out.macroblocks.resize(static_cast<size_t>(mb_x) * mb_y);
  YuvPlanes& made = out.reconstruction;
  if (made.mb_x != mb_x || made.mb_y != mb_y) made = YuvPlanes(picture.width, picture.height);
  std::vector<NonzeroEdge> above(mb_x);
  std::vector<SubblockEdge> above_modes(mb_x);
  for (int x = 0; x < mb_x; ++x) {
    above[x] = levels_above(out, x, first);
    above_modes[x] = modes_above(out, x, first);
  }
  const auto code_macroblock = [&](int x, int y, Neighbours& neighbours) {
    const size_t index = static_cast<size_t>(y) * mb_x + x;
    Macroblock& mb = out.macroblocks[index];
    const View luma = view(made.y, made.y_stride(), 16, x, y);
    const View chroma[2] = {view(made.u, made.uv_stride(), 8, x, y), view(made.v, made.uv_stride(), 8, x, y)};
    MacroblockSource source;
    MacroblockSamples samples;
    samples.has_above = y > 0;
    samples.has_left = x > 0;
    load_source(picture, x, y, source);
    load_edges(luma, 16, y > 0, x > 0, samples.luma + kOrigin);
    load_above_right(luma, y > 0, x + 1 < mb_x, samples.luma + kOrigin);
    for (int plane = 0; plane < 2; ++plane) load_edges(chroma[plane], 8, y > 0, x > 0, samples.chroma[plane] + kOrigin);
    mb.segment = segments[index];
    const Quantizer& quantizer = (index < pass.split ? pass.first : pass.rest)[mb.segment];
    if (pass.weights)
      decide_macroblock(source, weighted(quantizer, (*pass.weights)[index]), pass.costs, pass.search, neighbours,
                        samples, mb);
    else
      decide_macroblock(source, quantizer, pass.costs, pass.search, neighbours, samples, mb);
    store(samples.luma + kOrigin, 16, luma);
    for (int plane = 0; plane < 2; ++plane) store(samples.chroma[plane] + kOrigin, 8, chroma[plane]);
  };
  run_wavefront(pass.threads, mb_x, end - first, [&](int row, const auto& wait_above, const auto& finish) {
    NonzeroEdge left;
    SubblockEdge left_modes = kFrameEdge;
    for (int x = 0; x < mb_x; ++x) {
      wait_above(x);
      Neighbours neighbours{above[x], left, above_modes[x], left_modes};
      code_macroblock(x, first + row, neighbours);
      finish(x);
    }
  });
}

}  // namespace accelir::vp8
