// Reads the levels back from a Huffman-coded JPEG of 8 bits: baseline, extended sequential and progressive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "jpeg/levels.h"

namespace accelir::jpeg {

struct ReadPicture {
  bool progressive = false;
  std::vector<std::vector<uint16_t>> tables;  // per component, zigzag
  Levels levels;
};

// Throws std::invalid_argument that says what was wrong and where. Memory is bounded by the picture's size, which must
// not be above max_pixels.
ReadPicture read_jpeg(const uint8_t* data, size_t size, uint64_t max_pixels);

}  // namespace accelir::jpeg
