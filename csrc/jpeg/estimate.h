// How large and how wrong a file would be at a step, from a sample of the picture.
#pragma once

#include "jpeg/coefficients.h"
#include "jpeg/settings.h"

namespace accelir::jpeg {

struct Estimate {
  double bytes;  // of the whole file
  double error;  // weighted squared error of the whole picture, in JPEG's units
};

// pixels: about so many are taken; see sample.h.
Estimate estimate(const Coefficients& coefficients, const Settings& settings, float step,
                  const ComponentWeights& error_weights, int pixels);

}  // namespace accelir::jpeg
