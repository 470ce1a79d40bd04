#include "jpeg/chroma_loss.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/downsample.h"
#include "common/plane.h"
#include "common/simd.h"
#include "jpeg/color.h"

namespace accelir::jpeg {
namespace {

constexpr float kNear = 0.75f, kFar = 0.25f;
constexpr int kLanes = 16;

// Row y of a plane of halved rows and columns, doubled by the triangle filter; edges are replicated.
ACCELIR_MULTIVERSION
void double_row(const float* __restrict nearer, const float* __restrict farther, int half, float* __restrict between,
                float* __restrict out) {
  for (ptrdiff_t i = 0; i < half; ++i) between[i] = kNear * nearer[i] + kFar * farther[i];
  out[0] = between[0];
  for (ptrdiff_t i = 0; i + 1 < half; ++i) {
    out[2 * i + 1] = kNear * between[i] + kFar * between[i + 1];
    out[2 * i + 2] = kFar * between[i] + kNear * between[i + 1];
  }
  out[2 * half - 1] = between[half - 1];
}

// Squared error of R, G and B together, by the columns of JFIF's matrix.
ACCELIR_MULTIVERSION
float rgb_error(const float* __restrict cb, const float* __restrict cr, const float* __restrict other_cb,
                const float* __restrict other_cr, int width) {
  float sums[kLanes] = {};
  const auto add = [&](ptrdiff_t x, ptrdiff_t lane) {
    const float b = cb[x] - other_cb[x], r = cr[x] - other_cr[x];
    const float red = 1.402f * r, green = 0.344136f * b + 0.714136f * r, blue = 1.772f * b;
    sums[lane] += red * red + green * green + blue * blue;
  };
  ptrdiff_t x = 0;
  for (; x + kLanes <= width; x += kLanes)
    for (ptrdiff_t lane = 0; lane < kLanes; ++lane) add(x + lane, lane);
  for (; x < width; ++x) add(x, 0);
  float sum = 0;
  for (float s : sums) sum += s;
  return sum;
}

}  // namespace

double chroma_loss(const uint8_t* rgb, int width, int height, double chroma_smoothing) {
  const Halving halving(chroma_smoothing);
  const int half = (width + 1) / 2;
  Plane full[2] = {Plane(width, height), Plane(width, height)}, halved[2] = {Plane(half, height), Plane(half, height)};
  std::vector<float> scratch(half + 64);
  for (int y = 0; y < height; ++y) {
    chroma_row(rgb + static_cast<size_t>(y) * width * 3, width, full[0].row(y), full[1].row(y));
    for (int i = 0; i < 2; ++i) halve_row(halving, full[i].row(y), width, halved[i].row(y), scratch.data());
  }
  for (Plane& plane : halved) halve_columns(halving, plane);
  std::vector<float> doubled[2] = {std::vector<float>(2 * half), std::vector<float>(2 * half)};
  double sum = 0;
  for (int y = 0; y < height; ++y) {
    for (int i = 0; i < 2; ++i) {
      const int beside = std::clamp(y % 2 ? y / 2 + 1 : y / 2 - 1, 0, halved[i].height - 1);
      double_row(halved[i].row(y / 2), halved[i].row(beside), half, scratch.data(), doubled[i].data());
    }
    sum += rgb_error(full[0].row(y), full[1].row(y), doubled[0].data(), doubled[1].data(), width);
  }
  return sum;
}

}  // namespace accelir::jpeg
