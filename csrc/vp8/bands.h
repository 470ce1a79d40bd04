// A smaller picture made of bands of a large one, for estimates.
#pragma once

#include <vector>

#include "common/grid.h"
#include "vp8/planes.h"

namespace accelir::vp8 {

// Rows of macroblocks [first, first + rows) of a picture.
struct Band {
  int first, rows;
};

// Evenly spaced bands, about one in n.
std::vector<Band> bands(int mb_y, int n);
YuvPlanes thin(const YuvPlanes& picture, const std::vector<Band>& bands);
Grid<float> thin(const Grid<float>& macroblocks, const std::vector<Band>& bands);

}  // namespace accelir::vp8
