#include "vp8/frame.h"

#include <algorithm>
#include <cstring>

#include "common/wavefront.h"

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

void load_source(const YuvPlanes& p, int x, int y, MacroblockSource& out) {
  const uint8_t* luma = p.y.data() + static_cast<size_t>(y) * 16 * p.y_stride() + x * 16;
  for (int k = 0; k < 16; ++k)
    for (int b = 0; b < 16; ++b)
      out.luma[k][b] = luma[static_cast<size_t>(b / 4 * 4 + k / 4) * p.y_stride() + b % 4 * 4 + k % 4];
  for (int plane = 0; plane < 2; ++plane) {
    const uint8_t* chroma = (plane ? p.v : p.u).data() + static_cast<size_t>(y) * 8 * p.uv_stride() + x * 8;
    for (int k = 0; k < 16; ++k)
      for (int b = 0; b < 4; ++b)
        out.chroma[k][4 * plane + b] =
            chroma[static_cast<size_t>(b / 2 * 4 + k / 4) * p.uv_stride() + b % 2 * 4 + k % 4];
  }
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

void code_frame(const YuvPlanes& picture, const std::vector<uint8_t>& segments, const Pass& pass, Frame& out) {
  const int mb_x = picture.mb_x, mb_y = picture.mb_y;
  out.macroblocks.resize(static_cast<size_t>(mb_x) * mb_y);
  YuvPlanes& made = out.reconstruction;
  if (made.mb_x != mb_x || made.mb_y != mb_y) made = YuvPlanes(picture.width, picture.height);
  std::vector<NonzeroEdge> above(mb_x);
  std::vector<std::array<uint8_t, 4>> above_modes(mb_x, {kBDcPred, kBDcPred, kBDcPred, kBDcPred});
  const auto code_macroblock = [&](int x, int y, Neighbours& neighbours) {
    const size_t index = static_cast<size_t>(y) * mb_x + x;
    Macroblock& mb = out.macroblocks[index];
    if (y < pass.first_row) return pass_by(mb, neighbours);
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
  run_wavefront(pass.threads, mb_x, mb_y, [&](int y, const auto& wait_above, const auto& finish) {
    NonzeroEdge left;
    uint8_t left_modes[4] = {kBDcPred, kBDcPred, kBDcPred, kBDcPred};
    for (int x = 0; x < mb_x; ++x) {
      wait_above(x);
      Neighbours neighbours{above[x], left, above_modes[x].data(), left_modes};
      code_macroblock(x, y, neighbours);
      finish(x);
    }
  });
}

}  // namespace accelir::vp8
