// The quantisation stage: coefficients and a mode per cell -> levels.
#pragma once

#include <vector>

#include "common/grid.h"
#include "jpeg/coefficients.h"
#include "jpeg/levels.h"
#include "jpeg/quantizer.h"

namespace accelir::jpeg {

struct QuantizeJob {
  std::vector<std::vector<BlockQuantizer>> quantizers;  // [component][mode]
  std::vector<AcBits> bits;                             // [0: luma, 1: chroma]
  std::vector<DcBits> dc_bits;
  Grid<int32_t> mode_map;                                   // a cell: index into a component's quantizers
  const std::vector<Grid<float>>* block_weights = nullptr;  // of squared errors, by component; null: 1
};

// Padding is left to fill_padding.
void quantize(const Coefficients& coefficients, const QuantizeJob& job, int threads, Levels& levels);

}  // namespace accelir::jpeg
