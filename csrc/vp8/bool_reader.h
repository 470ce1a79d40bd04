// The boolean entropy decoder (RFC 6386, section 7.3).
#pragma once

#include <cstddef>
#include <cstdint>

#include "vp8/tree.h"

namespace accelir::vp8 {

// Behind the end of its data there are zeros.
class BoolReader {
 public:
  BoolReader() = default;
  BoolReader(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  // probability: of a 0, in 1/256.
  bool get(int probability) {
    if (bits_ < 8) load();
    const uint32_t split = 1 + (((range_ - 1) * static_cast<uint32_t>(probability)) >> 8);
    const uint64_t threshold = static_cast<uint64_t>(split) << (bits_ - 8);
    const bool bit = value_ >= threshold;
    value_ -= bit ? threshold : 0;
    range_ = bit ? range_ - split : split;
    const int shift = __builtin_clz(range_) - 24;
    range_ <<= shift;
    bits_ -= shift;
    taken_ += static_cast<size_t>(shift);
    return bit;
  }
  uint32_t literal(int bits) {
    uint32_t value = 0;
    while (bits-- > 0) value = value << 1 | get(128);
    return value;
  }
  // A flag, and if it is set a magnitude and a sign.
  int optional_signed(int bits) {
    if (!get(128)) return 0;
    const int magnitude = static_cast<int>(literal(bits));
    return get(128) ? -magnitude : magnitude;
  }
  // A leaf of a tree whose nodes have these probabilities, from the given node on.
  template <size_t N>
  int leaf(const TreeNode (&tree)[N], const uint8_t* probabilities, int node = 0) {
    do node = tree[node][get(probabilities[node])];
    while (node > 0);
    return ~node;
  }

  // Bits that what was read took.
  size_t taken() const { return taken_; }
  // Whether more was read than there is.
  bool overrun() const { return taken_ > 8 * size_; }

 private:
  void load() {
    for (; bits_ <= 48; bits_ += 8) value_ = value_ << 8 | (at_ < size_ ? data_[at_] : 0), ++at_;
  }

  const uint8_t* data_ = nullptr;
  size_t size_ = 0, at_ = 0, taken_ = 0;
  uint64_t value_ = 0;  // its lowest bits_ bits; below range_ shifted up to them
  uint32_t range_ = 255;
  int bits_ = 0;
};

}  // namespace accelir::vp8
