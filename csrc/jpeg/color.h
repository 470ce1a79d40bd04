// RGB to YCbCr (JFIF 1.02: ITU-R BT.601 primaries, full range), level-shifted to be centred on 0.
#pragma once

#include <cstdint>

namespace accelir::jpeg {

void luma_row(const uint8_t* rgb, int width, float* y);
void chroma_row(const uint8_t* rgb, int width, float* cb, float* cr);
void gray_row(const uint8_t* gray, int width, float* y);

}  // namespace accelir::jpeg
