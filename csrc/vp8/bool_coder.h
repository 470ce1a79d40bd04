// The boolean entropy coder (RFC 6386, section 7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/simd.h"
#include "vp8/tree.h"

namespace accelir::vp8 {

class BoolCoder {
 public:
  // What the bits so far leave of the file's number. A copy of it stays in registers where many bits follow.
  struct Interval {
    uint64_t low = 0;  // the 8 bits that `range` has and `pending` above, and one for a carry
    uint32_t range = 255;
    int pending = 0;
  };
  Interval begin_block() const { return interval_; }
  void end_block(const Interval& interval) { interval_ = interval; }

  // probability: of a 0, in 1/256.
  ACCELIR_INLINE void put(bool bit, int probability, Interval& i) {
    const uint32_t split = 1 + (((i.range - 1) * static_cast<uint32_t>(probability)) >> 8);
    i.low += bit ? split : 0;
    i.range = bit ? i.range - split : split;
    const int shift = __builtin_clz(i.range) - 24;
    i.range <<= shift;
    i.low <<= shift;
    i.pending += shift;
    if (i.pending >= kBatch) i = without_batch(i);
  }
  // A leaf of a tree whose nodes have these probabilities, from the given step of its path on.
  ACCELIR_INLINE void put_path(const Path& path, const uint8_t* probabilities, int start, Interval& i) {
    for (int step = start; step < path.length; ++step) put(path.bit[step], probabilities[path.node[step]], i);
  }

  void put(bool bit, int probability) { put(bit, probability, interval_); }
  void put_path(const Path& path, const uint8_t* probabilities) { put_path(path, probabilities, 0, interval_); }
  void put_literal(uint32_t value, int bits) {
    while (bits-- > 0) put(value >> bits & 1, 128);
  }
  // A flag, and if it is set a magnitude and a sign.
  void put_optional_signed(int value, int bits);

  // Bytes that finish() would give now.
  size_t size() const { return data_.size() + static_cast<size_t>(bytes_held()); }
  std::vector<uint8_t> finish();

 private:
  static constexpr int kBatch = 32;  // bits that leave at once

  int bytes_held() const { return (8 + interval_.pending + 7) / 8; }
  // Writes a batch of an interval's bits -> what is left of it.
  Interval without_batch(Interval interval);
  void carry();

  std::vector<uint8_t> data_;
  Interval interval_;
};

}  // namespace accelir::vp8
