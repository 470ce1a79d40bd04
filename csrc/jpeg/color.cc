#include "jpeg/color.h"

#include "common/simd.h"

namespace accelir::jpeg {

constexpr float kRed = 0.299f, kGreen = 0.587f, kBlue = 0.114f;

ACCELIR_MULTIVERSION
void luma_row(const uint8_t* rgb, int width, float* y) {
  for (int x = 0; x < width; ++x) y[x] = kRed * rgb[3 * x] + kGreen * rgb[3 * x + 1] + kBlue * rgb[3 * x + 2] - 128.0f;
}

ACCELIR_MULTIVERSION
void chroma_row(const uint8_t* rgb, int width, float* cb, float* cr) {
  constexpr float to_cb = 0.5f / (1.0f - kBlue), to_cr = 0.5f / (1.0f - kRed);
  for (int x = 0; x < width; ++x) {
    const float r = rgb[3 * x], g = rgb[3 * x + 1], b = rgb[3 * x + 2];
    const float y = kRed * r + kGreen * g + kBlue * b;
    cb[x] = (b - y) * to_cb;
    cr[x] = (r - y) * to_cr;
  }
}

ACCELIR_MULTIVERSION
void gray_row(const uint8_t* gray, int width, float* y) {
  for (int x = 0; x < width; ++x) y[x] = gray[x] - 128.0f;
}

}  // namespace accelir::jpeg
