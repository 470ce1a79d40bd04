// The loop filter's levels.
#pragma once

#include "vp8/frame.h"
#include "vp8/loop_filter.h"
#include "vp8/planes.h"
#include "vp8/writer.h"

namespace accelir::vp8 {

MacroblockFilter macroblock_filter(const Macroblock& macroblock, const FrameHeader& header);

// What fits a quantiser on average, times the strength, 0 to 63.
int usual_filter_level(int quantizer, float strength);

// The strength, measured on a sample, at which the usual levels leave the smallest squared error.
float best_filter_strength(const YuvPlanes& picture, const Frame& frame, const FrameHeader& header);

}  // namespace accelir::vp8
