// Linear light, halved by means of 2x2 pixels, and XYB, in which SSIMULACRA 2 compares pictures.
#pragma once

#include <array>

#include "common/plane.h"

namespace accelir::metrics {

using Planes = std::array<Plane, 3>;

// From interleaved R, G, B.
Planes planes_of(const float* rgb, int width, int height);
// Means of 2x2 pixels, of fewer at an odd side's end.
Planes halved(const Planes& linear);
// XYB of JPEG XL, scaled and moved so that all values are above 0 and in similar ranges: X, Y, B - Y.
Planes to_xyb(const Planes& linear);

}  // namespace accelir::metrics
