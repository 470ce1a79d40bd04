// Reads from a VP8 key frame how its bits and quantisers are spread, without decoding the picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace accelir::vp8 {

struct ReadFrame {
  int mb_x = 0, mb_y = 0;
  // Of each macroblock, in raster order.
  std::vector<float> bits;         // modes and levels
  std::vector<uint8_t> quantizer;  // its segment's index, 0 to 127
};

// data: what a "VP8 " chunk holds. Throws std::invalid_argument for what is no key frame, and for one that ends early.
ReadFrame read_frame(const uint8_t* data, size_t size);

}  // namespace accelir::vp8
