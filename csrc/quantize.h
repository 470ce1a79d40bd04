// The quantisation stage: coefficients and a mode per cell -> levels.
#pragma once

#include <vector>

#include "coefficients.h"
#include "levels.h"
#include "quantizer.h"

namespace accelir {

struct QuantizeJob {
  std::vector<std::vector<BlockQuantizer>> quantizers;  // [component][mode]
  std::vector<AcBits> bits;                             // [0: luma, 1: chroma]
  std::vector<DcBits> dc_bits;
  std::vector<int32_t> mode_map;  // [cells_y * cells_x], indices into a component's quantizers
};

// Padding is left to fill_padding.
void quantize(const Coefficients& coefficients, const QuantizeJob& job, Levels& levels);

}  // namespace accelir
