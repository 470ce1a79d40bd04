#include "jpeg/sample.h"

#include <algorithm>

namespace accelir::jpeg {
namespace {

constexpr int kRun = 8;    // cells
constexpr int kShift = 3;  // runs by which the pattern moves from row to row

void copy_cell(const Coefficients& from, int from_x, int from_y, Coefficients& to, int to_x, int to_y) {
  for (size_t c = 0; c < from.blocks.size(); ++c) {
    const ComponentGeometry &f = from.geometry.components[c], &t = to.geometry.components[c];
    for (int y = 0; y < f.cell_y; ++y) {
      const size_t source = static_cast<size_t>(from_y * f.cell_y + y) * f.blocks_x + from_x * f.cell_x;
      const size_t target = static_cast<size_t>(to_y * t.cell_y + y) * t.blocks_x + to_x * t.cell_x;
      std::copy_n(from.blocks[c].begin() + source * 64, f.cell_x * 64, to.blocks[c].begin() + target * 64);
    }
  }
}

}  // namespace

ThinnedPicture thin(const Coefficients& from, const std::vector<int32_t>& mode_map, int n) {
  const Geometry& g = from.geometry;
  const int run = std::min(kRun, g.width / kCell);
  const int every_run = std::clamp(g.width / kCell / run / 2, 1, n);
  const int every_row = std::clamp(n / every_run, 1, g.height / kCell);
  const int rows = g.height / kCell / every_row, columns = g.width / kCell / run / every_run * run;
  ThinnedPicture out;
  out.coefficients.geometry = make_geometry(columns * kCell, rows * kCell, subsampling_name(g));
  for (const ComponentGeometry& k : out.coefficients.geometry.components)
    out.coefficients.blocks.emplace_back(static_cast<size_t>(k.blocks_x) * k.blocks_y * 64);
  out.mode_map.resize(static_cast<size_t>(rows) * columns);
  out.share = static_cast<double>(rows) * columns * kCell * kCell / (static_cast<double>(g.width) * g.height);
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < columns; ++x) {
      const int source_x = (x / run * every_run + y * kShift % every_run) * run + x % run, source_y = y * every_row;
      copy_cell(from, source_x, source_y, out.coefficients, x, y);
      out.mode_map[static_cast<size_t>(y) * columns + x] =
          mode_map[static_cast<size_t>(source_y) * g.cells_x + source_x];
    }
  return out;
}

}  // namespace accelir::jpeg
