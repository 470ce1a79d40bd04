#include "vp8/estimate.h"

#include <stdexcept>

#include "vp8/activity.h"
#include "vp8/sample.h"

namespace accelir::vp8 {

Estimate estimate(const YuvPlanes& picture, const Settings& settings, int base) {
  Sample sample(picture, settings, kSizeMacroblocks);
  sample.settle(base);
  const WrittenFrame written = sample.trials().attempt(base, {});
  if (written.data.empty()) throw std::length_error("a frame of this quantiser is too large for VP8's partitions");
  const double share = sample.share(row_activities(picture, settings, luma_step(base)));
  Estimate out{static_cast<double>(written.data.size()) / share,
               squared_errors(sample.picture(), sample.trials().frame().reconstruction)};
  const double rows = static_cast<double>(picture.height) / sample.picture().height;
  for (double& error : out.errors) error *= rows;
  return out;
}

}  // namespace accelir::vp8
