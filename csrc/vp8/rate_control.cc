#include "vp8/rate_control.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "common/size_search.h"
#include "vp8/activity.h"
#include "vp8/sample.h"

namespace accelir::vp8 {
namespace {

constexpr double kNear = 0.08;          // how near the size must be, relatively, before the strength is searched
constexpr double kNearToPace = 0.25;    // the same of a sample, before a paced frame
constexpr double kNearToRepeat = 0.5;   // the same of a frame, before one that is paced by its rows
constexpr double kNearToFinest = 0.45;  // the same where the finest quantiser is too coarse: strengths do so much there
constexpr double kPacedAtFinest = -3.0;  // of log strength there, at least: below it sizes hardly grow
constexpr double kStrengthRange = 1.5;   // of log strength, either way
constexpr double kNoStrength = -8.0, kAllStrength = 12.0;  // of log strength where no quantiser is finer or coarser
constexpr int kQuantizerTries = 5, kNeighbours = 2;
constexpr int kLeastPacedRows = 24;                    // of macroblocks
constexpr int kStripes = 24, kStripesOfKnown = 8;      // of a frame that is led to the size
constexpr int kPacedTries = 3;                         // at a frame that is led to the size
constexpr int kEndTries = 10;                          // at coding the end of the picture anew
constexpr double kUnevenness = 0.04;                   // by how much in log size the end may be coded differently
constexpr double kLeastEnd = 0.05;                     // share of the picture's levels
constexpr double kLanding = 0.4;                       // of the tolerance, how near to its middle a paced frame ends
constexpr double kFlattest = -0.1, kSteepest = -0.5;   // bounds of log size over log strength as measured there
constexpr int kSampleTries = 3;                        // passes over the sample until it is near
constexpr int kLeastThinning = 4, kMostThinning = 24;  // of the sample
constexpr int kUsual = 25;                             // quantiser index at which a photograph's macroblock
constexpr double kUsualBytes = 25.6;                   // takes so many bytes
constexpr double kBytesOfActivity = 0.55;  // a photograph's; 10 % more at fine quantisers, less at coarse ones
constexpr double kDoubt = 0.002;           // of a foreseen size: files are up to 0.06 % smaller
constexpr int kFillStride = 4;             // of quantiser indices

double log_step(int index) { return std::log(luma_step(index)); }

// The index whose step's logarithm comes nearest.
int index_near(double x) {
  int best = 0;
  for (int i = 1; i <= kCoarsest; ++i)
    if (std::abs(log_step(i) - x) < std::abs(log_step(best) - x)) best = i;
  return best;
}

StrengthRange strengths_at(int base) {
  return {base == 0 ? kNoStrength : -kStrengthRange, base == kCoarsest ? kAllStrength : kStrengthRange};
}

// Of log size over log step; medians of 13 training pictures between neighbouring rates of 0.15 to 2.7 bits a pixel.
double step_slope(int base) { return -0.68 - 0.0085 * std::min(base, 60); }

// Of log size over log strength: steeper the more of the levels are small.
double strength_slope(int base) { return -0.14 - 0.004 * std::min(base, 50); }

// The present frame of a trial.
Encoding encoding_of(const Trials& trials, std::vector<uint8_t> data, bool keep_reconstruction) {
  Encoding out;
  out.data = std::move(data);
  out.header = trials.header();
  if (keep_reconstruction) out.reconstruction = filtered(trials.frame(), out.header);
  return out;
}

// VP8's side of the size search (size_search.h). Positions are indices of the base quantiser.
class QuantizerFormat {
 public:
  using Position = int;
  using File = Encoding;
  static constexpr int kStrengthTries = 6;
  static constexpr double kStrengthReach = 1.1;

  QuantizerFormat(const YuvPlanes& picture, const Settings& settings, double max_bytes, bool keep_reconstruction)
      : picture_(picture),
        settings_(settings),
        trials_(picture, settings),
        max_bytes_(max_bytes),
        keep_reconstruction_(keep_reconstruction) {}

  Trials& trials() { return trials_; }
  int passes() const { return trials_.passes(); }
  int rows() const { return picture_.mb_y; }  // of macroblocks
  size_t parts() const { return static_cast<size_t>(picture_.mb_x) * picture_.mb_y; }

  double strength_slope() const { return vp8::strength_slope(base_); }
  void write_all() {}  // as every attempt does

  int base() const { return base_; }  // of the last attempt

  // Of the picture's rows of macroblocks.
  std::vector<double> activities(int base) const { return row_activities(picture_, settings_, luma_step(base)); }

  // Writes no file that is too large.
  Attempt attempt(int base, const Strength& strength) {
    base_ = base;
    const double foreseen = trials_.measure(base, strength);
    if (foreseen > max_bytes_ * (1 + kDoubt)) return {std::log(foreseen), {}};
    return attempt_of(trials_.write_measured(strength));
  }

  // The last attempt with about this share of its levels, the end of the picture, coded anew.
  Attempt attempt_end(double share, float strength) {
    return attempt_of(trials_.attempt_end(row_before(share), strength));
  }

  // Led to the size while it is coded.
  Attempt attempt_paced(int base, Pace& pace, double bytes) {
    base_ = base;
    return attempt_of(trials_.attempt_paced(base, pace, bytes, kLanding * settings_.tolerance * bytes));
  }

  Encoding finish(std::vector<uint8_t> data, const Strength& strength) const {
    Encoding out = encoding_of(trials_, std::move(data), keep_reconstruction_);
    out.strength = strength.rest;
    return out;
  }

 private:
  // A frame that can't be written is too large, who knows by how much.
  Attempt attempt_of(WrittenFrame written) const {
    const double size =
        written.data.empty() ? std::log(max_bytes_) + 1.0 : std::log(static_cast<double>(written.data.size()));
    return {size, std::move(written.data)};
  }

  // The row of macroblocks from which on about this share of the levels stands.
  int row_before(double share) const {
    const Frame& frame = trials_.frame();
    const size_t mb_x = static_cast<size_t>(frame.reconstruction.mb_x);
    std::vector<double> behind(static_cast<size_t>(frame.reconstruction.mb_y) + 1, 0.0);  // levels, from a row on
    for (size_t row = behind.size() - 1; row-- > 0;) {
      behind[row] = behind[row + 1] + 1;
      for (size_t i = row * mb_x; i < (row + 1) * mb_x; ++i)
        behind[row] += std::accumulate(std::begin(frame.macroblocks[i].end), std::end(frame.macroblocks[i].end), 0.0);
    }
    const auto enough = [&](double levels) { return levels >= share * behind[0]; };
    return static_cast<int>(behind.rend() - std::find_if(behind.rbegin(), behind.rend(), enough)) - 1;
  }

  const YuvPlanes& picture_;
  const Settings& settings_;
  Trials trials_;
  const double max_bytes_;
  const bool keep_reconstruction_;
  int base_ = kCoarsest;
};

using FrameSearch = SizeSearch<QuantizerFormat>;

// Codes the end of the picture with another strength, as much of it as moves the size to where it should be. A pass
// over everything moves it by chance too, by some tenths of a percent, since every macroblock is predicted from others;
// the less is coded anew, the less. known: the last attempt's strength and size.
void correct_end(FrameSearch& search, QuantizerFormat& format, int base, Point known) {
  double slope = format.strength_slope();
  for (int tries = 0; tries < kEndTries && !search.finished(); ++tries) {
    const double missing = search.aim() - known.size;
    const double share = std::clamp(std::abs(missing) / kUnevenness, kLeastEnd, 1.0);
    const double x = strengths_at(base).clamp(known.x + missing / (share * slope));
    if (x == known.x) return;
    const float strength = static_cast<float>(std::exp(x));
    const double size = search.keep(format.attempt_end(share, strength), base, {strength, strength, 0});
    slope = std::clamp((size - known.size) / (share * (x - known.x)), kSteepest, kFlattest);
    known = {x, size};
  }
}

// The strength at a quantiser that gave the size; where that leaves a gap, as it may with small pictures, at its
// neighbours too.
void search_near(FrameSearch& search, QuantizerFormat& format, int base, double size) {
  if (std::abs(size - search.aim()) < kNear) correct_end(search, format, base, {0, size});
  if (!search.finished()) search.search_strength_afresh(base, size, strengths_at(base));
  if (base == 0 && size <= search.log_budget()) return;
  for (int distance = 1; distance <= kNeighbours; ++distance)
    for (int index : {base + distance, base - distance}) {
      if (search.finished() || search.close() || index < 0 || index > kCoarsest) continue;
      search.search_strength(index, {0, search.attempt(index)}, strengths_at(index));
    }
  search.settle_below(base, 1, kCoarsest);
}

// A quantiser, and the log of the size that the picture's frame should have there.
struct Start {
  int base;
  double size;
};

// A frame that is led to the size while it is coded; at another quantiser, if the size was out of reach. rows: what
// each takes, in proportion.
void search_paced(FrameSearch& search, QuantizerFormat& format, Start start, const std::vector<double>& rows,
                  int stripes) {
  const double slope = strength_slope(start.base), aim = search.aim();
  for (int tries = 0; tries < kPacedTries && !search.finished(); ++tries) {
    const bool finest = start.base == 0 && start.size < aim;
    if (std::abs(start.size - aim) > (finest ? kNearToFinest : kNearToPace)) return;  // no quantiser comes near
    Pace pace(rows, std::exp(start.size), stripes, slope, finest ? kPacedAtFinest : -Pace::kReach);
    const Attempt attempt = format.attempt_paced(start.base, pace, std::exp(aim));
    const double x = pace.mean_strength();
    const float strength = static_cast<float>(std::exp(x));
    const double came = search.keep(attempt, start.base, {strength, strength, 0}), size = came - slope * x;
    const int base = index_near(log_step(start.base) + (aim - size) / step_slope(start.base));
    if (std::abs(came - aim) < kUnevenness) correct_end(search, format, start.base, {x, came});
    if (base == start.base) return;
    start = {base, size + step_slope(base) * (log_step(base) - log_step(start.base))};
  }
}

// Quantisers until the size is near, then strengths; the neighbouring quantiser if they didn't do. By then it is known
// what rows take, so that a frame can be led to the size without being seen.
void search_quantizers(FrameSearch& search, QuantizerFormat& format, int base) {
  const double fit = search.log_budget();
  double slope = step_slope(base);
  std::optional<Point> last;
  for (int tries = 0; tries < kQuantizerTries && !search.finished(); ++tries) {
    const Point p{log_step(base), search.attempt(base)};
    format.trials().learn();
    if (last && last->x != p.x) slope = std::clamp((p.size - last->size) / (p.x - last->x), -3.0, -0.4);
    last = p;
    const int next = index_near(p.x + (fit - p.size) / slope);
    if (std::abs(p.size - fit) < kNearToRepeat && format.rows() >= kLeastPacedRows) {
      search_paced(search, format, {next, p.size + slope * (log_step(next) - p.x)}, format.trials().row_bytes(),
                   kStripesOfKnown);
      if (search.finished()) return;
    }
    const bool at_end = next == base || (p.size < fit ? base == 0 : base == kCoarsest);
    if (at_end || std::abs(p.size - fit) < kNear) return search_near(search, format, base, p.size);
    base = next;
  }
  if (!search.finished() && last) return search_near(search, format, index_near(last->x), last->size);
  search.settle_below(base, 1, kCoarsest);
}

// Rounding alone can't make levels fewer than the coarsest quantiser leaves: trellises can. What low efforts leave out
// is tried too.
void fill(FrameSearch& search, QuantizerFormat& format) {
  format.trials().make_thorough();
  search.fill(format.base(), kFillStride, 0, kCoarsest, {kNoStrength, kAllStrength});
}

// Fewer rows than stripes can't be led anywhere without being seen.
bool paces(const YuvPlanes& picture, const Settings& settings) {
  return settings.paced && picture.mb_y >= kLeastPacedRows;
}

// Macroblocks of the sample: a quarter of a small picture, at least so many, a part of a large one. A paced frame makes
// up for what less of them say wrongly.
int size_sample(int macroblocks, bool paced) {
  if (paced) return kPacedMacroblocks;
  return std::max(
      {kLearnMacroblocks, std::min(macroblocks / kLeastThinning, kSizeMacroblocks), macroblocks / kMostThinning});
}

// The finest quantiser at which a picture's frame isn't too large, by its activity.
int first_quantizer(const YuvPlanes& picture, const Settings& settings, double bytes) {
  const auto too_large = [&](int base) {
    const std::vector<double> rows = row_activities(picture, settings, luma_step(base));
    return std::accumulate(rows.begin(), rows.end(), 0.0) * kBytesOfActivity > bytes;
  };
  int low = 0, high = kCoarsest;
  while (low < high) {
    const int middle = (low + high) / 2;
    if (too_large(middle))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// The first quantiser, its step's logarithm, by what photographs take.
double usual_start(const YuvPlanes& picture, double bytes) {
  const double macroblocks = static_cast<double>(picture.mb_x) * picture.mb_y;
  return log_step(kUsual) + std::log(bytes / (kUsualBytes * macroblocks)) / step_slope(kUsual);
}

// Passes over a sample, moving the quantiser to where the whole picture's frame should have the size.
Start settle_to_size(Sample& sample, const YuvPlanes& picture, const Settings& settings, double bytes) {
  const bool paced = paces(picture, settings);
  const double aim = std::log(bytes), rows = static_cast<double>(sample.picture().mb_y) / picture.mb_y;
  const double near = paced ? kNearToPace : kNear;
  const int least = paced ? std::min(settings.loops, 1) : settings.loops;
  const int most = least > 0 ? std::max(least, kSampleTries) : 0;
  Secant secant(aim, step_slope(kUsual));
  double x = paced ? log_step(first_quantizer(sample.picture(), sample.settings(), bytes * rows))
                   : usual_start(picture, bytes);
  Point last{x, aim};
  for (int i = 0; i < most && (i < least || std::abs(last.size - aim) >= near); ++i) {
    const int base = index_near(x);
    const double share = paced ? sample.share(row_activities(picture, settings, luma_step(base))) : rows;
    last = {log_step(base), std::log(sample.trials().measure(base, {}, share))};
    sample.trials().learn();
    x = paced ? last.x + (aim - last.size) / step_slope(base) : secant.next(last);
    if (paced && index_near(x) == base) break;  // no quantiser is nearer
  }
  if (most > 0) sample.trials().choose_filter();
  const int base = index_near(x);
  return {base, last.size + step_slope(base) * (log_step(base) - last.x)};
}

// Where even the finest quantiser should be too coarse whatever the strength: rounding alone there. If that fits,
// nothing is larger.
void try_finest(FrameSearch& search, Start start) {
  if (start.base > 0 || start.size > search.aim() - kNearToFinest) return;
  if (search.attempt(start.base, kNoStrength) <= search.log_budget()) search.exhaust();
}

// The frame that takes the fewest bytes; without data, but with its size, where that is above max_bytes.
Encoding smallest_frame(const YuvPlanes& picture, const Settings& settings, size_t max_bytes,
                        bool keep_reconstruction) {
  constexpr float kBitsAlone = 1e12f;  // a Lagrangian beside which no distortion counts
  Settings coarse = settings;
  coarse.lambda = kBitsAlone;
  coarse.octaves.reset();
  make_thorough(coarse.search);
  Encoding out = encode_at_quantizer(picture, coarse, kCoarsest, keep_reconstruction);
  out.smallest = out.data.size();
  if (out.smallest > max_bytes) out.data.clear();
  return out;
}

}  // namespace

Encoding encode_at_quantizer(const YuvPlanes& picture, const Settings& settings, int base, bool keep_reconstruction) {
  Trials trials(picture, settings);
  {
    Sample sample(picture, settings, kLearnMacroblocks);
    sample.settle(base);
    trials.learn_from(sample.trials());
  }
  trials.attempt(base, {});
  trials.choose_filter();
  std::vector<uint8_t> data = trials.write().data;
  if (data.empty()) throw std::length_error("a frame of this quantiser is too large for VP8's partitions");
  Encoding out = encoding_of(trials, std::move(data), keep_reconstruction);
  out.passes = trials.passes();
  return out;
}

Encoding encode_to_size(const YuvPlanes& picture, const Settings& settings, size_t max_bytes,
                        bool keep_reconstruction) {
  constexpr size_t kMostHeaders = 256, kMostPerMacroblock = 1;
  const double bytes = static_cast<double>(max_bytes);
  QuantizerFormat format(picture, settings, bytes, keep_reconstruction);
  if (max_bytes < kMostHeaders + kMostPerMacroblock * format.parts()) {
    Encoding smallest = smallest_frame(picture, settings, max_bytes, keep_reconstruction);
    if (smallest.smallest >= max_bytes) return smallest;
  }
  FrameSearch search(format, {bytes, settings.passes, settings.tolerance});
  {
    Sample sample(picture, settings, size_sample(static_cast<int>(format.parts()), paces(picture, settings)));
    const Start start = settle_to_size(sample, picture, settings, bytes);
    format.trials().learn_from(sample.trials());
    if (paces(picture, settings)) search_paced(search, format, start, format.activities(start.base), kStripes);
    if (!search.finished()) try_finest(search, start);
    if (!search.finished()) search_quantizers(search, format, start.base);
    if (!search.filled()) fill(search, format);
  }
  Encoding best = std::move(search.best());
  if (best.data.empty()) best = smallest_frame(picture, settings, max_bytes, keep_reconstruction);
  best.passes = format.passes();
  return best;
}

}  // namespace accelir::vp8
