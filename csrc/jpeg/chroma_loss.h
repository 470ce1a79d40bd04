// What a picture loses by 4:2:0 alone, before anything is quantised.
#pragma once

#include <cstdint>

namespace accelir::jpeg {

// Squared RGB error, summed over all values, of a picture (RGB, row by row) whose chroma was halved as for a file
// (coefficients.h) and doubled as decoders do.
double chroma_loss(const uint8_t* rgb, int width, int height, double chroma_smoothing);

}  // namespace accelir::jpeg
