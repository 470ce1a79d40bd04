// The loop filter's levels.
#pragma once

#include <array>

#include "vp8_frame.h"
#include "vp8_loop_filter.h"
#include "vp8_writer.h"
#include "vp8_yuv.h"

namespace accelir::vp8 {

MacroblockFilter macroblock_filter(const Macroblock& macroblock, const FrameHeader& header);

// What fits a quantiser on average, times the strength, 0 to 63.
int usual_filter_level(int quantizer, float strength);

// By segment: the usual levels, scaled as leaves the smallest squared error, then times the strength.
std::array<int, 4> best_filter_levels(const YuvPlanes& picture, const Frame& frame, const FrameHeader& header,
                                      float strength);

}  // namespace accelir::vp8
