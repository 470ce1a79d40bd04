#include "jpeg/thinning.h"

#include <algorithm>
#include <cmath>

namespace accelir::jpeg {
namespace {

constexpr int kRun = 8;  // cells
// The golden ratio's fraction: its multiples, modulo 1, spread as evenly as can be, however many there are.
constexpr double kGolden = 0.6180339887498949;

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

Thinning::Thinning(const Geometry& g, int n) : whole_rows_(g.height / kCell), whole_columns_(g.width / kCell) {
  run_ = std::min(kRun, whole_columns_);
  // As many more runs from a row as rows apart, about: cells are spread alike in both directions.
  const int every_run = std::clamp(whole_columns_ / run_ / 2, 1, n);
  runs_ = std::max(whole_columns_ / run_ / every_run, 1);
  const double cells = static_cast<double>(whole_rows_) * whole_columns_ / n;
  rows_ = std::clamp(static_cast<int>(std::lround(cells / (runs_ * run_))), 1, whole_rows_);
  columns_ = runs_ * run_;
  share_ = static_cast<double>(rows_) * columns_ * kCell * kCell / (static_cast<double>(g.width) * g.height);
}

int Thinning::source_x(int x, int y) const {
  // Runs begin at equal distances, moved by another part of these in each row; what leaves on the right comes in again
  // on the left, so that no column is taken more often than others.
  const double every = static_cast<double>(whole_columns_) / runs_, phase = std::fmod(y * kGolden, 1.0);
  return (static_cast<int>((x / run_ + phase) * every) + x % run_) % whole_columns_;
}

int Thinning::source_y(int y) const { return (2 * y + 1) * whole_rows_ / (2 * rows_); }

Coefficients Thinning::of(const Coefficients& from) const {
  Coefficients out;
  out.geometry = make_geometry(columns_ * kCell, rows_ * kCell, subsampling_name(from.geometry));
  for (const ComponentGeometry& k : out.geometry.components)
    out.blocks.emplace_back(static_cast<size_t>(k.blocks_x) * k.blocks_y * 64, int16_t{0});
  for (int y = 0; y < rows_; ++y)
    for (int x = 0; x < columns_; ++x) copy_cell(from, source_x(x, y), source_y(y), out, x, y);
  return out;
}

Grid<int32_t> Thinning::of(const Grid<int32_t>& cells) const {
  Grid<int32_t> out(rows_, columns_);
  for (int y = 0; y < rows_; ++y)
    for (int x = 0; x < columns_; ++x) out.at(y, x) = cells.at(source_y(y), source_x(x, y));
  return out;
}

Grid<float> Thinning::of_squares(const Grid<float>& squares) const {
  constexpr int kSide = kCell / 8;
  Grid<float> out(rows_ * kSide, columns_ * kSide);
  for (int y = 0; y < out.rows; ++y)
    for (int x = 0; x < out.columns; ++x)
      out.at(y, x) =
          squares.at(source_y(y / kSide) * kSide + y % kSide, source_x(x / kSide, y / kSide) * kSide + x % kSide);
  return out;
}

}  // namespace accelir::jpeg
