// The loop filter of RFC 6386, section 15, on a whole reconstructed key frame, bit for bit as decoders apply it.
#pragma once

#include <cstdint>
#include <vector>

#include "vp8/planes.h"

namespace accelir::vp8 {

enum class LoopFilter { kSimple, kNormal };  // simple: luma only

// What a macroblock brings to it; levels after segment and delta adjustments.
struct MacroblockFilter {
  uint8_t level = 0;        // 0 (off) to 63
  bool inner_edges = true;  // false: no coefficients, and not predicted in 4x4 blocks
};

// In place. macroblocks: mb_x * mb_y in raster order. sharpness: 0 to 7.
void loop_filter(YuvPlanes& frame, const std::vector<MacroblockFilter>& macroblocks, LoopFilter kind, int sharpness);

}  // namespace accelir::vp8
