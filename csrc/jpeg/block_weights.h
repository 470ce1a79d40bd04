// What squared errors cost in the blocks of each component.
#pragma once

#include <vector>

#include "common/grid.h"
#include "jpeg/geometry.h"

namespace accelir::jpeg {

// squares: of 8x8 pixels. A block of halved chroma has the mean of the squares that it covers.
std::vector<Grid<float>> weights_of_blocks(const Geometry& geometry, const Grid<float>& squares);

}  // namespace accelir::jpeg
