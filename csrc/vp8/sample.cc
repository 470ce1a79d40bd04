#include "vp8/sample.h"

#include "vp8/bands.h"

namespace accelir::vp8 {

Sample::Sample(const YuvPlanes& picture, const Settings& settings, int macroblocks)
    : whole_(picture), settings_(settings) {
  const int n = picture.mb_x * picture.mb_y / macroblocks;
  if (n > 1) {
    const std::vector<Band> taken = bands(picture.mb_y, n);
    thinned_ = thin(picture, taken);
    if (settings.octaves) settings_.octaves = thin(*settings.octaves, taken);
    if (settings.weights) settings_.weights = thin(*settings.weights, taken);
    share_ = static_cast<double>(thinned_->mb_y) / picture.mb_y;
  }
  trials_.emplace(this->picture(), settings_);
}

void Sample::settle(int base) {
  for (int i = 0; i < settings_.loops; ++i) {
    trials_->attempt(base, {});
    trials_->learn();
  }
}

}  // namespace accelir::vp8
