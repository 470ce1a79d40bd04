// How strongly a file is quantised beyond rounding.
#pragma once

#include <cstddef>

namespace accelir {

// What multiplies the Lagrangian, and what a dead zone has beyond rounding: one factor for the first cells or
// macroblocks, in raster order, one for the rest.
struct Strength {
  float first = 1.0f, rest = 1.0f;
  size_t split = 0;  // how many have the first
};

}  // namespace accelir
