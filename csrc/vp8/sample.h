// A smaller picture made of bands of a large one, for estimates.
#pragma once

#include <vector>

#include "vp8/trial.h"
#include "vp8/yuv.h"

namespace accelir::vp8 {

struct ThinnedPicture {
  YuvPlanes picture;
  Demand demand;
  double share = 1.0;  // of the picture's macroblocks
};

// Rows of macroblocks [first, first + rows) of a picture.
struct Band {
  int first, rows;
};

// Evenly spaced bands, about one in n.
std::vector<Band> bands(int mb_y, int n);
YuvPlanes thin(const YuvPlanes& picture, const std::vector<Band>& bands);
ThinnedPicture thin(const YuvPlanes& picture, const Demand& demand, int n);

}  // namespace accelir::vp8
