#include "jpeg/color.h"

#include <cstddef>

#include "common/simd.h"

namespace accelir::jpeg {

constexpr float kRed = 0.299f, kGreen = 0.587f, kBlue = 0.114f;

// Indices as wide as pointers, and pointers to what doesn't overlap: ints that may wrap (Python builds with -fwrapv)
// and bytes that may be anything keep loops over interleaved pixels from being vectorised.

ACCELIR_MULTIVERSION
void luma_row(const uint8_t* __restrict rgb, int width, float* __restrict y) {
  for (ptrdiff_t x = 0; x < width; ++x)
    y[x] = kRed * rgb[3 * x] + kGreen * rgb[3 * x + 1] + kBlue * rgb[3 * x + 2] - 128.0f;
}

ACCELIR_MULTIVERSION
void chroma_row(const uint8_t* __restrict rgb, int width, float* __restrict cb, float* __restrict cr) {
  constexpr float to_cb = 0.5f / (1.0f - kBlue), to_cr = 0.5f / (1.0f - kRed);
  for (ptrdiff_t x = 0; x < width; ++x) {
    const float r = rgb[3 * x], g = rgb[3 * x + 1], b = rgb[3 * x + 2];
    const float y = kRed * r + kGreen * g + kBlue * b;
    cb[x] = (b - y) * to_cb;
    cr[x] = (r - y) * to_cr;
  }
}

ACCELIR_MULTIVERSION
void gray_row(const uint8_t* __restrict gray, int width, float* __restrict y) {
  for (ptrdiff_t x = 0; x < width; ++x) y[x] = gray[x] - 128.0f;
}

}  // namespace accelir::jpeg
