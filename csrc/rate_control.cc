#include "rate_control.h"

#include <algorithm>
#include <cmath>

namespace accelir {
namespace {

constexpr double kCoarsestStep = 1e6;  // every AC coefficient and every mode is zero there
constexpr int kThinPixels = 1 << 19;   // estimates are made on about this many pixels
constexpr double kSlope = -0.85;       // of log size over log step, measured on photographs at 0.5..2 bpp
constexpr double kTrellisSaving = 0.9; // size after the trellis over size after the guess's dead zone

double finest_step(const Settings& s) {
  float largest = 1.0f;
  for (const FloatTable& shape : s.shape) largest = std::max(largest, *std::max_element(shape.begin(), shape.end()));
  return kFinestStep / largest;
}

// A picture and its settings, thinned for estimates. Small pictures are taken whole.
class Sample {
 public:
  Sample(const Coefficients& coefficients, const Settings& settings) : settings_(settings) {
    const Geometry& g = coefficients.geometry;
    const int n = std::clamp<int>(static_cast<double>(g.width) * g.height / kThinPixels, 1, g.cells_y);
    if (n > 1) {
      thinned_ = thin(coefficients, n);
      settings_.mode_map = thin_map(settings.mode_map, g, n);
    }
    const Coefficients& used = n > 1 ? thinned_ : coefficients;
    share_ = static_cast<double>(used.geometry.height) / g.height;
    trials_.emplace(used, settings_);
  }
  Trials& trials() { return *trials_; }
  double share() const { return share_; }

 private:
  Settings settings_;
  Coefficients thinned_;
  double share_;
  std::optional<Trials> trials_;
};

// The step at which rounding alone, corrected for what the trellis saves, gives about the size: a bisection.
double estimate_step(Sample& sample, const Settings& settings, double bytes) {
  double fine = std::log(finest_step(settings)), coarse = std::log(2.0 * kMaxStep);
  const bool trellis = std::any_of(settings.modes.begin(), settings.modes.end(), [](const Mode& m) { return m.rdo > 0; });
  while (coarse - fine > 0.1) {
    const double middle = (fine + coarse) / 2;
    sample.trials().guess_code_lengths(static_cast<float>(std::exp(middle)));
    const double size = sample.trials().sequential_bits() / 8 / sample.share() * (trellis ? kTrellisSaving : 1.0);
    (size > bytes ? fine : coarse) = middle;
  }
  return std::exp((fine + coarse) / 2);
}

// Tries at one step after the other; keeps the largest file that fits.
class Search {
 public:
  Search(const Coefficients& coefficients, const Settings& settings, size_t max_bytes)
      : settings_(settings), max_bytes_(static_cast<double>(max_bytes)), trials_(coefficients, settings) {}

  Trials& trials() { return trials_; }
  bool done() const { return best_.data.size() >= max_bytes_ * (1 - settings_.tolerance); }
  const Encoding& best() const { return best_; }
  int passes() const { return trials_.passes(); }

  // -> the file's size, or its estimate when it is plainly too large to be worth writing.
  double attempt(double step) {
    trials_.quantize_at(static_cast<float>(step));
    const double planned = static_cast<double>(trials_.plan());
    if (planned * stuffing_ > max_bytes_ * 1.01) return planned * stuffing_;
    std::vector<uint8_t> data = trials_.write();
    const double size = static_cast<double>(data.size());
    stuffing_ = size / planned;
    if (size <= max_bytes_ && size > best_.data.size())
      best_ = {std::move(data), static_cast<float>(step), trials_.tables(), trials_.progressive(), 0, 0};
    return size;
  }

  // Secant steps on log size over log step inside the bracket of what was too large and what fitted. The size isn't
  // monotone in the step, and the code lengths move while the search learns: a bracket that closes without success
  // is opened again.
  void run(double step) {
    const double aim = std::log(max_bytes_ * (1 - settings_.tolerance / 2));
    const double finest = std::log(finest_step(settings_)), coarsest = std::log(kCoarsestStep);
    double x = std::clamp(std::log(step), finest, coarsest);
    std::optional<Point> large, small;
    while (passes() < settings_.passes && !done()) {
      const Point p{x, std::log(attempt(std::exp(x)))};
      const bool fits = p.size <= std::log(max_bytes_);
      (fits ? small : large) = p;
      if ((fits && x <= finest) || (!fits && x >= coarsest)) return;
      x = next(large, small, aim);
      if (large && small && small->step - large->step < 1e-4) large.reset(), small.reset();
      x = std::clamp(x, finest, coarsest);
    }
  }

 private:
  struct Point {
    double step, size;  // logarithms
  };

  static double next(const std::optional<Point>& large, const std::optional<Point>& small, double aim) {
    if (!large || !small) {
      const Point& p = large ? *large : *small;
      // A little further than the slope says, so that the aim is soon bracketed from both sides.
      const double move = (aim - p.size) / kSlope * 1.1;
      return p.step + (std::abs(move) > 2.0 ? std::copysign(2.0, move) : move);
    }
    const double span = small->step - large->step, drop = large->size - small->size;
    const double share = drop > 1e-9 ? (large->size - aim) / drop : 0.5;
    return large->step + span * std::clamp(share, 0.05, 0.95);
  }

  const Settings& settings_;
  const double max_bytes_;
  Trials trials_;
  Encoding best_;
  double stuffing_ = 1.003;  // file size over planned size
};

}  // namespace

Encoding encode_at_step(const Coefficients& coefficients, const Settings& settings, float step) {
  Trials trials(coefficients, settings);
  if (settings.loops > 1) {
    Sample sample(coefficients, settings);
    sample.trials().guess_code_lengths(step);
    for (int i = 2; i < settings.loops; ++i) sample.trials().quantize_at(step);
    trials.take_code_lengths(sample.trials());
  }
  trials.quantize_at(step);
  trials.plan();
  return {trials.write(), step, trials.tables(), trials.progressive(), trials.passes(), 0};
}

Encoding encode_to_size(const Coefficients& coefficients, const Settings& settings, size_t max_bytes) {
  Search search(coefficients, settings, max_bytes);
  {
    Sample sample(coefficients, settings);
    const double step = estimate_step(sample, settings, static_cast<double>(max_bytes));
    if (settings.loops > 1) sample.trials().quantize_at(static_cast<float>(step));
    search.trials().take_code_lengths(sample.trials());
    search.run(step);
  }
  if (search.best().data.empty()) {
    const double smallest = search.attempt(kCoarsestStep);
    if (search.best().data.empty()) {
      Encoding none;
      none.smallest = static_cast<size_t>(smallest);
      return none;
    }
  }
  Encoding best = search.best();
  best.passes = search.passes();
  return best;
}

}  // namespace accelir
