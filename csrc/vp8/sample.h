// A picture and its settings, thinned for estimates.
#pragma once

#include <optional>
#include <vector>

#include "vp8/bands.h"
#include "vp8/planes.h"
#include "vp8/trial.h"

namespace accelir::vp8 {

// About this many macroblocks: to estimate a size, and to learn a quantiser's probabilities.
constexpr int kSizeMacroblocks = 512, kLearnMacroblocks = 256, kPacedMacroblocks = 170;

class Sample {
 public:
  // About so many macroblocks. Small pictures are taken whole.
  Sample(const YuvPlanes& picture, const Settings& settings, int macroblocks);
  Sample(const Sample&) = delete;  // the trials refer to its members
  Sample& operator=(const Sample&) = delete;

  const Settings& settings() const { return settings_; }
  Trials& trials() { return *trials_; }
  const YuvPlanes& picture() const { return thinned_ ? *thinned_ : whole_; }
  // Of what is said of every row of the picture's macroblocks.
  double share(const std::vector<double>& rows) const;

  // Passes at a quantiser, each with the probabilities of the one before.
  void settle(int base);

 private:
  const YuvPlanes& whole_;
  Settings settings_;
  std::optional<YuvPlanes> thinned_;
  std::vector<Band> bands_;
  std::optional<Trials> trials_;
};

}  // namespace accelir::vp8
