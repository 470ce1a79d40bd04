// The bit stream of a scan: most significant bit first, a zero byte stuffed after every 0xFF (ITU-T T.81, F.1.2.3).
#pragma once

#include <cstdint>
#include <vector>

namespace accelir::jpeg {

class BitWriter {
 public:
  explicit BitWriter(std::vector<uint8_t>& out) : out_(out) {}

  // length <= 32; bits above it are zero.
  void put(uint32_t bits, int length) {
    pending_ = pending_ << length | bits;
    count_ += length;
    if (count_ >= 32) flush_word();
  }

  // Pads the last byte with ones.
  void align() {
    if (const int spare = -count_ & 7) put((1u << spare) - 1, spare);
    for (; count_ > 0; count_ -= 8) put_byte(static_cast<uint8_t>(pending_ >> (count_ - 8)));
    pending_ = 0;
  }

  void restart_marker(int index) {
    align();
    out_.push_back(0xFF);
    out_.push_back(static_cast<uint8_t>(0xD0 + (index & 7)));
  }

 private:
  void flush_word() {
    count_ -= 32;
    const uint32_t word = static_cast<uint32_t>(pending_ >> count_);
    const bool has_ff = ((~word - 0x01010101u) & word & 0x80808080u) != 0;
    const uint8_t bytes[4] = {static_cast<uint8_t>(word >> 24), static_cast<uint8_t>(word >> 16),
                              static_cast<uint8_t>(word >> 8), static_cast<uint8_t>(word)};
    if (!has_ff)
      out_.insert(out_.end(), bytes, bytes + 4);
    else
      for (uint8_t byte : bytes) put_byte(byte);
  }

  void put_byte(uint8_t byte) {
    out_.push_back(byte);
    if (byte == 0xFF) out_.push_back(0);
  }

  std::vector<uint8_t>& out_;
  uint64_t pending_ = 0;
  int count_ = 0;  // bits of pending_ not yet written, below 32 between calls
};

}  // namespace accelir::jpeg
