// How far quantisation is from the coefficients in each 32x32 cell of the picture.
#pragma once

#include "common/grid.h"
#include "jpeg/coefficients.h"
#include "jpeg/levels.h"
#include "jpeg/quantizer.h"

namespace accelir::jpeg {

// Sums of weight * (coefficient - step * level)^2 over a cell's blocks of all components, those that only pad MCUs left
// out. Both are of one picture. tables: one for all components, or luma's and chroma's.
Grid<double> cell_errors(const Levels& levels, const Coefficients& coefficients, const std::vector<Table>& tables,
                         const ComponentWeights& weights);

}  // namespace accelir::jpeg
