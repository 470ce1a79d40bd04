// A smaller picture made of cells of a large one, on which first estimates are cheap.
#pragma once

#include "jpeg/coefficients.h"

namespace accelir::jpeg {

struct ThinnedPicture {
  Coefficients coefficients;
  std::vector<int32_t> mode_map;
  double share;  // of the whole picture's cells
};

// About one in n of the whole cells of 32x32 pixels, scattered evenly. They are taken in runs of neighbours, because DC
// prediction and runs of empty blocks suffer at every seam.
ThinnedPicture thin(const Coefficients& coefficients, const std::vector<int32_t>& mode_map, int n);

}  // namespace accelir::jpeg
