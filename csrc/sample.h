// A smaller picture made of cells of a large one, on which first estimates are cheap.
#pragma once

#include "coefficients.h"

namespace accelir {

struct ThinnedPicture {
  Coefficients coefficients;
  std::vector<int32_t> mode_map;
  double share;  // of the whole picture's cells
};

// Whole cells of 32x32 pixels, one in n of every row of cells, shifted from row to row so that all columns are met.
// n is at most the number of whole cells in a row.
ThinnedPicture thin(const Coefficients& coefficients, const std::vector<int32_t>& mode_map, int n);

}  // namespace accelir
