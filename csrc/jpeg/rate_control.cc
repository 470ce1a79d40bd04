#include "jpeg/rate_control.h"

#include <algorithm>
#include <cmath>

#include "common/secant.h"
#include "jpeg/sample.h"

namespace accelir::jpeg {
namespace {

constexpr double kCoarsestStep = 1e6;  // every AC coefficient and every mode is zero there
constexpr double kHeaderBytes = 300;   // tables and headers of a photograph's file
constexpr int kThinPixels = 1 << 18;   // estimates are made on about this many pixels
// Measured on photographs at 0.5..2 bpp: of log size over log step, -0.71 to -1.08 (10th and 90th percentile); over log
// strength, -0.16 to -0.29, of which the flattest needs the fewest passes; and of the trellis's file over the guess's,
// 0.85 to 0.93.
constexpr double kStepSlope = -0.85, kStrengthSlope = -0.16, kTrellisSaving = 0.9;
// How near the size must be, relatively, before the strength is searched: further would cost quality with the trellis,
// and is beyond the reach of the dead zone.
constexpr double kNearTrellis = 0.04, kNearDeadZone = 0.015;
constexpr double kStrengthRange = 2.0;  // of log strength, either way
constexpr double kLeap = 0.01;          // width of a bracket of log steps in which the size leaps
constexpr int kStrengthTries = 4;       // before cells are split between two strengths
constexpr int kSplitTries = 8;          // before the code lengths must have moved away from the bracket

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
    const double size =
        sample.trials().scan_bits() / 8 / sample.share() * (uses_trellis(settings) ? kTrellisSaving : 1.0);
    (size > bytes ? fine : coarse) = middle;
  }
  return std::exp((fine + coarse) / 2);
}

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

  // Steps until the size is near, or leaps past the budget; then strengths; more steps if they didn't do.
  void run(double step) {
    const double finest = std::log(finest_step(settings_)), coarsest = std::log(kCoarsestStep);
    const double near = uses_trellis(settings_) ? kNearTrellis : kNearDeadZone;
    const double fit = std::log(max_bytes_);
    Secant secant(fit, kStepSlope);
    Point p{std::clamp(std::log(step), finest, coarsest), 0};
    while (!finished()) {
      p.size = attempt(std::exp(p.x), {});
      const bool at_end = p.size <= fit ? p.x <= finest : p.x >= coarsest;
      if (at_end) return;
      const double next = secant.next(p);
      // Below a step of 1 tables stay, and the step itself moves what the strength would.
      const bool leaps = secant.width() < kLeap;
      if (p.x > 0 && (std::abs(p.size - fit) < near || leaps)) search_strength(leaps ? secant.large() : p);
      p.x = std::clamp(next, finest, coarsest);
    }
    for (double more = 0.1; best_.data.empty() && p.x < coarsest; more *= 2)
      attempt(std::exp(p.x = std::min(p.x + more, coarsest)), {});
  }

 private:
  bool finished() const {
    return passes() >= settings_.passes ||
           static_cast<double>(best_.data.size()) >= max_bytes_ * (1 - settings_.tolerance);
  }

  // With one step's tables the modes' strength, on which the size depends more smoothly than on the step.
  void search_strength(const Point& near) {
    const double step = std::exp(near.x);
    const double aim = std::log(max_bytes_ * (1 - settings_.tolerance / 2));
    Secant secant(aim, kStrengthSlope);
    Point p{0, near.size};
    for (int tries = 0; tries < kStrengthTries && !finished(); ++tries) {
      const double x = std::clamp(secant.next(p), -kStrengthRange, kStrengthRange);
      if (x == p.x) return;
      p.x = x;
      const float strength = static_cast<float>(std::exp(x));
      p.size = attempt(step, {strength, strength, 0});
    }
    secant.next(p);
    if (!finished() && secant.bracketed()) search_split(step, aim, secant.large(), secant.small());
  }

  // Between two strengths of which one is too large and one isn't: how many cells get which.
  void search_split(double step, double aim, const Point& large, const Point& small) {
    const double cells = static_cast<double>(settings_.mode_map.size());
    Secant secant(aim, {0, large.size}, {1, small.size});
    Point p = small.size > aim ? Point{0, large.size} : Point{1, small.size};
    for (int tries = 0; tries < kSplitTries && !finished(); ++tries) {
      p.x = std::clamp(secant.next(p), 0.0, 1.0);
      const size_t split = static_cast<size_t>(std::lround(p.x * cells));
      p.size = attempt(step, {static_cast<float>(std::exp(small.x)), static_cast<float>(std::exp(large.x)), split});
    }
  }

  const Settings& settings_;
  const double max_bytes_;
  Trials trials_;
  Encoding best_;
  double stuffing_ = 1.003;  // file size over planned size
};

// Whether the budget could be below the file of the coarsest step, by a bound on what a block without AC takes there:
// its DC difference is at most 2040 / 255 = 8, so one of 5 sizes (5 bits) and 4 bits, and its end of block at most 2.
bool may_be_too_small(const Coefficients& coefficients, const Settings& settings, size_t max_bytes) {
  constexpr size_t kBitsPerBlock = 5 + 4 + 2, kMostHeaders = 2048;
  size_t blocks = 0;
  for (const ComponentGeometry& k : coefficients.geometry.components)
    blocks += static_cast<size_t>(k.padded_x) * k.padded_y;
  return max_bytes < settings.segments.size() + kMostHeaders + blocks * kBitsPerBlock / 8;
}

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
  if (may_be_too_small(coefficients, settings, max_bytes)) {
    Encoding smallest = encode_at_step(coefficients, settings, static_cast<float>(kCoarsestStep));
    smallest.smallest = smallest.data.size();
    if (smallest.smallest > max_bytes) smallest.data.clear();
    if (smallest.smallest >= max_bytes) return smallest;
  }
  Search search(coefficients, settings, max_bytes);
  {
    Sample sample(coefficients, settings);
    const double step = estimate_step(sample, settings, static_cast<double>(max_bytes));
    const double settled = settle_to_size(sample, settings, step, static_cast<double>(max_bytes));
    search.trials().learn_from(sample.trials());
    search.run(settled);
  }
  Encoding best = search.best();
  if (best.data.empty()) best = encode_at_step(coefficients, settings, static_cast<float>(kCoarsestStep));
  best.passes = search.passes();
  return best;
}

}  // namespace accelir::jpeg
