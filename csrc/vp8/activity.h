// How much there is to code in rows of a picture, told from the picture alone.
#pragma once

#include <vector>

#include "vp8/planes.h"
#include "vp8/settings.h"

namespace accelir::vp8 {

// Of every row of macroblocks, in proportion to the bits that it takes at a luma step, roughly. At the sizes of 0.3,
// 0.8 and 2 bits a pixel, what a sample says of a picture errs by 12, 11 and 9 % where rows are counted, by 4, 4 and 2
// % where their activities are added up (18 training pictures).
std::vector<double> row_activities(const YuvPlanes& picture, const Settings& settings, float step);

}  // namespace accelir::vp8
