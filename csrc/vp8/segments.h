// A VP8 frame has at most four quantisers: the weighted one-dimensional clustering of the ones that are wanted.
#pragma once

#include <array>
#include <cstdint>

#include "vp8/quantizer.h"

namespace accelir::vp8 {

constexpr int kMaxSegments = 4;

struct Segments {
  int count = 0;                                  // 1 to kMaxSegments
  std::array<uint8_t, kMaxSegments> quantizer{};  // ascending; those beyond count repeat the last
  std::array<uint8_t, kQuantizers> segment_of{};  // of every index, also those without weight: the nearest
};

// The segments with the smallest sum of weight * (index - its segment's quantiser)^2, exactly, quantisers being whole
// numbers; as few of them as reach that sum. weights: 0 or more, finite, not all 0. most: 1 to kMaxSegments.
Segments cluster_quantizers(const std::array<double, kQuantizers>& weights, int most);

}  // namespace accelir::vp8
