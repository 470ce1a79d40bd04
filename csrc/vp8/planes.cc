#include "vp8/planes.h"

#include <cstddef>

namespace accelir::vp8 {
namespace {

double squared_error(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b, int width, int height, int stride) {
  int64_t sum = 0;
  for (int y = 0; y < height; ++y) {
    const size_t row = static_cast<size_t>(y) * stride;
    for (int x = 0; x < width; ++x) {
      const int d = a[row + x] - b[row + x];
      sum += d * d;
    }
  }
  return static_cast<double>(sum);
}

}  // namespace

YuvPlanes::YuvPlanes(int w, int h)
    : width(w),
      height(h),
      mb_x((w + 15) / 16),
      mb_y((h + 15) / 16),
      y(size_t(mb_x) * mb_y * 256),
      u(size_t(mb_x) * mb_y * 64),
      v(size_t(mb_x) * mb_y * 64) {}

std::array<double, 3> squared_errors(const YuvPlanes& a, const YuvPlanes& b) {
  const int half_width = (a.width + 1) / 2, half_height = (a.height + 1) / 2;
  return {squared_error(a.y, b.y, a.width, a.height, a.y_stride()),
          squared_error(a.u, b.u, half_width, half_height, a.uv_stride()),
          squared_error(a.v, b.v, half_width, half_height, a.uv_stride())};
}

}  // namespace accelir::vp8
