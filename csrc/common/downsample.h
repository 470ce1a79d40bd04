// Chroma downsampling by two, as the regularised least-squares inverse of the decoders' upsampling.
//
// libjpeg and all that follow it double chroma with a triangle filter: a low-resolution sample c[i] reaches four
// full-resolution ones with weights 1/4, 3/4, 3/4, 1/4 (edges replicated). Call that U. The samples sent here are those
// for which |U c - chroma|^2 + smoothing |D c|^2 is smallest, D the differences of neighbours: (U'U + smoothing D'D) c
// = U' chroma. The matrix is tridiagonal, with 5/4 + 2 smoothing on and 3/8 - smoothing beside the diagonal, so its
// inverse is a symmetric filter that falls off as a power: of -1/3 without smoothing; at 3/8 nothing is left of it but
// U' / 2. Smoothing keeps noise out of chroma that a denoiser would take out anyway, and that costs bits until then.
#pragma once

#include <array>

#include "common/plane.h"

namespace accelir {

struct Halving {
  static constexpr int kRadius = 7;        // 3^-8 of a sample is below a twentieth of an 8-bit level
  explicit Halving(double smoothing = 0);  // 0 to 1

  float diagonal, beside;                  // of the matrix; what is beside it at an edge is added to the diagonal there
  std::array<float, kRadius + 1> inverse;  // half of the infinite matrix's inverse
};

// One row of n samples to (n + 1) / 2. scratch: at least n / 2 + 64 floats.
void halve_row(const Halving& halving, const float* in, int n, float* out, float* scratch);
// All columns; the plane's height becomes (height + 1) / 2.
void halve_columns(const Halving& halving, Plane& plane, int threads = 1);

}  // namespace accelir
