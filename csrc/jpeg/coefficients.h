// The analysis stage: pixels -> planes -> DCT coefficients, computed once and kept for all that rate control tries.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/fresh.h"
#include "jpeg/geometry.h"

namespace accelir::jpeg {

struct Coefficients {
  Geometry geometry;
  // A component's real blocks, row by row, 64 each in zigzag order, in 1/kCoefficientScale.
  std::vector<FreshVector<int16_t>> blocks;
};

// pixels: contiguous rows of width * channels bytes; channels 1 (gray) or 3 (RGB).
// Memory: 2 bytes a coefficient, and with subsampled chroma 8 bytes per low-resolution chroma column and row while it
// runs.
// chroma_smoothing: of halved chroma, see downsample.h.
Coefficients analyse(const uint8_t* pixels, int width, int height, int channels, const std::string& subsampling,
                     double chroma_smoothing, int threads = 1);

}  // namespace accelir::jpeg
