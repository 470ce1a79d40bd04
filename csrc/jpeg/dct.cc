#include "jpeg/dct.h"

#include <cstddef>

#include "common/simd.h"
#include "jpeg/zigzag.h"

namespace accelir::jpeg {
namespace {

// cos(k pi / 16) / 2: the orthonormal 8-point basis for k = 1..7; kC4 is also the DC row.
constexpr float kC1 = 0.49039264020161522f, kC2 = 0.46193976625564337f, kC3 = 0.41573480615127262f,
                kC4 = 0.35355339059327379f, kC5 = 0.27778511650980114f, kC6 = 0.19134171618254489f,
                kC7 = 0.09754516100806413f;

// One 8-point DCT on v[0], v[stride], ...: sums and differences, then a 4-point even and a 4x4 odd part.
ACCELIR_INLINE void dct8(float* v, int stride) {
  const float s0 = v[0] + v[7 * stride], d0 = v[0] - v[7 * stride];
  const float s1 = v[stride] + v[6 * stride], d1 = v[stride] - v[6 * stride];
  const float s2 = v[2 * stride] + v[5 * stride], d2 = v[2 * stride] - v[5 * stride];
  const float s3 = v[3 * stride] + v[4 * stride], d3 = v[3 * stride] - v[4 * stride];
  const float e0 = s0 + s3, e1 = s1 + s2, f0 = s0 - s3, f1 = s1 - s2;
  v[0] = kC4 * (e0 + e1);
  v[4 * stride] = kC4 * (e0 - e1);
  v[2 * stride] = kC2 * f0 + kC6 * f1;
  v[6 * stride] = kC6 * f0 - kC2 * f1;
  v[stride] = kC1 * d0 + kC3 * d1 + kC5 * d2 + kC7 * d3;
  v[3 * stride] = kC3 * d0 - kC7 * d1 - kC1 * d2 - kC5 * d3;
  v[5 * stride] = kC5 * d0 - kC1 * d1 + kC7 * d2 + kC3 * d3;
  v[7 * stride] = kC7 * d0 - kC5 * d1 + kC3 * d2 - kC1 * d3;
}

}  // namespace

ACCELIR_MULTIVERSION
void forward_dct_strip(const float* rows, int stride, int blocks, int16_t* out) {
  for (int b = 0; b < blocks; ++b, out += 64) {
    float down[64], across[64];
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x) down[8 * y + x] = rows[static_cast<size_t>(y) * stride + 8 * b + x];
    for (int x = 0; x < 8; ++x) dct8(down + x, 8);
    // Transposed, so that the second pass runs along lanes like the first.
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x) across[8 * x + y] = down[8 * y + x];
    for (int y = 0; y < 8; ++y) dct8(across + y, 8);
    int16_t transposed[64];
    for (int i = 0; i < 64; ++i) {
      const float scaled = across[i] * kCoefficientScale;
      transposed[i] = static_cast<int16_t>(scaled + (scaled < 0 ? -0.5f : 0.5f));
    }
    for (int i = 0; i < 64; ++i) out[i] = transposed[(kZigzag[i] & 7) * 8 + (kZigzag[i] >> 3)];
  }
}

}  // namespace accelir::jpeg
