// Blocks of an arithmetic-coded scan (ITU-T T.81, F.2.4 and G.2): which bin each decision has.
#pragma once

#include <array>

#include "jpeg/reader_arithmetic.h"
#include "jpeg/reader_scan.h"

namespace accelir::jpeg {

// What DAC segments set (B.2.4.3).
struct Conditioning {
  std::array<int, 4> lower{}, upper{1, 1, 1, 1};  // L and U of the DC tables
  std::array<int, 4> low_places{5, 5, 5, 5};      // Kx of the AC tables
};

class ArithmeticScan {
 public:
  // most_decisions: that the scan may take.
  ArithmeticScan(const ScanHeader& h, const Conditioning& conditioning, const uint8_t* data, size_t size,
                 uint64_t most_decisions)
      : h_(h), conditioning_(conditioning), in_(data, size), most_(most_decisions) {}

  size_t pass(ReadComponent&, size_t, size_t) { return 0; }
  void block(size_t i, ReadComponent& c, size_t index) {
    int16_t* to = c.block(index);
    if (h_.first == 0) read_dc(i, to);
    if (!h_.progressive || h_.first) h_.high ? refine(h_.ac[i], c, index) : read_ac(h_.ac[i], c, index);
    if (in_.decisions() > most_)
      throw std::invalid_argument("a JPEG whose arithmetic-coded data take more work than files of its size may");
  }
  void restart(int number) {
    finish();
    in_.restart(number);
    previous_.fill(0);
    context_.fill(0);
    dc_ = {};
    ac_ = {};
  }
  void finish() { in_.finish(h_.first || !h_.high); }
  size_t consumed() const { return in_.consumed(); }
  size_t padding() const { return 0; }
  uint64_t decisions() const { return in_.decisions(); }

 private:
  using DcBins = std::array<Bin, 64>;
  using AcBins = std::array<Bin, 256>;

  // Bins of a magnitude's number of bits, from `bin` on (figure F.23); it ends at the last one's. Returns the highest
  // bit, `least` or more.
  int highest_bit(Bin*& bin, int least) {
    int bit = least;
    for (; in_.decide(*bin); ++bin)
      if ((bit <<= 1) == 0x8000) throw std::invalid_argument("damaged JPEG: a level out of range");
    return bit;
  }
  // The bits below the highest (figure F.24), and one more: magnitudes are coded less 1.
  int magnitude(Bin* bin, int highest) {
    int value = highest;
    for (int bit = highest >> 1; bit; bit >>= 1)
      if (in_.decide(bin[14])) value |= bit;
    return value + 1;
  }

  void read_dc(size_t i, int16_t* to) {
    if (h_.high) {
      const int bit = in_.decide_evenly();
      if (to) to[0] = static_cast<int16_t>(to[0] | bit << h_.low);
      return;
    }
    previous_[i] += difference(i);
    if (previous_[i] < -32768 || previous_[i] > 32767)
      throw std::invalid_argument("damaged JPEG: a DC level out of range");
    put(to, 0, previous_[i] * (1 << h_.low));
  }

  // F.2.4.1. The context says how large the difference before was: 0 none, 4 and 8 small, 12 and 16 large.
  int difference(size_t i) {
    const size_t table = static_cast<size_t>(h_.dc[i]);
    Bin* bins = dc_[table].data();
    Bin* bin = bins + context_[i];
    if (!in_.decide(*bin)) {
      context_[i] = 0;
      return 0;
    }
    const int negative = in_.decide(bin[1]);
    bin += 2 + negative;
    int highest = in_.decide(*bin);
    if (highest) {
      bin = bins + 20;
      highest = highest_bit(bin, 1);
    }
    const bool none = highest < (1 << conditioning_.lower[table]) >> 1;
    const bool large = highest > (1 << conditioning_.upper[table]) >> 1;
    context_[i] = none ? 0 : (large ? 12 : 4) + 4 * negative;
    const int value = magnitude(bin, highest);
    return negative ? -value : value;
  }

  // F.2.4.2, and G.2's first scan of a band.
  void read_ac(int table, ReadComponent& c, size_t index) {
    Bin* bins = ac_[static_cast<size_t>(table)].data();
    for (int k = std::max(h_.first, 1); k <= h_.last; ++k) {
      if (in_.decide(bins[3 * (k - 1)])) return;
      for (; !in_.decide(bins[3 * (k - 1) + 1]); require_place(h_, k)) ++k;
      const bool negative = in_.decide_evenly();
      Bin* bin = bins + 3 * (k - 1) + 2;
      int highest = in_.decide(*bin);
      if (highest && in_.decide(*bin)) {
        bin = bins + (k <= conditioning_.low_places[static_cast<size_t>(table)] ? 189 : 217);
        highest = highest_bit(bin, 2);
      }
      const int value = magnitude(bin, highest) * (1 << h_.low);
      if (h_.progressive) c.nonzero[index] |= uint64_t{1} << k;
      put(c.block(index), k, negative ? -value : value);
    }
  }

  // G.2: a place behind the last level that was not 0 may be the end.
  void refine(int table, ReadComponent& c, size_t index) {
    Bin* bins = ac_[static_cast<size_t>(table)].data();
    const uint64_t old = c.nonzero[index];
    const uint64_t within = old & (~uint64_t{0} >> (63 - h_.last));
    const int end = within ? 63 - __builtin_clzll(within) : 0;
    for (int k = h_.first; k <= h_.last; ++k) {
      if (k > end && in_.decide(bins[3 * (k - 1)])) return;
      for (;; require_place(h_, ++k)) {
        Bin* bin = bins + 3 * (k - 1);
        if (old >> k & 1) {
          if (in_.decide(bin[2])) correct(c.block(index), k, h_.low);
          break;
        }
        if (in_.decide(bin[1])) {
          c.nonzero[index] |= uint64_t{1} << k;
          put(c.block(index), k, in_.decide_evenly() ? -(1 << h_.low) : 1 << h_.low);
          break;
        }
      }
    }
  }

  const ScanHeader& h_;
  const Conditioning& conditioning_;
  ArithmeticDecoder in_;
  const uint64_t most_;
  std::array<DcBins, 4> dc_{};
  std::array<AcBins, 4> ac_{};
  std::array<int, 4> previous_{}, context_{};
};

}  // namespace accelir::jpeg
