// The forward 8x8 DCT (ITU-T T.81, A.3.3), in float.
#pragma once

#include <cstdint>

namespace accelir::jpeg {

constexpr float kCoefficientScale = 31.0f;  // coefficients are kept as int16 in 1/31: |c| <= 1024 before scaling

// rows: 8 rows of `stride` floats. Writes blocks * 64 coefficients, zigzag order, scaled by kCoefficientScale.
void forward_dct_strip(const float* rows, int stride, int blocks, int16_t* out);

}  // namespace accelir::jpeg
