// Rate-distortion optimised quantisation of DC: since a level is coded as the difference to the one before it, all of a
// component's DC levels are chosen together, by the Viterbi algorithm over the nearest level and its neighbours.
#pragma once

#include "jpeg/coefficients.h"
#include "jpeg/levels.h"
#include "jpeg/quantize.h"

namespace accelir::jpeg {

// Replaces the rounded DC levels of a component. Modes without a Lagrangian keep theirs.
void optimize_dc(const Coefficients& coefficients, const QuantizeJob& job, int component, Levels& levels);

}  // namespace accelir::jpeg
