// The root finder of the size search: secant steps on log size over a log parameter that makes files smaller.
#pragma once

#include <algorithm>
#include <cmath>

namespace accelir {

struct Point {
  double x = 0, size = 0;  // logarithms of a parameter and of the size it gave
};

// Stays inside the bracket of what was too large and what wasn't. The size isn't monotone, and code lengths move while
// the search learns: a bracket that closes without success is opened again.
class Secant {
 public:
  // slope: of log size over the parameter, negative, for the steps before there is a bracket. reach: how many times as
  // far as it says they go, so that the aim is soon bracketed from both sides; 1 for a slope that is known well.
  Secant(double aim, double slope, double reach = 1.1) : aim_(aim), slope_(slope), reach_(reach) {}
  Secant(double aim, const Point& large, const Point& small)
      : aim_(aim), slope_(-1), reach_(1), large_(large), small_(small), has_large_(true), has_small_(true) {}

  bool bracketed() const { return has_large_ && has_small_; }
  double width() const { return bracketed() ? small_.x - large_.x : INFINITY; }
  const Point& large() const { return large_; }
  const Point& small() const { return small_; }

  double next(const Point& p) {
    take(p);
    if (bracketed() && small_.x - large_.x < kClosed) {
      has_large_ = has_small_ = false;
      take(p);
    }
    if (!bracketed()) return extrapolate(p);
    const double span = small_.x - large_.x, drop = large_.size - small_.size;
    // One end that stays means a bent curve, on which secants creep: the bracket is halved then.
    const double share = drop > 1e-9 && repeats_ < 2 ? (large_.size - aim_) / drop : 0.5;
    return large_.x + span * std::clamp(share, 0.05, 0.95);
  }

 private:
  static constexpr double kClosed = 1e-4;

  void take(const Point& p) {
    const bool fits = p.size <= aim_;
    repeats_ = fits == fitted_ ? repeats_ + 1 : 0;
    fitted_ = fits;
    (fits ? small_ : large_) = p;
    (fits ? has_small_ : has_large_) = true;
  }

  double extrapolate(const Point& p) {
    // Within bounds, because two points close together may have any slope.
    if (has_last_ && last_.x != p.x)
      slope_ = std::clamp((p.size - last_.size) / (p.x - last_.x), 4 * slope_, slope_ / 8);
    last_ = p;
    has_last_ = true;
    return p.x + std::clamp((aim_ - p.size) / slope_ * reach_, -2.0, 2.0);
  }

  const double aim_;
  double slope_;
  const double reach_;
  Point large_, small_, last_;
  bool has_large_ = false, has_small_ = false, has_last_ = false;
  bool fitted_ = false;  // the last point
  int repeats_ = 0;      // points in a row that moved the same end
};

}  // namespace accelir
