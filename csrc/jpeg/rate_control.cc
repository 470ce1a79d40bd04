#include "jpeg/rate_control.h"

#include <algorithm>
#include <cmath>

#include "common/size_search.h"
#include "jpeg/sample.h"

namespace accelir::jpeg {
namespace {

constexpr double kCoarsestStep = 1e6;  // every AC coefficient and every mode is zero there
// Measured on photographs at 0.5..2 bpp: of log size over log step, -0.71 to -1.08 (10th and 90th percentile), and of
// the trellis's file over the guess's, 0.85 to 0.93.
constexpr double kStepSlope = -0.85, kTrellisSaving = 0.9;
// How near the size must be, relatively, before the strength is searched: further would cost quality with the trellis,
// and is beyond the reach of the dead zone.
constexpr double kNearTrellis = 0.04, kNearDeadZone = 0.015;
constexpr StrengthRange kStrengthRange{-2.0, 2.0};
constexpr StrengthRange kFillRange{-6.0, 9.0};  // from rounding alone to no AC, where sizes leap
constexpr double kLeap = 0.01;                  // width of a bracket of log steps in which the size leaps
constexpr double kStride = 0.1;                 // of log steps, the first when nothing fitted
constexpr double kWorthIt = 1.01;  // over the budget, above which a file is plainly too large to be written

double finest_step(const Settings& s) {
  float largest = 1.0f;
  for (const FloatTable& steps : s.relative_steps)
    largest = std::max(largest, *std::max_element(steps.begin(), steps.end()));
  return kFinestStep / largest;
}

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

// Settles the sample, moving the step to where the whole picture's file should have the size. -> its log.
double settle_to_size(Sample& sample, const Settings& settings, double step, double bytes) {
  Secant secant(std::log(scan_bytes(bytes, settings)), kStepSlope);
  double x = std::log(step);
  for (int i = 0; i < settings.loops; ++i) {
    sample.trials().quantize_at(static_cast<float>(std::exp(x)), {});
    const double size = scan_bytes(static_cast<double>(sample.trials().plan()), settings) / sample.share();
    x = std::clamp(secant.next({x, std::log(size)}), std::log(finest_step(settings)), std::log(kCoarsestStep));
  }
  return x;
}

// The present file of a trial.
Encoding encoding_of(const Trials& trials, std::vector<uint8_t> data, float step, bool keep_levels) {
  Encoding out;
  out.data = std::move(data);
  out.step = step;
  out.tables = trials.tables();
  out.subsampling = subsampling_name(trials.levels().geometry);
  out.progressive = trials.progressive();
  if (keep_levels) out.levels = trials.levels();
  return out;
}

// JPEG's side of the size search (size_search.h). Positions are logs of the base step.
class StepFormat {
 public:
  using Position = double;
  using File = Encoding;
  // Measured on photographs: -0.16 to -0.29, of which the flattest needs the fewest passes.
  static constexpr double kStrengthSlope = -0.16;
  static constexpr int kStrengthTries = 4;

  StepFormat(const Coefficients& coefficients, const Settings& settings, double max_bytes, bool keep_levels)
      : trials_(coefficients, settings),
        parts_(settings.mode_map.values.size()),
        max_bytes_(max_bytes),
        keep_levels_(keep_levels) {}

  Trials& trials() { return trials_; }
  int passes() const { return trials_.passes(); }
  size_t parts() const { return parts_; }

  Attempt attempt(double log_step, const Strength& strength) {
    step_ = static_cast<float>(std::exp(log_step));
    trials_.quantize_at(step_, strength);
    const double planned = static_cast<double>(trials_.plan());
    if (planned * stuffing_ > max_bytes_ * kWorthIt) return {std::log(planned * stuffing_), {}};
    std::vector<uint8_t> data = trials_.write();
    const double size = static_cast<double>(data.size());
    stuffing_ = size / planned;
    return {std::log(size), std::move(data)};
  }

  Encoding finish(std::vector<uint8_t> data, const Strength&) const {
    return encoding_of(trials_, std::move(data), step_, keep_levels_);
  }

 private:
  Trials trials_;
  const size_t parts_;  // cells
  const double max_bytes_;
  const bool keep_levels_;
  float step_ = 0;
  double stuffing_ = kStuffing;  // file size over planned size, of the last file written
};

// Steps until the size is near, or leaps past the budget; then strengths; more steps if they didn't do.
void search_steps(SizeSearch<StepFormat>& search, const Settings& settings, double log_step) {
  const double finest = std::log(finest_step(settings)), coarsest = std::log(kCoarsestStep);
  const double near = uses_trellis(settings) ? kNearTrellis : kNearDeadZone;
  const double fit = search.log_budget();
  Secant secant(fit, kStepSlope);
  Point p{std::clamp(log_step, finest, coarsest), 0};
  while (!search.finished()) {
    p.size = search.attempt(p.x);
    const bool at_end = p.size <= fit ? p.x <= finest : p.x >= coarsest;
    if (at_end) return;
    const double next = secant.next(p);
    const bool leaps = secant.width() < kLeap;
    const Point& from = leaps ? secant.large() : p;
    // Below a step of 1 tables stay, and the step itself moves what the strength would.
    if (p.x > 0 && (std::abs(p.size - fit) < near || leaps)) search.search_strength(from.x, from.size, kStrengthRange);
    p.x = std::clamp(next, finest, coarsest);
  }
  search.settle_below(p.x, kStride, coarsest);
  if (!search.filled()) search.fill(p.x, kStride, finest, coarsest, kFillRange);
}

// Whether the budget could be below the file of the coarsest step, by a bound on what a block without AC takes there:
// its DC difference is at most 2040 / 255 = 8, so one of 5 sizes (5 bits) and 4 bits, and its end of block at most 2.
// A restart marker takes 2 bytes, the bits before it fill a byte, and behind it a run of empty blocks begins anew (a
// code of at most 16 bits, and 14 more). Markers stand in the scan of DC, and in one of AC for each component.
bool may_be_too_small(const Coefficients& coefficients, const Settings& settings, size_t max_bytes) {
  constexpr size_t kBitsPerBlock = 5 + 4 + 2, kMostHeaders = 2048, kBytesPerMarker = 2 + 1 + 4;
  size_t blocks = 0;
  for (const ComponentGeometry& k : coefficients.geometry.components)
    blocks += static_cast<size_t>(k.padded_x) * k.padded_y;
  const auto interval = static_cast<size_t>(settings.restart_interval);
  const size_t markers = interval ? 2 * blocks / interval : 0;
  return max_bytes < settings.segments.size() + kMostHeaders + blocks * kBitsPerBlock / 8 + markers * kBytesPerMarker;
}

}  // namespace

Encoding encode_at_step(const Coefficients& coefficients, const Settings& settings, float step, bool keep_levels) {
  Trials trials(coefficients, settings);
  {
    Sample sample(coefficients, settings);
    sample.settle(step);
    trials.learn_from(sample.trials());
  }
  trials.quantize_at(step, {});
  trials.plan();
  Encoding out = encoding_of(trials, trials.write(), step, keep_levels);
  out.passes = trials.passes();
  return out;
}

Encoding encode_to_size(const Coefficients& coefficients, const Settings& settings, size_t max_bytes,
                        bool keep_levels) {
  constexpr float kCoarsest = static_cast<float>(kCoarsestStep);
  const double bytes = static_cast<double>(max_bytes);
  if (may_be_too_small(coefficients, settings, max_bytes)) {
    Encoding smallest = encode_at_step(coefficients, settings, kCoarsest, keep_levels);
    smallest.smallest = smallest.data.size();
    if (smallest.smallest > max_bytes) {
      smallest.data.clear();
      smallest.levels.reset();
    }
    if (smallest.smallest >= max_bytes) return smallest;
  }
  StepFormat format(coefficients, settings, bytes, keep_levels);
  SizeSearch<StepFormat> search(format, {bytes, settings.passes, settings.tolerance});
  {
    Sample sample(coefficients, settings);
    const double step = estimate_step(sample, settings, bytes);
    const double log_step = settle_to_size(sample, settings, step, bytes);
    format.trials().learn_from(sample.trials());
    search_steps(search, settings, log_step);
  }
  Encoding best = std::move(search.best());
  if (best.data.empty()) best = encode_at_step(coefficients, settings, kCoarsest, keep_levels);
  best.passes = format.passes();
  return best;
}

}  // namespace accelir::jpeg
