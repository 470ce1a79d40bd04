// The planes of a frame.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace accelir::vp8 {

// Y, U, V in whole macroblocks: the picture's edges are replicated to the right and below.
struct YuvPlanes {
  int width = 0, height = 0;  // of the picture
  int mb_x = 0, mb_y = 0;     // macroblocks of 16x16 luma and 8x8 chroma samples
  std::vector<uint8_t> y, u, v;

  YuvPlanes() = default;
  YuvPlanes(int width, int height);
  int y_stride() const { return mb_x * 16; }
  int uv_stride() const { return mb_x * 8; }
};

// Sums over Y, U and V, what pads the picture to whole macroblocks left out. Both are of one size.
std::array<double, 3> squared_errors(const YuvPlanes& a, const YuvPlanes& b);

}  // namespace accelir::vp8
