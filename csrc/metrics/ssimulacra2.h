// SSIMULACRA 2, a measure of how near a picture looks to another.
//
// Both pictures are halved five times in linear light. At each scale XYB is compared by three maps (maps.h). Each map's
// mean and 4-norm are weighted by scale and channel; their sum, 0 for equal pictures, becomes a score of at most 100 by
// a polynomial and a power. About 90 is as good as the reference, 70 is high, 50 medium, 30 low quality.
//
// The metric, its 108 weights and other constants are by Jon Sneyers, Cloudinary, "SSIMULACRA 2"
// (github.com/cloudinary/ssimulacra2, tools/ssimulacra2.cc of libjxl; BSD 3-clause). The blur is the Gaussian of the
// Python package `ssimulacra2` 0.3 in the place of libjxl's recursive one, and so are its edges.
#pragma once

#include <vector>

#include "common/grid.h"
#include "metrics/xyb.h"

namespace accelir::metrics {

constexpr int kScales = 6;
constexpr int kSmallest = 8;  // pixels a side of the smallest scale that is looked at

// A reference with what pictures are compared with: 48 bytes a pixel. Pictures are of its size, linear light as R, G, B
// interleaved, 0 to 1.
class Ssimulacra2 {
 public:
  Ssimulacra2(const float* reference, int width, int height);

  int width() const { return width_; }
  int height() const { return height_; }

  // At most 100; below 0 for pictures that are far apart. 100 for all where a side is below kSmallest.
  double score(const float* picture) const;
  // What each cell adds to the weighted sum. side: of a cell in pixels, 2^(kScales - 1) times a whole number, or a
  // power of 2. A mean has as much of a cell as its values' sum, a 4-norm as their 4th powers' sum; a pixel of a scale
  // that covers several cells is in all of them alike.
  Grid<double> errors(const float* picture, int side) const;

 private:
  struct Scale {
    Planes value, mean, variance;
  };

  template <class Visit>
  void visit_scales(const float* picture, int side, const Visit& visit) const;

  int width_, height_;
  std::vector<Scale> scales_;
};

}  // namespace accelir::metrics
