#include "vp8/rate_control.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "common/secant.h"
#include "vp8/sample.h"

namespace accelir::vp8 {
namespace {

// Sizes are estimated on about this many macroblocks, probabilities for a given quantiser learnt on fewer.
constexpr int kSizeMacroblocks = 512, kLearnMacroblocks = 256;
constexpr double kStepSlope = -1.1, kStrengthSlope = -0.2;  // of log size over log step and over log strength
constexpr double kNear = 0.08;          // how near the size must be, relatively, before the strength is searched
constexpr double kStrengthRange = 1.5;  // of log strength, either way
constexpr double kNoStrength = -8.0, kAllStrength = 12.0;  // of log strength where no quantiser is finer or coarser
constexpr int kStrengthTries = 6, kSplitTries = 8, kQuantizerTries = 5, kNeighbours = 2;

double log_step(int index) { return std::log(luma_step(index)); }

// The index whose step's logarithm comes nearest.
int index_near(double x) {
  int best = 0;
  for (int i = 1; i <= kCoarsest; ++i)
    if (std::abs(log_step(i) - x) < std::abs(log_step(best) - x)) best = i;
  return best;
}

// A picture and its demand, thinned for estimates. Small pictures are taken whole.
class Sample {
 public:
  Sample(const YuvPlanes& picture, const Demand& demand, const Settings& settings, int macroblocks) {
    const int n = picture.mb_x * picture.mb_y / macroblocks;
    if (n > 1) thinned_ = thin(picture, demand, n);
    trials_.emplace(n > 1 ? thinned_.picture : picture, n > 1 ? thinned_.demand : demand, settings);
  }
  Trials& trials() { return *trials_; }
  double share() const { return thinned_.share; }

 private:
  ThinnedPicture thinned_;
  std::optional<Trials> trials_;
};

// Tries one frame after the other; keeps the largest that fits.
class SizeSearch {
 public:
  SizeSearch(const YuvPlanes& picture, const Demand& demand, const Settings& settings, size_t max_bytes,
             bool keep_reconstruction)
      : settings_(settings),
        macroblocks_(demand.octaves.size()),
        max_bytes_(static_cast<double>(max_bytes)),
        keep_reconstruction_(keep_reconstruction),
        trials_(picture, demand, settings) {}

  Trials& trials() { return trials_; }
  Encoding& best() { return best_; }

  // -> the log of the frame's size.
  double attempt(int base, const Strength& strength) {
    WrittenFrame written = trials_.attempt(base, strength);
    if (written.data.empty()) return std::log(max_bytes_) + 1.0;
    const double size = static_cast<double>(written.data.size());
    if (size <= max_bytes_ && size > static_cast<double>(best_.data.size())) {
      best_.data = std::move(written.data);
      best_.header = trials_.header();
      best_.strength = strength.rest;
      if (keep_reconstruction_) best_.reconstruction = filtered(trials_.frame(), best_.header);
    }
    return std::log(size);
  }

  // Quantisers until the size is near, then strengths; the neighbouring quantiser if they didn't do.
  void run(int base) {
    const double fit = std::log(max_bytes_);
    double slope = kStepSlope;
    std::optional<Point> last;
    for (int tries = 0; tries < kQuantizerTries && !finished(); ++tries) {
      const Point p{log_step(base), attempt(base, {})};
      trials_.learn();
      if (last && last->x != p.x) slope = std::clamp((p.size - last->size) / (p.x - last->x), -3.0, -0.4);
      last = p;
      const int next = index_near(p.x + (fit - p.size) / slope);
      const bool at_end = next == base || (p.size < fit ? base == 0 : base == kCoarsest);
      if (at_end || std::abs(p.size - fit) < kNear) {
        return search_near(base, p.size);
      }
      base = next;
    }
    if (!finished() && last) return search_near(index_near(last->x), last->size);
    settle_below(base);
  }

 private:
  // The strength at a quantiser; where that leaves a gap, as it may with small pictures, at its neighbours too.
  void search_near(int base, double size) {
    search_strength(base, size, true);
    if (base == 0 && size <= std::log(max_bytes_)) return;
    for (int distance = 1; distance <= kNeighbours; ++distance)
      for (int index : {base + distance, base - distance}) {
        if (finished() || index < 0 || index > kCoarsest) continue;
        search_strength(index, attempt(index, {}));
      }
    settle_below(base);
  }

  // Coarser quantisers until a frame fits.
  void settle_below(int base) {
    for (int more = 1; best_.data.empty() && base < kCoarsest; more *= 2)
      attempt(base = std::min(base + more, kCoarsest), {});
  }

  bool finished() const {
    return trials_.passes() >= settings_.passes ||
           static_cast<double>(best_.data.size()) >= max_bytes_ * (1 - settings_.tolerance);
  }

  // At one quantiser the strength, on which the size depends smoothly. A stale size is from before the last learning,
  // which may have moved it to the other side of the aim: it gives the first step, but no end of a bracket.
  void search_strength(int base, double size, bool stale = false) {
    const double aim = std::log(max_bytes_ * (1 - settings_.tolerance / 2));
    const double low = base == 0 ? kNoStrength : -kStrengthRange;
    const double high = base == kCoarsest ? kAllStrength : kStrengthRange;
    Secant secant(aim, kStrengthSlope);
    Point p{0, size};
    for (int tries = 0; tries < kStrengthTries && !finished(); ++tries) {
      const double x = std::clamp(tries == 0 && stale ? (aim - size) / kStrengthSlope : secant.next(p), low, high);
      if (x == p.x && !(tries == 0 && stale)) return;
      p.x = x;
      const float strength = static_cast<float>(std::exp(x));
      p.size = attempt(base, {strength, strength, 0});
    }
    secant.next(p);
    if (!finished() && secant.bracketed()) search_split(base, aim, secant.large(), secant.small());
  }

  // Between two strengths of which one is too large and one isn't: how many macroblocks get which.
  void search_split(int base, double aim, const Point& large, const Point& small) {
    Secant secant(aim, {0, large.size}, {1, small.size});
    Point p = small.size > aim ? Point{0, large.size} : Point{1, small.size};
    for (int tries = 0; tries < kSplitTries && !finished(); ++tries) {
      p.x = std::clamp(secant.next(p), 0.0, 1.0);
      const size_t split = static_cast<size_t>(std::lround(p.x * static_cast<double>(macroblocks_)));
      p.size = attempt(base, {static_cast<float>(std::exp(small.x)), static_cast<float>(std::exp(large.x)), split});
    }
  }

  const Settings& settings_;
  const size_t macroblocks_;
  const double max_bytes_;
  const bool keep_reconstruction_;
  Trials trials_;
  Encoding best_;
};

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
Encoding smallest_frame(const YuvPlanes& picture, const Demand& demand, const Settings& settings, size_t max_bytes,
                        bool keep_reconstruction) {
  constexpr float kBitsAlone = 1e12f;  // a Lagrangian beside which no distortion counts
  Settings coarse = settings;
  coarse.rdo = kBitsAlone;
  Encoding out = encode_at_quantizer(picture, demand, coarse, kCoarsest, keep_reconstruction);
  out.smallest = out.data.size();
  if (out.smallest > max_bytes) out.data.clear();
  return out;
}

}  // namespace

Encoding encode_at_quantizer(const YuvPlanes& picture, const Demand& demand, const Settings& settings, int base,
                             bool keep_reconstruction) {
  Trials trials(picture, demand, settings);
  {
    Sample sample(picture, demand, settings, kLearnMacroblocks);
    for (int i = 0; i < settings.loops; ++i) {
      sample.trials().attempt(base, {});
      sample.trials().learn();
    }
    trials.learn_from(sample.trials());
  }
  trials.attempt(base, {});
  trials.choose_filter();
  Encoding out;
  out.data = trials.write().data;
  if (out.data.empty()) throw std::length_error("a frame of this quantiser is too large for VP8's partitions");
  out.header = trials.header();
  if (keep_reconstruction) out.reconstruction = filtered(trials.frame(), out.header);
  out.passes = trials.passes();
  return out;
}

Encoding encode_to_size(const YuvPlanes& picture, const Demand& demand, const Settings& settings, size_t max_bytes,
                        bool keep_reconstruction) {
  constexpr size_t kMostHeaders = 256, kMostPerMacroblock = 1;
  if (max_bytes < kMostHeaders + kMostPerMacroblock * demand.octaves.size()) {
    Encoding smallest = smallest_frame(picture, demand, settings, max_bytes, keep_reconstruction);
    if (smallest.smallest >= max_bytes) return smallest;
  }
  SizeSearch search(picture, demand, settings, max_bytes, keep_reconstruction);
  {
    Sample sample(picture, demand, settings, kSizeMacroblocks);
    const int base = settle_to_size(sample, settings, static_cast<double>(max_bytes));
    search.trials().learn_from(sample.trials());
    search.run(base);
  }
  Encoding best = std::move(search.best());
  if (best.data.empty()) best = smallest_frame(picture, demand, settings, max_bytes, keep_reconstruction);
  best.passes = search.trials().passes();
  return best;
}

}  // namespace accelir::vp8
