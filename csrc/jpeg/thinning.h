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
  Grid<int32_t> of(const Grid<int32_t>& cells) const;
  // squares: of 8x8 pixels.
  Grid<float> of_squares(const Grid<float>& squares) const;

 private:
  int source_x(int x, int y) const;
  int source_y(int y) const;

  int whole_rows_, whole_columns_;  // whole cells of the picture
  int run_, runs_;                  // a run's cells, and a row's runs
  int rows_, columns_;              // of the cells taken
  double share_;
};

}  // namespace accelir::jpeg
