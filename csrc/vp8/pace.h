// How strongly rows are quantised so that a frame comes out at a size though most of its rows are coded but once.
#pragma once

#include <optional>
#include <vector>

namespace accelir::vp8 {

// Rows of macroblocks are coded in stripes, each with the strength at which those to come would take what is left, by
// what is expected of them and what those so far took. Where that doesn't hit the size, some of the last ones, of which
// it is known by then what they take, are coded again.
class Pace {
 public:
  static constexpr double kReach = 1.1;  // of log strengths, either way

  // activities: what each row takes, in proportion. bytes: that all are expected to take at strength 1. stripes: about
  // so many. slope: of log size over log strength. lowest: log strength.
  Pace(const std::vector<double>& activities, double bytes, int stripes, double slope, double lowest = -kReach);

  // The row behind the stripe that begins at one.
  int end_of_stripe(int row) const;
  // The log strength at which the rows from one on would take so many bytes.
  double strength(int row, double bytes) const;
  // Rows [first, end) were coded at a log strength and took so many bytes.
  void take(int first, int end, double strength, double bytes);
  // The last row from which on so many bytes more, or less, can easily be made; none if all can't. Steps are longer
  // from then on where the last one fell short, shorter where it went too far.
  std::optional<int> rewind(double bytes);
  // The mean log strength.
  double mean_strength() const;

 private:
  int rows() const { return static_cast<int>(bytes_.size()); }
  double expected(int first, int end) const;  // bytes at strength 1

  const double stripe_;  // of what is expected
  double slope_;
  const double lowest_;
  const double trusted_;
  std::vector<double> bytes_, strengths_;  // of each row: expected at strength 1, or as it came out
  double missing_ = 0.0;                   // bytes at the last rewind
  int known_ = 0;                          // rows that were coded
  double told_ = 0.0, came_ = 0.0;         // bytes of these as first expected, and as they came out
};

}  // namespace accelir::vp8
