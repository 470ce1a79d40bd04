// Entropy coding of scans: levels -> Huffman symbols, to any sink.
//
// A sink counts symbols or writes them:
//   symbol(slot, symbol, extra, extra_bits)   a Huffman symbol of table slot `slot` and the bits that follow it
//   bits(value, length)                       bare bits
//   corrections(corrections)                  a bit for each coefficient that was nonzero before (refinement scans)
//   restart(index)                            a restart marker
//   begin_block() and end_block(block)        what takes the symbols of a block, or of its band, and gives them to the
//   sink
// Slots: 0, 1 are DC tables (luma, chroma), 2, 3 are AC tables.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "jpeg/bit_writer.h"
#include "jpeg/end_of_band.h"
#include "jpeg/huffman.h"
#include "jpeg/levels.h"

namespace accelir::jpeg {

constexpr int kSlots = 4;

// A scan header (T.81, B.2.3). Sequential: first = 0, last = 63. Progressive: one spectral band, its bits from `low` up
// (high = 0) or the single bit `low` (high = low + 1).
struct Scan {
  std::vector<int> components;
  int first = 0, last = 63, high = 0, low = 0;
};

struct ScanCount {
  std::array<Histogram, kSlots> histogram{};
  uint64_t extra_bits = 0;
  uint64_t markers = 0;

  void symbol(int slot, int symbol, uint32_t, int extra_bits_of_symbol) {
    ++histogram[slot][symbol];
    extra_bits += extra_bits_of_symbol;
  }
  // A block's extra bits are added up apart: the histograms are written to, which the sum might be part of.
  struct Block {
    std::array<Histogram, kSlots>& histogram;
    uint64_t extra_bits = 0;

    ACCELIR_INLINE void symbol(int slot, int symbol, uint32_t, int extra_bits_of_symbol) {
      ++histogram[slot][symbol];
      extra_bits += extra_bits_of_symbol;
    }
  };
  Block begin_block() { return {histogram}; }
  void end_block(const Block& block) { extra_bits += block.extra_bits; }
  void bits(uint32_t, int length) { extra_bits += length; }
  void corrections(const Corrections& c) { extra_bits += __builtin_popcountll(c.places); }
  void restart(int) { ++markers; }

  ScanCount& operator+=(const ScanCount& other);
};

class ScanEmitter {
  struct Code {
    uint16_t bits, length;
    ACCELIR_INLINE uint32_t with(uint32_t extra, int extra_bits) const {
      return static_cast<uint32_t>(bits) << extra_bits | extra;
    }
  };
  using Codes = std::array<std::array<Code, 256>, kSlots>;

 public:
  // What a sequential block is written to.
  class Block {
   public:
    Block(const Codes& codes, const PackedBits& packed) : codes_(codes), packed_(packed) {}
    ACCELIR_INLINE void symbol(int slot, int symbol, uint32_t extra, int extra_bits) {
      const Code& code = codes_[slot][symbol];
      packed_.put(code.with(extra, extra_bits), code.length + extra_bits);
    }
    const PackedBits& packed() const { return packed_; }

   private:
    const Codes& codes_;
    PackedBits packed_;
  };

  ScanEmitter(std::vector<uint8_t>& out, const std::array<HuffmanTable, kSlots>& tables) : writer_(out) {
    for (int slot = 0; slot < kSlots; ++slot)
      for (size_t i = 0; i < codes_[slot].size(); ++i) codes_[slot][i] = {tables[slot].code[i], tables[slot].length[i]};
  }
  Block begin_block() const { return {codes_, writer_.begin_block()}; }
  void end_block(const Block& block) { writer_.end_block(block.packed()); }
  void symbol(int slot, int symbol, uint32_t extra, int extra_bits) {
    const Code& code = codes_[slot][symbol];
    writer_.put(code.with(extra, extra_bits), code.length + extra_bits);
  }
  void bits(uint32_t value, int length) { writer_.put(value, length); }
  void corrections(const Corrections& c) {
    for (uint64_t m = c.places; m; m &= m - 1) writer_.put(c.ones >> __builtin_ctzll(m) & 1, 1);
  }
  void restart(int index) { writer_.restart_marker(index); }
  void finish() { writer_.align(); }

 private:
  BitWriter writer_;
  Codes codes_;
};

// restart_interval in MCUs, 0: none. For a sequential file `progressive` is false and the scan covers 0..63.
ScanCount count_scan(const Levels& levels, const Scan& scan, bool progressive, int restart_interval, int threads = 1);
void code_scan(const Levels& levels, const Scan& scan, bool progressive, int restart_interval, ScanEmitter& sink);

}  // namespace accelir::jpeg
