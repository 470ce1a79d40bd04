#include "vp8/rate_control.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "common/size_search.h"
#include "vp8/sample.h"

namespace accelir::vp8 {
namespace {

constexpr double kStepSlope = -1.1;     // of log size over log step
constexpr double kNear = 0.08;          // how near the size must be, relatively, before the strength is searched
constexpr double kStrengthRange = 1.5;  // of log strength, either way
constexpr double kNoStrength = -8.0, kAllStrength = 12.0;  // of log strength where no quantiser is finer or coarser
constexpr int kQuantizerTries = 5, kNeighbours = 2;
constexpr int kFillStride = 4;  // of quantiser indices

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
      : trials_(picture, settings),
        parts_(static_cast<size_t>(picture.mb_x) * picture.mb_y),
        max_bytes_(max_bytes),
        keep_reconstruction_(keep_reconstruction) {}

  Trials& trials() { return trials_; }
  int passes() const { return trials_.passes(); }
  size_t parts() const { return parts_; }

  double strength_slope() const { return -0.2; }
  void write_all() {}  // as every attempt does

  int base() const { return base_; }  // of the last attempt

  Attempt attempt(int base, const Strength& strength) {
    base_ = base;
    WrittenFrame written = trials_.attempt(base, strength);
    // A frame that can't be written is too large, who knows by how much.
    const double size =
        written.data.empty() ? std::log(max_bytes_) + 1.0 : std::log(static_cast<double>(written.data.size()));
    return {size, std::move(written.data)};
  }

  Encoding finish(std::vector<uint8_t> data, const Strength& strength) const {
    Encoding out = encoding_of(trials_, std::move(data), keep_reconstruction_);
    out.strength = strength.rest;
    return out;
  }

 private:
  Trials trials_;
  const size_t parts_;  // macroblocks
  const double max_bytes_;
  const bool keep_reconstruction_;
  int base_ = kCoarsest;
};

using FrameSearch = SizeSearch<QuantizerFormat>;

// The strength at a quantiser that gave the size; where that leaves a gap, as it may with small pictures, at its
// neighbours too.
void search_near(FrameSearch& search, int base, double size) {
  search.search_strength_afresh(base, size, strengths_at(base));
  if (base == 0 && size <= search.log_budget()) return;
  for (int distance = 1; distance <= kNeighbours; ++distance)
    for (int index : {base + distance, base - distance}) {
      if (search.finished() || search.close() || index < 0 || index > kCoarsest) continue;
      search.search_strength(index, {0, search.attempt(index)}, strengths_at(index));
    }
  search.settle_below(base, 1, kCoarsest);
}

// Quantisers until the size is near, then strengths; the neighbouring quantiser if they didn't do.
void search_quantizers(FrameSearch& search, Trials& trials, int base) {
  const double fit = search.log_budget();
  double slope = kStepSlope;
  std::optional<Point> last;
  for (int tries = 0; tries < kQuantizerTries && !search.finished(); ++tries) {
    const Point p{log_step(base), search.attempt(base)};
    trials.learn();
    if (last && last->x != p.x) slope = std::clamp((p.size - last->size) / (p.x - last->x), -3.0, -0.4);
    last = p;
    const int next = index_near(p.x + (fit - p.size) / slope);
    const bool at_end = next == base || (p.size < fit ? base == 0 : base == kCoarsest);
    if (at_end || std::abs(p.size - fit) < kNear) return search_near(search, base, p.size);
    base = next;
  }
  if (!search.finished() && last) return search_near(search, index_near(last->x), last->size);
  search.settle_below(base, 1, kCoarsest);
}

// Rounding alone, as low efforts have it, can't make levels fewer than the coarsest quantiser leaves: trellises can.
void fill(FrameSearch& search, QuantizerFormat& format) {
  format.trials().use_trellises();
  search.fill(format.base(), kFillStride, 0, kCoarsest, {kNoStrength, kAllStrength});
}

// Passes over a sample, moving the quantiser to where the whole picture's frame should have the size.
int settle_to_size(Sample& sample, const Settings& settings, double bytes) {
  Secant secant(std::log(bytes * sample.share()), kStepSlope);
  double x = log_step(40);
  for (int i = 0; i < settings.loops; ++i) {
    const int base = index_near(x);
    const WrittenFrame written = sample.trials().attempt(base, {});
    sample.trials().learn();
    if (written.data.empty()) return base;
    x = secant.next({log_step(base), std::log(static_cast<double>(written.data.size()))});
  }
  if (settings.loops > 0) sample.trials().choose_filter();
  return index_near(x);
}

// The frame that takes the fewest bytes; without data, but with its size, where that is above max_bytes.
Encoding smallest_frame(const YuvPlanes& picture, const Settings& settings, size_t max_bytes,
                        bool keep_reconstruction) {
  constexpr float kBitsAlone = 1e12f;  // a Lagrangian beside which no distortion counts
  Settings coarse = settings;
  coarse.lambda = kBitsAlone;
  coarse.octaves.reset();
  with_trellises(coarse.search);
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
    Sample sample(picture, settings, kSizeMacroblocks);
    const int base = settle_to_size(sample, settings, bytes);
    format.trials().learn_from(sample.trials());
    search_quantizers(search, format.trials(), base);
    if (!search.filled()) fill(search, format);
  }
  Encoding best = std::move(search.best());
  if (best.data.empty()) best = smallest_frame(picture, settings, max_bytes, keep_reconstruction);
  best.passes = format.passes();
  return best;
}

}  // namespace accelir::vp8
