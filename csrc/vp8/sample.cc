#include "vp8/sample.h"

#include <numeric>

namespace accelir::vp8 {

Sample::Sample(const YuvPlanes& picture, const Settings& settings, int macroblocks)
    : whole_(picture), settings_(settings) {
  const int n = picture.mb_x * picture.mb_y / macroblocks;
  if (n > 1) {
    bands_ = bands(picture.mb_y, n);
    thinned_ = thin(picture, bands_);
    if (settings.octaves) settings_.octaves = thin(*settings.octaves, bands_);
    if (settings.weights) settings_.weights = thin(*settings.weights, bands_);
  }
  trials_.emplace(this->picture(), settings_);
}

double Sample::share(const std::vector<double>& rows) const {
  if (!thinned_) return 1.0;
  double taken = 0.0;
  for (const Band& band : bands_)
    taken += std::accumulate(rows.begin() + band.first, rows.begin() + band.first + band.rows, 0.0);
  return taken / std::accumulate(rows.begin(), rows.end(), 0.0);
}

void Sample::settle(int base) {
  for (int i = 0; i < settings_.loops; ++i) {
    trials_->measure(base, {});
    trials_->learn();
  }
}

}  // namespace accelir::vp8
