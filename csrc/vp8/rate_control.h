// From a quantiser or a byte budget to a finished VP8 frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "vp8/trial.h"

namespace accelir::vp8 {

struct Encoding {
  std::vector<uint8_t> data;  // empty: not even the smallest frame fits
  FrameHeader header;
  YuvPlanes reconstruction;  // as decoders show it; only if asked for
  float strength = 1.0f;     // of the Lagrangian
  int passes = 0;            // over the whole picture
  size_t smallest = 0;       // bytes of the coarsest frame, when the budget came near it
};

// Throws std::length_error if no frame of this quantiser fits the format's fields.
Encoding encode_at_quantizer(const YuvPlanes& picture, const Settings& settings, int base, bool keep_reconstruction);

// The largest frame found that is not above max_bytes; within tolerance of it unless the finest frame is smaller.
Encoding encode_to_size(const YuvPlanes& picture, const Settings& settings, size_t max_bytes, bool keep_reconstruction);

}  // namespace accelir::vp8
