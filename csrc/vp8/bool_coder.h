// The boolean entropy coder (RFC 6386, section 7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "vp8/tree.h"

namespace accelir::vp8 {

class BoolCoder {
 public:
  // probability: of a 0, in 1/256.
  void put(bool bit, int probability) {
    const uint32_t split = 1 + (((range_ - 1) * static_cast<uint32_t>(probability)) >> 8);
    low_ += bit ? split : 0;
    range_ = bit ? range_ - split : split;
    const int shift = __builtin_clz(range_) - 24;
    range_ <<= shift;
    low_ <<= shift;
    pending_ += shift;
    if (pending_ >= kBatch) flush_batch();
  }
  void put_literal(uint32_t value, int bits) {
    while (bits-- > 0) put(value >> bits & 1, 128);
  }
  // A flag, and if it is set a magnitude and a sign.
  void put_optional_signed(int value, int bits);
  // A leaf of a tree whose nodes have these probabilities, from the given step of its path on.
  void put_path(const Path& path, const uint8_t* probabilities, int start = 0) {
    for (int i = start; i < path.length; ++i) put(path.bit[i], probabilities[path.node[i]]);
  }

  // Bytes that finish() would give now.
  size_t size() const { return data_.size() + static_cast<size_t>(bytes_held()); }
  std::vector<uint8_t> finish();

 private:
  static constexpr int kBatch = 32;  // bits that leave at once

  int bytes_held() const { return (8 + pending_ + 7) / 8; }
  void flush_batch();
  void carry();

  std::vector<uint8_t> data_;
  uint64_t low_ = 0;  // of the interval: the 8 bits that range_ has and pending_ above, and one for a carry
  uint32_t range_ = 255;
  int pending_ = 0;
};

}  // namespace accelir::vp8
