#include "jpeg/cell_errors.h"

#include <algorithm>

#include "jpeg/dct.h"

namespace accelir::jpeg {
namespace {

double block_error(const int16_t* coefficients, const int16_t* levels, const Table& table, const FloatTable& weights) {
  double sum = 0;
  for (int k = 0; k < 64; ++k) {
    const double error = coefficients[k] / static_cast<double>(kCoefficientScale) - levels[k] * table[k];
    sum += weights[k] * error * error;
  }
  return sum;
}

}  // namespace

Grid<double> cell_errors(const Levels& levels, const Coefficients& coefficients, const std::vector<Table>& tables,
                         const ComponentWeights& weights) {
  const Geometry& g = levels.geometry;
  Grid<double> cells(g.cells_y, g.cells_x);
  for (size_t c = 0; c < g.components.size(); ++c) {
    const ComponentGeometry& k = g.components[c];
    const Table& table = tables[std::min(c, tables.size() - 1)];
    const int16_t* block = coefficients.blocks[c].data();
    for (int y = 0; y < k.blocks_y; ++y)
      for (int x = 0; x < k.blocks_x; ++x, block += 64) {
        const int16_t* level = levels.block(static_cast<int>(c), static_cast<size_t>(y) * k.padded_x + x);
        cells.at(y / k.cell_y, x / k.cell_x) += block_error(block, level, table, weights[c]);
      }
  }
  return cells;
}

}  // namespace accelir::jpeg
