// The 4x4 transforms: the standard's inverses to the bit, and forward ones that they invert but for rounding.
//
// Forward transforms take many blocks at once, a vector lane each. Both inverses have half the gain of an orthonormal
// transform, so coefficients are twice the orthonormal ones, and a step q is one of q / 2 in samples.
#pragma once

#include <cstdint>

#include "common/simd.h"
#include "vp8/tables.h"

namespace accelir::vp8 {

// 16 samples or coefficients of N blocks.
template <int N>
using Lanes = float[16][N];

constexpr float kCosine = 1.306562965f, kSine = 0.541196100f;  // sqrt(2) times those of pi / 8

// place[i]: where coefficient i in natural order stands in zigzag order.
struct ZigzagPlaces {
  uint8_t place[16] = {};
  constexpr ZigzagPlaces() {
    for (uint8_t n = 0; n < 16; ++n) place[kZigzag[n]] = n;
  }
};
constexpr ZigzagPlaces kPlaces;

// One dimension; in and out may be the same.
ACCELIR_INLINE void forward_four(float& a, float& b, float& c, float& d) {
  const float s0 = a + d, s1 = b + c, d0 = a - d, d1 = b - c;
  a = s0 + s1;
  b = d0 * kCosine + d1 * kSine;
  c = s0 - s1;
  d = d0 * kSine - d1 * kCosine;
}

// samples: natural order -> coefficients in zigzag order.
template <int N>
ACCELIR_INLINE void forward_dct(const Lanes<N>& samples, Lanes<N>& coefficients) {
  alignas(64) float rows[16][N];
  for (int y = 0; y < 4; ++y) ACCELIR_VECTOR_LOOP for (int lane = 0; lane < N; ++lane) {
      float a = samples[4 * y][lane], b = samples[4 * y + 1][lane];
      float c = samples[4 * y + 2][lane], d = samples[4 * y + 3][lane];
      forward_four(a, b, c, d);
      rows[4 * y][lane] = a, rows[4 * y + 1][lane] = b, rows[4 * y + 2][lane] = c, rows[4 * y + 3][lane] = d;
    }
  for (int x = 0; x < 4; ++x) ACCELIR_VECTOR_LOOP for (int lane = 0; lane < N; ++lane) {
      float a = rows[x][lane], b = rows[4 + x][lane], c = rows[8 + x][lane], d = rows[12 + x][lane];
      forward_four(a, b, c, d);
      coefficients[kPlaces.place[x]][lane] = a * 0.5f;
      coefficients[kPlaces.place[4 + x]][lane] = b * 0.5f;
      coefficients[kPlaces.place[8 + x]][lane] = c * 0.5f;
      coefficients[kPlaces.place[12 + x]][lane] = d * 0.5f;
    }
}

// The Walsh-Hadamard transform of 16 DCs in raster order -> zigzag order.
ACCELIR_INLINE void forward_wht(const float* dc, float* coefficients) {
  float t[16];
  for (int i = 0; i < 4; ++i) {
    const float a = dc[4 * i], b = dc[4 * i + 1], c = dc[4 * i + 2], d = dc[4 * i + 3];
    t[4 * i] = (a + d) + (b + c);
    t[4 * i + 1] = (a - d) + (b - c);
    t[4 * i + 2] = (a + d) - (b + c);
    t[4 * i + 3] = (a - d) - (b - c);
  }
  for (int i = 0; i < 4; ++i) {
    const float a = t[i], b = t[4 + i], c = t[8 + i], d = t[12 + i];
    coefficients[kPlaces.place[i]] = ((a + d) + (b + c)) * 0.5f;
    coefficients[kPlaces.place[4 + i]] = ((a - d) + (b - c)) * 0.5f;
    coefficients[kPlaces.place[8 + i]] = ((a + d) - (b + c)) * 0.5f;
    coefficients[kPlaces.place[12 + i]] = ((a - d) - (b - c)) * 0.5f;
  }
}

// RFC 6386, section 14.3. Natural order, both.
ACCELIR_INLINE void inverse_wht(const int* coefficients, int* dc) {
  int t[16];
  for (int i = 0; i < 4; ++i) {
    const int a = coefficients[i] + coefficients[12 + i], b = coefficients[4 + i] + coefficients[8 + i];
    const int c = coefficients[4 + i] - coefficients[8 + i], d = coefficients[i] - coefficients[12 + i];
    t[i] = a + b;
    t[4 + i] = c + d;
    t[8 + i] = a - b;
    t[12 + i] = d - c;
  }
  for (int i = 0; i < 4; ++i) {
    const int a = t[4 * i] + t[4 * i + 3], b = t[4 * i + 1] + t[4 * i + 2];
    const int c = t[4 * i + 1] - t[4 * i + 2], d = t[4 * i] - t[4 * i + 3];
    dc[4 * i] = (a + b + 3) >> 3;
    dc[4 * i + 1] = (c + d + 3) >> 3;
    dc[4 * i + 2] = (a - b + 3) >> 3;
    dc[4 * i + 3] = (d - c + 3) >> 3;
  }
}

ACCELIR_INLINE uint8_t clip_sample(int v) { return static_cast<uint8_t>(v < 0 ? 0 : v > 255 ? 255 : v); }

// RFC 6386, section 14.4: adds what the coefficients (natural order) say to the prediction that stands in `samples`.
ACCELIR_INLINE void add_inverse_dct(const int* coefficients, uint8_t* samples, int stride) {
  const auto times_sine = [](int v) { return (v * 35468) >> 16; };
  const auto times_cosine = [](int v) { return v + ((v * 20091) >> 16); };
  int t[16];
  for (int i = 0; i < 4; ++i) {
    const int* in = coefficients + i;
    const int a = in[0] + in[8], b = in[0] - in[8];
    const int c = times_sine(in[4]) - times_cosine(in[12]), d = times_cosine(in[4]) + times_sine(in[12]);
    t[i] = a + d;
    t[4 + i] = b + c;
    t[8 + i] = b - c;
    t[12 + i] = a - d;
  }
  for (int y = 0; y < 4; ++y) {
    const int* in = t + 4 * y;
    const int a = in[0] + in[2], b = in[0] - in[2];
    const int c = times_sine(in[1]) - times_cosine(in[3]), d = times_cosine(in[1]) + times_sine(in[3]);
    uint8_t* out = samples + y * stride;
    out[0] = clip_sample(out[0] + ((a + d + 4) >> 3));
    out[1] = clip_sample(out[1] + ((b + c + 4) >> 3));
    out[2] = clip_sample(out[2] + ((b - c + 4) >> 3));
    out[3] = clip_sample(out[3] + ((a - d + 4) >> 3));
  }
}

}  // namespace accelir::vp8
