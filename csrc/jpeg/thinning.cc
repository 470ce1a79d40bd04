#include "jpeg/thinning.h"

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

Thinning::Thinning(const Geometry& g, int n) {
  run_ = std::min(kRun, g.width / kCell);
  every_run_ = std::clamp(g.width / kCell / run_ / 2, 1, n);
  every_row_ = std::clamp(n / every_run_, 1, g.height / kCell);
  rows_ = g.height / kCell / every_row_;
  columns_ = g.width / kCell / run_ / every_run_ * run_;
  share_ = static_cast<double>(rows_) * columns_ * kCell * kCell / (static_cast<double>(g.width) * g.height);
}

int Thinning::source_x(int x, int y) const {
  return (x / run_ * every_run_ + y * kShift % every_run_) * run_ + x % run_;
}

Coefficients Thinning::of(const Coefficients& from) const {
  Coefficients out;
  out.geometry = make_geometry(columns_ * kCell, rows_ * kCell, subsampling_name(from.geometry));
  for (const ComponentGeometry& k : out.geometry.components)
    out.blocks.emplace_back(static_cast<size_t>(k.blocks_x) * k.blocks_y * 64);
  for (int y = 0; y < rows_; ++y)
    for (int x = 0; x < columns_; ++x) copy_cell(from, source_x(x, y), source_y(y), out, x, y);
  return out;
}

}  // namespace accelir::jpeg
