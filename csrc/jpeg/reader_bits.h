// Bits and Huffman symbols of a scan that is read (ITU-T T.81, F.2.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "jpeg/huffman.h"

namespace accelir::jpeg {

// A Huffman decoder. Codes of up to kShort bits, nearly all that occur, are found at once, longer ones by length
// (T.81, F.2.2.3).
struct HuffmanDecoder {
  static constexpr int kShort = 9;
  bool defined = false;
  std::vector<uint8_t> symbols;
  std::array<int32_t, 17> min_code{}, max_code{}, first{};
  std::array<uint8_t, 1 << kShort> length{}, symbol{};  // by the next bits; length 0: a longer code, or none

  HuffmanDecoder() = default;
  explicit HuffmanDecoder(const HuffmanTable& table) : defined(true), symbols(table.symbols) {
    int32_t code = 0, next = 0;
    for (int bits = 1; bits <= 16; ++bits, code <<= 1) {
      first[bits] = next;
      min_code[bits] = code;
      for (int i = 0; i < table.counts[bits]; ++i, ++code, ++next)
        if (bits <= kShort) add_short(code, bits, symbols[next]);
      max_code[bits] = code - 1;
    }
  }

 private:
  void add_short(int32_t code, int bits, uint8_t value) {
    for (int i = 0; i < 1 << (kShort - bits); ++i) {
      length[(code << (kShort - bits)) + i] = static_cast<uint8_t>(bits);
      symbol[(code << (kShort - bits)) + i] = value;
    }
  }
};

// The bits of one scan; stuffing is removed, a marker ends it.
class BitReader {
 public:
  BitReader(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  // n: 0 to 16.
  int bits(int n) {
    if (count_ < n) fill();
    const int value = static_cast<int>(value_ >> (count_ - n)) & ((1 << n) - 1);
    take(n);
    return value;
  }
  int bit() { return bits(1); }
  int symbol(const HuffmanDecoder& d) {
    if (count_ < 16) fill();
    const size_t next = value_ >> (count_ - HuffmanDecoder::kShort) & ((1 << HuffmanDecoder::kShort) - 1);
    if (d.length[next]) {
      take(d.length[next]);
      return d.symbol[next];
    }
    for (int length = HuffmanDecoder::kShort + 1; length <= 16; ++length) {
      const int code = static_cast<int>(value_ >> (count_ - length)) & ((1 << length) - 1);
      if (code > d.max_code[length] || code < d.min_code[length]) continue;
      take(length);
      return d.symbols[d.first[length] + code - d.min_code[length]];
    }
    take(16);
    throw std::invalid_argument("damaged JPEG: a Huffman code that no table has");
  }
  // A symbol whose low four bits say how many bits of a number follow; they are passed over.
  int symbol_and_number(const HuffmanDecoder& d) {
    if (count_ < 32) fill();
    const size_t next = value_ >> (count_ - HuffmanDecoder::kShort) & ((1 << HuffmanDecoder::kShort) - 1);
    const int length = d.length[next], found = d.symbol[next];
    if (length) {
      take(length + (found & 15));
      return found;
    }
    const int longer = symbol(d);
    skip_few(longer & 15);
    return longer;
  }
  // A signed number of so many bits (T.81, F.2.2.1).
  int extend(int size) {
    if (!size) return 0;
    const int value = bits(size);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }
  // Passes over n bits.
  void skip(size_t n) {
    for (; n > 16; n -= 16) skip_few(16);
    skip_few(static_cast<int>(n));
  }
  // Goes to the marker behind the data and returns how many bytes of padding, zeros, were passed over. Anything else
  // that is left says that the data were read wrongly.
  size_t finish() {
    const int whole = (count_ - padding_) / 8;
    size_t passed = static_cast<size_t>(whole);
    if (whole && value_ << (64 - padding_ - 8 * whole) != 0) leftover();
    if (!padding_)
      for (; !at_marker(); ++passed, ++at_)
        if (data_[at_]) leftover();
    value_ = 0;
    count_ = padding_ = 0;
    return passed;
  }
  // Bytes up to the marker where `finish` went.
  size_t consumed() const { return at_; }
  // Passes over the restart marker with this number, 0 to 7, where `finish` went.
  void restart(int number) {
    while (at_ + 1 < size_ && data_[at_] == 0xFF && data_[at_ + 1] == 0xFF) ++at_;
    if (at_ + 1 >= size_ || data_[at_] != 0xFF || data_[at_ + 1] != 0xD0 + number)
      throw std::invalid_argument("damaged JPEG: a restart marker is missing or out of order");
    at_ += 2;
  }

 private:
  bool at_marker() const { return at_ >= size_ || (data_[at_] == 0xFF && (at_ + 1 >= size_ || data_[at_ + 1] != 0)); }
  void skip_few(int n) {
    if (count_ < n) fill();
    take(n);
  }
  void fill() {
    if (count_ < 32 && fill_plain()) return;
    for (; count_ <= 56; count_ += 8) {
      value_ <<= 8;
      if (at_marker()) {
        padding_ += 8;
        continue;
      }
      value_ |= data_[at_];
      at_ += data_[at_] == 0xFF ? 2 : 1;
    }
  }
  // Four bytes at once where none of them is 0xFF, as nearly everywhere.
  bool fill_plain() {
    if (at_ + 4 > size_) return false;
    const uint32_t next = uint32_t{data_[at_]} << 24 | uint32_t{data_[at_ + 1]} << 16 | uint32_t{data_[at_ + 2]} << 8 |
                          uint32_t{data_[at_ + 3]};
    if ((~next - 0x01010101u) & next & 0x80808080u) return false;
    value_ = value_ << 32 | next;
    count_ += 32;
    at_ += 4;
    return true;
  }
  void take(int n) {
    count_ -= n;
    if (count_ < padding_) throw std::invalid_argument("damaged JPEG: a scan ends early");
  }
  [[noreturn]] static void leftover() {
    throw std::invalid_argument("damaged JPEG: a scan goes on behind its last block");
  }

  const uint8_t* data_;
  size_t size_, at_ = 0;
  uint64_t value_ = 0;           // its lowest count_ bits are still to be read
  int count_ = 0, padding_ = 0;  // of these, the last padding_ are no part of the data
};

}  // namespace accelir::jpeg
