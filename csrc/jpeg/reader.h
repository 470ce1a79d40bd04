// Reads the levels back from a DCT-coded JPEG of 8 bits: sequential and progressive, by Huffman or arithmetic codes.
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
// not be above max_pixels. Gray and three components at 4:4:4, 4:2:2 and 4:2:0.
ReadPicture read_jpeg(const uint8_t* data, size_t size, uint64_t max_pixels);

// Throws where a file is damaged, as read_jpeg does, but keeps no levels and takes 1 to 4 components of any sampling.
// Memory: 8 bytes a block of a progressive file. Returns the bytes of padding behind the scans' data.
size_t check_jpeg(const uint8_t* data, size_t size, uint64_t max_pixels);

}  // namespace accelir::jpeg
