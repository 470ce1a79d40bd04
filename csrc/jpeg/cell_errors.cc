#include "jpeg/cell_errors.h"

#include <algorithm>

#include "common/simd.h"
#include "jpeg/dct.h"

namespace accelir::jpeg {
namespace {

// Differences are exact: integers of at most 24 bits.
ACCELIR_MULTIVERSION
float block_error(const int16_t* __restrict coefficients, const int16_t* __restrict levels,
                  const int16_t* __restrict table, const float* __restrict weights) {
  constexpr int kLanes = 16;
  float sums[kLanes] = {};
  for (int k = 0; k < 64; k += kLanes)
    for (int i = 0; i < kLanes; ++i) {
      const int step = static_cast<int>(kCoefficientScale) * table[k + i];
      const float error = static_cast<float>(coefficients[k + i] - levels[k + i] * step) / kCoefficientScale;
      sums[i] += weights[k + i] * error * error;
    }
  float sum = 0;
  for (float s : sums) sum += s;
  return sum;
}

}  // namespace

Grid<double> cell_errors(const Levels& levels, const Coefficients& coefficients, const std::vector<Table>& tables,
                         const ComponentWeights& weights) {
  const Geometry& g = levels.geometry;
  Grid<double> cells(g.cells_y, g.cells_x);
  for (size_t c = 0; c < g.components.size(); ++c) {
    const ComponentGeometry& k = g.components[c];
    const Table& steps = tables[std::min(c, tables.size() - 1)];
    alignas(64) int16_t table[64];
    std::copy(steps.begin(), steps.end(), table);
    const int16_t* block = coefficients.blocks[c].data();
    for (int y = 0; y < k.blocks_y; ++y)
      for (int x = 0; x < k.blocks_x; ++x, block += 64) {
        const int16_t* level = levels.block(static_cast<int>(c), static_cast<size_t>(y) * k.padded_x + x);
        cells.at(y / k.cell_y, x / k.cell_x) += block_error(block, level, table, weights[c].data());
      }
  }
  return cells;
}

}  // namespace accelir::jpeg
