#include "rate_control.h"

#include <algorithm>
#include <cmath>

#include "sample.h"

namespace accelir {
namespace {

constexpr double kCoarsestStep = 1e6;  // every AC coefficient and every mode is zero there
constexpr double kHeaderBytes = 300;   // tables and headers of a photograph's file
constexpr int kThinPixels = 1 << 18;   // estimates are made on about this many pixels
constexpr double kStepSlope = -0.85;   // of log size over log step, measured on photographs at 0.5..2 bpp
constexpr double kStrengthSlope = -0.2;  // of log size over log strength
// How near the size must be, relatively, before the strength is searched: further would cost quality with the trellis,
// and is beyond the reach of the dead zone.
constexpr double kNearTrellis = 0.04, kNearDeadZone = 0.015;
constexpr double kStrengthRange = 1.0;   // of log strength, either way
constexpr int kStrengthTries = 4;        // before cells are split between two strengths
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
    const double pixels = static_cast<double>(g.width) * g.height;
    const int n = static_cast<int>(pixels / kThinPixels);
    if (n > 1 && g.width >= kCell && g.height >= kCell) {
      thinned_ = thin(coefficients, settings.mode_map, n);
      settings_.mode_map = thinned_.mode_map;
      share_ = thinned_.share;
      trials_.emplace(thinned_.coefficients, settings_);
    } else {
      trials_.emplace(coefficients, settings_);
    }
  }
  Trials& trials() { return *trials_; }
  double share() const { return share_; }

 private:
  Settings settings_;
  ThinnedPicture thinned_;
  double share_ = 1.0;
  std::optional<Trials> trials_;
};

// The step at which rounding alone, corrected for what the trellis saves, gives about the size: a bisection.
double estimate_step(Sample& sample, const Settings& settings, double bytes) {
  double fine = std::log(finest_step(settings)), coarse = std::log(2.0 * kMaxStep);
  while (coarse - fine > 0.1) {
    const double middle = (fine + coarse) / 2;
    sample.trials().guess_at(static_cast<float>(std::exp(middle)));
    const double size = sample.trials().scan_bits() / 8 / sample.share() * (uses_trellis(settings) ? kTrellisSaving : 1.0);
    (size > bytes ? fine : coarse) = middle;
  }
  return std::exp((fine + coarse) / 2);
}

struct Point {
  double x, size;  // logarithms of a parameter and of the size it gave
};

// Secant steps on log size over a log parameter that makes files smaller, inside the bracket of what was too large and
// what wasn't. The size isn't monotone, and code lengths move while the search learns: a bracket that closes without
// success is opened again.
class Secant {
 public:
  // slope: of log size over the parameter, negative, for the steps before there is a bracket.
  Secant(double aim, double slope) : aim_(aim), slope_(slope) {}
  Secant(double aim, const Point& large, const Point& small) : aim_(aim), slope_(0), large_(large), small_(small) {}

  const std::optional<Point>& large() const { return large_; }
  const std::optional<Point>& small() const { return small_; }

  double next(const Point& p) {
    (p.size <= aim_ ? small_ : large_) = p;
    if (large_ && small_ && small_->x - large_->x < kClosed) {
      small_.reset();
      large_.reset();
      (p.size <= aim_ ? small_ : large_) = p;
    }
    if (!large_ || !small_) {
      if (last_ && last_->x != p.x) learn_slope((p.size - last_->size) / (p.x - last_->x));
      last_ = p;
      // A little further than the slope says, so that the aim is soon bracketed from both sides.
      const double move = (aim_ - p.size) / slope_ * 1.1;
      return p.x + std::clamp(move, -2.0, 2.0);
    }
    const double span = small_->x - large_->x, drop = large_->size - small_->size;
    const double share = drop > 1e-9 ? (large_->size - aim_) / drop : 0.5;
    return large_->x + span * std::clamp(share, 0.05, 0.95);
  }

 private:
  // Within bounds: two points close together may have any slope.
  void learn_slope(double measured) { slope_ = std::clamp(measured, 4 * slope_, slope_ / 8); }

  static constexpr double kClosed = 1e-4;
  const double aim_;
  double slope_;
  std::optional<Point> large_, small_, last_;
};

// Quantises a sample until its code lengths agree with its levels, and finds the kind of file on the way.
void settle(Trials& sample, int loops, float step) {
  if (loops == 1) sample.plan();
  for (int i = 1; i < loops; ++i) {
    sample.quantize_at(step, {});
    sample.plan();
  }
}

// The same, moving the step to where the whole picture's file should have the size.
double settle_to_size(Sample& sample, const Settings& settings, double step, double bytes) {
  const double overhead = static_cast<double>(settings.segments.size()) + kHeaderBytes;
  Secant secant(std::log(std::max(bytes - overhead, bytes / 8)), kStepSlope);
  double x = std::log(step);
  for (int i = 0; i < settings.loops; ++i) {
    sample.trials().quantize_at(static_cast<float>(std::exp(x)), {});
    const double planned = static_cast<double>(sample.trials().plan());
    const double size = std::max(planned - overhead, planned / 8) / sample.share();
    x = std::clamp(secant.next({x, std::log(size)}), std::log(finest_step(settings)), std::log(kCoarsestStep));
  }
  return std::exp(x);
}

// Tries one file after the other; keeps the largest that fits.
class Search {
 public:
  Search(const Coefficients& coefficients, const Settings& settings, size_t max_bytes)
      : settings_(settings), max_bytes_(static_cast<double>(max_bytes)), trials_(coefficients, settings) {}

  Trials& trials() { return trials_; }
  const Encoding& best() const { return best_; }
  int passes() const { return trials_.passes(); }

  // -> the log of the file's size, or of its estimate when it is plainly too large to be worth writing.
  double attempt(double step, const Strength& strength) {
    trials_.quantize_at(static_cast<float>(step), strength);
    const double planned = static_cast<double>(trials_.plan());
    if (planned * stuffing_ > max_bytes_ * 1.01) return std::log(planned * stuffing_);
    std::vector<uint8_t> data = trials_.write();
    const double size = static_cast<double>(data.size());
    stuffing_ = size / planned;
    if (size <= max_bytes_ && size > static_cast<double>(best_.data.size()))
      best_ = {std::move(data), static_cast<float>(step), trials_.tables(), trials_.progressive(), 0, 0};
    return std::log(size);
  }

  void run(double step) {
    Point near = search_step(step);
    while (!finished()) near = search_strength(near);
    step = std::exp(near.x);
    // Sizes may leap where tables are fine and the picture is synthetic: then any coarser step that fits.
    for (double factor = 1.1; best_.data.empty() && step < kCoarsestStep; factor *= factor)
      attempt(step = std::min(step * factor, kCoarsestStep), {});
  }

 private:
  bool finished() const {
    return at_end_ || passes() >= settings_.passes ||
           static_cast<double>(best_.data.size()) >= max_bytes_ * (1 - settings_.tolerance);
  }

  // Until the size is near.
  Point search_step(double step) {
    const double finest = std::log(finest_step(settings_)), coarsest = std::log(kCoarsestStep);
    const double fit = std::log(max_bytes_);
    const double near = uses_trellis(settings_) ? kNearTrellis : kNearDeadZone;
    Secant secant(fit, kStepSlope);
    Point p{std::clamp(std::log(step), finest, coarsest), 0};
    for (;;) {
      p.size = attempt(std::exp(p.x), {});
      const bool at_end = (p.size <= fit && p.x <= finest) || (p.size > fit && p.x >= coarsest);
      if (at_end) at_end_ = true;
      if (finished() || std::abs(p.size - fit) < near || passes() > settings_.passes / 2) return p;
      p.x = std::clamp(secant.next(p), finest, coarsest);
    }
  }

  // With one step's tables the modes' strength, on which the size depends more smoothly than on the step. -> where to go
  // on if that isn't enough.
  Point search_strength(const Point& near) {
    const double step = std::exp(near.x);
    const double aim = std::log(max_bytes_ * (1 - settings_.tolerance / 2));
    Secant secant(aim, kStrengthSlope);
    Point p{0, near.size};
    for (int tries = 0; tries < kStrengthTries && !finished(); ++tries) {
      p.x = std::clamp(secant.next(p), -kStrengthRange, kStrengthRange);
      const float strength = static_cast<float>(std::exp(p.x));
      p.size = attempt(step, {strength, strength, 0});
    }
    secant.next(p);
    if (finished()) return near;
    if (secant.large() && secant.small()) search_split(step, aim, *secant.large(), *secant.small());
    const double moved = near.x + (aim - p.size) / kStepSlope;
    return {moved, finished() ? p.size : attempt(std::exp(moved), {})};
  }

  // Between two strengths of which one is too large and one isn't: how many cells get which.
  void search_split(double step, double aim, const Point& large, const Point& small) {
    const double cells = static_cast<double>(settings_.mode_map.size());
    Secant secant(aim, {0, large.size}, {1, small.size});
    Point p = small.size > aim ? Point{0, large.size} : Point{1, small.size};
    while (!finished()) {
      p.x = std::clamp(secant.next(p), 0.0, 1.0);
      const size_t split = static_cast<size_t>(std::lround(p.x * cells));
      p.size = attempt(step, {static_cast<float>(std::exp(small.x)), static_cast<float>(std::exp(large.x)), split});
    }
  }

  const Settings& settings_;
  const double max_bytes_;
  Trials trials_;
  Encoding best_;
  bool at_end_ = false;      // the finest file fits, or not even the coarsest does
  double stuffing_ = 1.003;  // file size over planned size
};

}  // namespace

Encoding encode_at_step(const Coefficients& coefficients, const Settings& settings, float step) {
  Trials trials(coefficients, settings);
  {
    Sample sample(coefficients, settings);
    sample.trials().guess_at(step);
    settle(sample.trials(), settings.loops, step);
    trials.learn_from(sample.trials());
  }
  trials.quantize_at(step, {});
  trials.plan();
  return {trials.write(), step, trials.tables(), trials.progressive(), trials.passes(), 0};
}

Encoding encode_to_size(const Coefficients& coefficients, const Settings& settings, size_t max_bytes) {
  Search search(coefficients, settings, max_bytes);
  {
    Sample sample(coefficients, settings);
    const double step = estimate_step(sample, settings, static_cast<double>(max_bytes));
    const double settled = settle_to_size(sample, settings, step, static_cast<double>(max_bytes));
    search.trials().learn_from(sample.trials());
    search.run(settled);
  }
  if (search.best().data.empty()) {
    Encoding none;
    none.smallest = static_cast<size_t>(std::lround(std::exp(search.attempt(kCoarsestStep, {}))));
    if (search.best().data.empty()) return none;
  }
  Encoding best = search.best();
  best.passes = search.passes();
  return best;
}

}  // namespace accelir
