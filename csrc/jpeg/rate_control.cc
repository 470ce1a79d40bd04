#include "jpeg/rate_control.h"

#include <algorithm>
#include <cmath>

#include "common/size_search.h"
#include "jpeg/prediction.h"

namespace accelir::jpeg {
namespace {

// How near the size must be, relatively, before the strength is searched: further would cost quality with the trellis,
// and is beyond the reach of the dead zone.
constexpr double kNearTrellis = 0.04, kNearDeadZone = 0.015;
constexpr StrengthRange kStrengthRange{-2.0, 2.0};
constexpr StrengthRange kFillRange{-6.0, 9.0};  // from rounding alone to no AC, where sizes leap
// About so much of a picture, within bounds, is where the search begins.
constexpr double kSampledShare = 0.25, kLeastSample = 1 << 16, kMostSample = 1 << 17;
constexpr double kLeap = 0.01;   // width of a bracket of log steps in which the size leaps
constexpr double kStride = 0.1;  // of log steps, the first when nothing fitted
// Of a file's size, before zeros have been stuffed into any and after.
constexpr double kFirstDoubt = 0.01, kDoubt = 0.002, kDoubtfulBytes = 16;

int size_sample_pixels(const Geometry& g) {
  const double pixels = static_cast<double>(g.width) * g.height;
  return static_cast<int>(std::clamp(pixels * kSampledShare, kLeastSample, kMostSample));
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
  static constexpr int kStrengthTries = 4;
  static constexpr double kStrengthReach = 1.0;

  StepFormat(const Coefficients& coefficients, const Settings& settings, double max_bytes, bool keep_levels)
      : trials_(coefficients, settings),
        parts_(settings.mode_map.values.size()),
        max_bytes_(max_bytes),
        tolerance_(settings.tolerance),
        keep_levels_(keep_levels) {}

  Trials& trials() { return trials_; }
  int passes() const { return trials_.passes(); }
  size_t parts() const { return parts_; }

  double strength_slope() const { return strength_slope_; }
  void set_strength_slope(double slope) { strength_slope_ = slope; }
  void write_all() { writes_all_ = true; }

  // Writes no file that is too large or too small to end the search.
  Attempt attempt(double log_step, const Strength& strength) {
    step_ = static_cast<float>(std::exp(log_step));
    trials_.quantize_at(step_, strength);
    const double planned = trials_.plan(), estimate = planned * stuffing_;
    const double doubt = doubt_ + kDoubtfulBytes / max_bytes_;
    if (estimate > max_bytes_ * (1 + doubt)) return {std::log(estimate), {}};
    if (!writes_all_ && estimate < max_bytes_ * (1 - tolerance_ - doubt)) return {std::log(estimate), {}, true};
    std::vector<uint8_t> data = trials_.write();
    const double size = static_cast<double>(data.size());
    stuffing_ = size / planned;
    doubt_ = kDoubt;
    return {std::log(size), std::move(data)};
  }

  Encoding finish(std::vector<uint8_t> data, const Strength&) const {
    return encoding_of(trials_, std::move(data), step_, keep_levels_);
  }

 private:
  Trials trials_;
  const size_t parts_;  // cells
  const double max_bytes_, tolerance_;
  const bool keep_levels_;
  float step_ = 0;
  double strength_slope_ = kUsualStrengthSlope;
  bool writes_all_ = false;
  double doubt_ = kFirstDoubt;
  double stuffing_ = kStuffing;  // file size over planned size, of the last file written
};

// How many times as large as predicted the whole picture's file is at the step, a logarithm: by rounding alone where a
// trellis costs several times as much, by a first attempt where there is none.
double whole_over_sample(SizeSearch<StepFormat>& search, StepFormat& format, const Settings& settings, Sample& sample,
                         Prediction& prediction) {
  if (!uses_trellis(settings)) return search.attempt(prediction.log_step()) - prediction.log_size();
  const float step = static_cast<float>(std::exp(prediction.log_step()));
  return std::log(format.trials().guess_at(step) * sample.share() / sample.trials().guess_at(step));
}

// Steps until the size is near, or leaps past the budget; then strengths; more steps if they didn't do. strength: the
// first attempt's, a logarithm.
void search_steps(SizeSearch<StepFormat>& search, const Settings& settings, double log_step, double strength) {
  const double finest = std::log(finest_step(settings)), coarsest = std::log(kCoarsestStep);
  const double near = uses_trellis(settings) ? kNearTrellis : kNearDeadZone;
  const double fit = search.log_budget();
  Secant secant(fit, kStepSlope);
  Point p{std::clamp(log_step, finest, coarsest), 0};
  const double first = p.x;
  bool at_end = false;
  while (!search.finished() && !at_end) {
    const double tried = p.x == first ? strength : 0;
    p.size = search.attempt(p.x, tried);
    at_end = p.size <= fit ? p.x <= finest : p.x >= coarsest;
    if (at_end) break;
    const double next = secant.next(p);
    const bool leaps = secant.width() < kLeap;
    const Point& from = leaps ? secant.large() : p;
    // Below a step of 1 tables stay, and the step itself moves what the strength would, unless chroma's leap.
    if ((p.x > 0 && std::abs(p.size - fit) < near) || leaps)
      search.search_strength(from.x, {from.x == first ? strength : 0, from.size}, kStrengthRange);
    p.x = std::clamp(next, finest, coarsest);
  }
  search.write_all();
  search.settle_below(p.x, kStride, coarsest);
  if (!search.filled() && !at_end) search.fill(p.x, kStride, finest, coarsest, kFillRange);
}

// Predicts from a sample, corrects the prediction by the whole picture, and searches from there.
void search_from_sample(SizeSearch<StepFormat>& search, StepFormat& format, const Coefficients& coefficients,
                        const Settings& settings, double aim) {
  Sample sample(coefficients, settings, size_sample_pixels(coefficients.geometry));
  Prediction prediction(sample, settings, aim);
  prediction.estimate();
  prediction.settle();
  format.trials().learn_from(sample.trials());
  if (!sample.is_whole()) {
    sample.trials().stop_learning();
    prediction.correct(whole_over_sample(search, format, settings, sample, prediction));
    prediction.solve();
    format.set_strength_slope(prediction.strength_slope());
  }
  search_steps(search, settings, prediction.log_step(), prediction.log_strength());
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
    Sample sample(coefficients, settings, kSamplePixels);
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
  search_from_sample(search, format, coefficients, settings, bytes * (1 - settings.tolerance / 2));
  Encoding best = std::move(search.best());
  if (best.data.empty()) best = encode_at_step(coefficients, settings, kCoarsest, keep_levels);
  best.passes = format.passes();
  return best;
}

}  // namespace accelir::jpeg
