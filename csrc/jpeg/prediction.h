// Where the size search begins: at which step and strength a sample says that the file has the size.
#pragma once

#include "common/secant.h"
#include "jpeg/sample.h"

namespace accelir::jpeg {

constexpr double kStepSlope =
    -0.85;  // of log size over log step: -0.71 to -1.08 (photographs, 0.5 to 2 bpp, 10 to 90 %)

double finest_step(const Settings& settings);
// Of log size over log strength: measured on photographs -0.16 to -0.29, of which the flattest needs the fewest passes.
constexpr double kUsualStrengthSlope = -0.16;
constexpr double kCoarsestStep = 1e6;  // every AC coefficient and every mode is zero there

class Prediction {
 public:
  // bytes: of the whole picture's file.
  Prediction(Sample& sample, const Settings& settings, double bytes);

  double log_step() const { return log_step_; }
  double log_strength() const { return log_strength_; }
  double strength_slope() const { return strength_slope_; }  // of log size over log strength

  // The step at which rounding alone, corrected for what a trellis saves, gives about the size.
  void estimate();
  // Settles the sample's code lengths at the step while moving it.
  void settle();
  // The log of the whole picture's size at the step and strength 1, as far as is known.
  double log_size();
  // What was found out of it: whole over predicted, a logarithm. Counts from now on.
  void correct(double ratio) { ratio_ += ratio; }
  // Moves the step until the size is near, then finds the strength that makes up for the rest.
  void solve();

 private:
  double clamped(double log_step) const;
  double log_size(double log_strength);

  Sample& sample_;
  const Settings& settings_;
  const double aim_;
  double ratio_ = 0;
  double log_step_ = 0, log_strength_ = 0;
  double strength_slope_;
};

}  // namespace accelir::jpeg
