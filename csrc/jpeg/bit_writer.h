// The bit stream of a scan: most significant bit first, a zero byte stuffed after every 0xFF (ITU-T T.81, F.1.2.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "common/simd.h"

namespace accelir::jpeg {

// Bits of one block of at most kMost bytes, packed where it may write. Whether one more byte is full can't be foreseen:
// it is packed without a branch, and the caller keeps this in registers.
struct PackedBits {
  static constexpr size_t kMost = 64 * 4;

  uint8_t* next;         // the byte to come
  uint64_t pending = 0;  // its lowest `count` bits are in no whole byte
  int count = 0;         // below 8 between calls

  // length <= 32; bits above it are zero.
  ACCELIR_INLINE void put(uint32_t bits, int length) {
    pending = pending << length | bits;
    count += length;
    store_from_highest(pending << 1 << (63 - count));
    next += count >> 3;
    count &= 7;
  }

 private:
  ACCELIR_INLINE void store_from_highest(uint64_t value) {
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    // GCC 12 makes vector code of the loop, which is slow.
    value = __builtin_bswap64(value);
    std::memcpy(next, &value, sizeof value);
#else
    for (int i = 0; i < 8; ++i) next[i] = static_cast<uint8_t>(value >> (56 - 8 * i));
#endif
  }
};

// Packs a few blocks, and stuffs zeros into all of them at once.
class BitWriter {
 public:
  explicit BitWriter(std::vector<uint8_t>& out) : out_(out), bits_{packed_.data()} {}
  BitWriter(const BitWriter&) = delete;
  BitWriter& operator=(const BitWriter&) = delete;

  PackedBits begin_block() const { return bits_; }
  void end_block(const PackedBits& bits) {
    bits_ = bits;
    keep_room();
  }

  // length <= 32; bits above it are zero.
  void put(uint32_t bits, int length) {
    bits_.put(bits, length);
    keep_room();
  }

  // Pads the last byte with ones; all that was put is in the vector then.
  void align() {
    const int spare = -bits_.count & 7;
    put((1u << spare) - 1, spare);
    drain();
  }

  void restart_marker(int index) {
    align();
    out_.push_back(0xFF);
    out_.push_back(static_cast<uint8_t>(0xD0 + (index & 7)));
  }

 private:
  static constexpr size_t kRoom = 2048;

  void keep_room() {
    if (bits_.next > packed_.data() + kRoom) drain();
  }

  void drain() {
    const uint8_t *from = packed_.data(), *const end = bits_.next;
    while (const void* found = std::memchr(from, 0xFF, static_cast<size_t>(end - from))) {
      const auto* behind = static_cast<const uint8_t*>(found) + 1;
      out_.insert(out_.end(), from, behind);
      out_.push_back(0);
      from = behind;
    }
    out_.insert(out_.end(), from, end);
    bits_.next = packed_.data();
  }

  std::vector<uint8_t>& out_;
  std::array<uint8_t, kRoom + PackedBits::kMost + sizeof(uint64_t)> packed_{};  // whole bytes, not yet in out_
  PackedBits bits_;
};

}  // namespace accelir::jpeg
