// A picture and its settings, thinned for estimates.
#pragma once

#include <optional>

#include "jpeg/thinning.h"
#include "jpeg/trial.h"

namespace accelir::jpeg {

// About so many pixels, to learn code lengths at a step and to estimate size and error.
constexpr int kSamplePixels = 1 << 18;

class Sample {
 public:
  // pixels: about so many are taken; a picture of less than twice as many is taken whole.
  Sample(const Coefficients& coefficients, const Settings& settings, int pixels);
  Sample(const Sample&) = delete;  // the trials refer to its members
  Sample& operator=(const Sample&) = delete;

  Trials& trials() { return *trials_; }
  const Coefficients& coefficients() const { return thinned_ ? *thinned_ : whole_; }
  bool is_whole() const { return !thinned_; }
  double share() const { return share_; }  // of the picture's area
  // Plans the sample's file. -> the size of the whole picture's at the same step, if the sample is like it.
  double whole_bytes();

  // Quantises until the code lengths agree with the levels, and finds the kind of file on the way; without a trellis
  // code lengths don't matter.
  void settle(float step);

 private:
  const Coefficients& whole_;
  Settings settings_;
  std::optional<Coefficients> thinned_;
  double share_ = 1.0;
  std::optional<Trials> trials_;
};

}  // namespace accelir::jpeg
