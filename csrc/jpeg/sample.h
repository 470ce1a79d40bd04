// A picture and its settings, thinned for estimates.
#pragma once

#include <optional>

#include "jpeg/thinning.h"
#include "jpeg/trial.h"

namespace accelir::jpeg {

class Sample {
 public:
  // Small pictures are taken whole.
  Sample(const Coefficients& coefficients, const Settings& settings);
  Sample(const Sample&) = delete;  // the trials refer to its members
  Sample& operator=(const Sample&) = delete;

  Trials& trials() { return *trials_; }
  const Coefficients& coefficients() const { return thinned_ ? *thinned_ : whole_; }
  double share() const { return share_; }  // of the picture's area

  // Quantises until the code lengths agree with the levels, and finds the kind of file on the way.
  void settle(float step);

 private:
  const Coefficients& whole_;
  Settings settings_;
  std::optional<Coefficients> thinned_;
  double share_ = 1.0;
  std::optional<Trials> trials_;
};

// What a file of so many bytes spends on its scans, about: all but metadata, headers and tables.
double scan_bytes(double file, const Settings& settings);

}  // namespace accelir::jpeg
