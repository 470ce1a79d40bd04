// Chroma downsampling by two, as the least-squares inverse of the decoders' upsampling.
//
// libjpeg and all that follow it double chroma with a triangle filter: a low-resolution sample c[i] reaches four
// full-resolution ones with weights 1/4, 3/4, 3/4, 1/4 (edges replicated). Call that U. The samples sent here are those
// for which |U c - chroma|^2 is smallest: (U'U) c = U' chroma. U'U is tridiagonal with 5/4 on and 3/8 beside the
// diagonal, so its inverse is a symmetric filter that falls off as (-1/3)^n.
#pragma once

#include "plane.h"

namespace accelir {

// One row of n samples to (n + 1) / 2. scratch: at least n / 2 + 64 floats.
void halve_row(const float* in, int n, float* out, float* scratch);
// All columns; the plane's height becomes (height + 1) / 2.
void halve_columns(Plane& plane);

}  // namespace accelir
