#include "vp8/filter_choice.h"

#include <algorithm>
#include <cmath>

#include "vp8/bands.h"
#include "vp8/loop_filter.h"
#include "vp8/quantizer.h"

namespace accelir::vp8 {
namespace {

constexpr float kLevelPerStep = 0.7f;  // the measured levels' median on photographs
constexpr int kThinMacroblocks = 512;  // levels are measured on about this many
constexpr int kStepsAnOctave = 2;      // in which levels are tried
constexpr int kLeast = -5, kMost = 4;  // of these steps from the usual level; below the least the filter is off

// About as many macroblocks of the frame as needed, before the filter and as they should be.
class FilterSample {
 public:
  FilterSample(const YuvPlanes& picture, const Frame& frame) {
    const int mb_x = picture.mb_x, n = std::max(1, mb_x * picture.mb_y / kThinMacroblocks);
    const std::vector<Band> taken = bands(picture.mb_y, n);
    picture_ = thin(picture, taken);
    reconstruction_ = thin(frame.reconstruction, taken);
    for (const Band& band : taken)
      for (int i = band.first * mb_x; i < (band.first + band.rows) * mb_x; ++i)
        macroblocks_.push_back(&frame.macroblocks[i]);
  }

  // The squared error that is left by the levels.
  double error(const FrameHeader& header) const {
    YuvPlanes shown = reconstruction_;
    std::vector<MacroblockFilter> filters;
    for (const Macroblock* mb : macroblocks_) filters.push_back(macroblock_filter(*mb, header));
    loop_filter(shown, filters, header.filter, header.sharpness);
    return squared_error(shown.y, picture_.y) + squared_error(shown.u, picture_.u) + squared_error(shown.v, picture_.v);
  }

 private:
  static double squared_error(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
    int64_t sum = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      const int d = a[i] - b[i];
      sum += d * d;
    }
    return static_cast<double>(sum);
  }

  YuvPlanes picture_, reconstruction_;
  std::vector<const Macroblock*> macroblocks_;
};

void set_levels(FrameHeader& header, float strength) {
  for (int s = 0; s < 4; ++s) header.filter_level[s] = usual_filter_level(header.quantizer[s], strength);
}

float strength_of(int step) { return step < kLeast ? 0.0f : std::exp2(static_cast<float>(step) / kStepsAnOctave); }

}  // namespace

int usual_filter_level(int quantizer, float strength) {
  return std::clamp(static_cast<int>(std::lround(kLevelPerStep * luma_step(quantizer) * strength)), 0, 63);
}

MacroblockFilter macroblock_filter(const Macroblock& mb, const FrameHeader& header) {
  return {static_cast<uint8_t>(header.filter_level[mb.segment]), mb.coded || !mb.has_y2()};
}

float best_filter_strength(const YuvPlanes& picture, const Frame& frame, const FrameHeader& header) {
  const FilterSample sample(picture, frame);
  FrameHeader h = header;
  const auto error_at = [&](int step) {
    set_levels(h, strength_of(step));
    return sample.error(h);
  };
  // Downhill from the usual level, in the direction that pays.
  int best = 0;
  double least = error_at(0);
  for (int direction : {1, -1}) {
    for (int step = best + direction; step >= kLeast - 1 && step <= kMost; step += direction) {
      const double error = error_at(step);
      if (error >= least) break;
      least = error;
      best = step;
    }
    if (best != 0) break;
  }
  return strength_of(best);
}

}  // namespace accelir::vp8
