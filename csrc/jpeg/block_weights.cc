#include "jpeg/block_weights.h"

#include <algorithm>

namespace accelir::jpeg {
namespace {

// Of a block that is so many squares high and wide; the picture's edge may cut it.
float mean_at(const Grid<float>& squares, int row, int column, int high, int wide) {
  const int bottom = std::min(row + high, squares.rows), right = std::min(column + wide, squares.columns);
  float sum = 0;
  for (int y = row; y < bottom; ++y)
    for (int x = column; x < right; ++x) sum += squares.at(y, x);
  return sum / static_cast<float>((bottom - row) * (right - column));
}

}  // namespace

std::vector<Grid<float>> weights_of_blocks(const Geometry& geometry, const Grid<float>& squares) {
  std::vector<Grid<float>> out;
  for (const ComponentGeometry& k : geometry.components) {
    const int high = geometry.components[0].v / k.v, wide = geometry.components[0].h / k.h;
    Grid<float> weights(k.blocks_y, k.blocks_x);
    for (int y = 0; y < k.blocks_y; ++y)
      for (int x = 0; x < k.blocks_x; ++x) weights.at(y, x) = mean_at(squares, y * high, x * wide, high, wide);
    out.push_back(std::move(weights));
  }
  return out;
}

}  // namespace accelir::jpeg
