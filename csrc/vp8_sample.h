// A smaller picture made of bands of a large one, for estimates.
#pragma once

#include "vp8_trial.h"
#include "vp8_yuv.h"

namespace accelir::vp8 {

struct ThinnedPicture {
  YuvPlanes picture;
  Demand demand;
  double share = 1.0;  // of the picture's macroblocks
};

// Evenly spaced bands, about one in n. Needs at least one band of rows.
ThinnedPicture thin(const YuvPlanes& picture, const Demand& demand, int n);

}  // namespace accelir::vp8
