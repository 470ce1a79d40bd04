#include "jpeg/estimate.h"

#include <numeric>

#include "jpeg/cell_errors.h"
#include "jpeg/sample.h"

namespace accelir::jpeg {

Estimate estimate(const Coefficients& coefficients, const Settings& settings, float step,
                  const ComponentWeights& error_weights, int pixels) {
  Sample sample(coefficients, settings, pixels);
  sample.settle(step);
  Trials& trials = sample.trials();
  trials.quantize_at(step, {});
  const double bytes = sample.whole_bytes();
  const Grid<double> errors = cell_errors(trials.levels(), sample.coefficients(), trials.tables(), error_weights);
  return {bytes, std::accumulate(errors.begin(), errors.end(), 0.0) / sample.share()};
}

}  // namespace accelir::jpeg
