#include "metrics/xyb.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/simd.h"

namespace accelir::metrics {
namespace {

// Opsin absorbance of JPEG XL: what the cones, L, M and S, take of linear red, green and blue.
constexpr float kLRed = 0.30f, kLBlue = 0.078f, kLGreen = 1 - 0.30f - 0.078f;
constexpr float kMRed = 0.23f, kMBlue = 0.078f, kMGreen = 1 - 0.23f - 0.078f;
constexpr float kSRed = 0.24342268924547819f, kSGreen = 0.20476744424496821f;
constexpr float kSBlue = 1 - 0.24342268924547819f - 0.20476744424496821f;
constexpr float kBias = 0.0037930732552754493f;

// Of values from 0.001 to 2, to two units in the last place: bits of a float are nearly its logarithm, a third of which
// is right to 4 %; each step of Halley's makes an error e about 2/3 e^3.
ACCELIR_INLINE float cube_root(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  bits = bits / 3 + 0x2a514067;
  float root;
  std::memcpy(&root, &bits, sizeof(root));
  for (int step = 0; step < 2; ++step) {
    const float cube = root * root * root;
    root *= (cube + 2 * value) / (2 * cube + value);
  }
  return root;
}

ACCELIR_MULTIVERSION
void separate(const float* __restrict rgb, std::ptrdiff_t n, float* __restrict r, float* __restrict g,
              float* __restrict b) {
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    r[i] = rgb[3 * i];
    g[i] = rgb[3 * i + 1];
    b[i] = rgb[3 * i + 2];
  }
}

ACCELIR_MULTIVERSION
void halve_rows(const float* __restrict above, const float* __restrict below, std::ptrdiff_t width,
                float* __restrict out) {
  for (std::ptrdiff_t i = 0; i < width / 2; ++i)
    out[i] = 0.25f * ((above[2 * i] + above[2 * i + 1]) + (below[2 * i] + below[2 * i + 1]));
  if (width & 1) out[width / 2] = 0.5f * (above[width - 1] + below[width - 1]);
}

ACCELIR_MULTIVERSION
void convert(const float* __restrict r, const float* __restrict g, const float* __restrict b, std::ptrdiff_t n,
             float root_of_bias, float* __restrict x, float* __restrict y, float* __restrict b_less_y) {
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const float l = cube_root(std::max(kLRed * r[i] + kLGreen * g[i] + kLBlue * b[i] + kBias, 0.0f));
    const float m = cube_root(std::max(kMRed * r[i] + kMGreen * g[i] + kMBlue * b[i] + kBias, 0.0f));
    const float s = cube_root(std::max(kSRed * r[i] + kSGreen * g[i] + kSBlue * b[i] + kBias, 0.0f));
    const float luma = 0.5f * (l + m) - root_of_bias;
    x[i] = 7.0f * (l - m) + 0.42f;
    y[i] = luma + 0.01f;
    b_less_y[i] = (s - root_of_bias - luma) + 0.55f;
  }
}

Planes like(int width, int height) { return {Plane(width, height), Plane(width, height), Plane(width, height)}; }

}  // namespace

Planes planes_of(const float* rgb, int width, int height) {
  Planes out = like(width, height);
  separate(rgb, static_cast<std::ptrdiff_t>(width) * height, out[0].row(0), out[1].row(0), out[2].row(0));
  return out;
}

Planes halved(const Planes& linear) {
  const int width = linear[0].width, height = linear[0].height;
  Planes out = like((width + 1) / 2, (height + 1) / 2);
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < out[c].height; ++y)
      halve_rows(linear[c].row(2 * y), linear[c].row(std::min(2 * y + 1, height - 1)), width, out[c].row(y));
  return out;
}

Planes to_xyb(const Planes& linear) {
  Planes out = like(linear[0].width, linear[0].height);
  convert(linear[0].row(0), linear[1].row(0), linear[2].row(0), linear[0].samples.size(), std::cbrt(kBias),
          out[0].row(0), out[1].row(0), out[2].row(0));
  return out;
}

}  // namespace accelir::metrics
