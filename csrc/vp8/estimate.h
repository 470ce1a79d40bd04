// How large and how wrong a frame would be at a quantiser, from bands of the picture.
#pragma once

#include <array>

#include "vp8/planes.h"
#include "vp8/settings.h"

namespace accelir::vp8 {

struct Estimate {
  double bytes;                  // of the whole frame
  std::array<double, 3> errors;  // sums of squared errors of the whole picture's Y, U, V, before the loop filter
};

// Throws std::length_error if no frame of this quantiser fits the format's fields.
Estimate estimate(const YuvPlanes& picture, const Settings& settings, int base);

}  // namespace accelir::vp8
