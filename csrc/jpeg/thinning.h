// A smaller picture made of cells of a large one, on which first estimates are cheap.
#pragma once

#include "common/grid.h"
#include "jpeg/coefficients.h"

namespace accelir::jpeg {

// About one in n of the whole cells of 32x32 pixels, spread evenly over all of them. They are taken in runs of
// neighbours, because DC prediction and runs of empty blocks suffer at every seam. The picture has a whole cell at
// least.
class Thinning {
 public:
  Thinning(const Geometry& geometry, int n);

  double share() const { return share_; }  // of the picture's area
  Coefficients of(const Coefficients& from) const;

  template <class T>
  Grid<T> of(const Grid<T>& from) const {
    Grid<T> out(rows_, columns_);
    for (int y = 0; y < rows_; ++y)
      for (int x = 0; x < columns_; ++x) out.at(y, x) = from.at(source_y(y), source_x(x, y));
    return out;
  }

 private:
  int source_x(int x, int y) const;
  int source_y(int y) const;

  int whole_rows_, whole_columns_;  // whole cells of the picture
  int run_, runs_;                  // a run's cells, and a row's runs
  int rows_, columns_;              // of the cells taken
  double share_;
};

}  // namespace accelir::jpeg
