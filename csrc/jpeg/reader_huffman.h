// Blocks of a Huffman-coded scan (ITU-T T.81, F.2.2 and G.2).
#pragma once

#include <array>

#include "jpeg/reader_bits.h"
#include "jpeg/reader_scan.h"

namespace accelir::jpeg {

using HuffmanTables = std::array<std::array<HuffmanDecoder, 4>, 2>;  // DC, AC

class HuffmanScan {
 public:
  HuffmanScan(const ScanHeader& h, const HuffmanTables& tables, const uint8_t* data, size_t size)
      : h_(h), tables_(tables), in_(data, size), band_(band_mask(h)) {}

  size_t pass(ReadComponent& c, size_t index, size_t most) {
    if (!run_) return 0;
    size_t n = std::min(run_, most);
    if (h_.high)
      for (size_t i = 0; i < n; ++i) {
        const uint64_t old = c.nonzero[index + i] & band_;
        if (old) correct_rest(c, index + i, old);
      }
    run_ -= n;
    return n;
  }
  void block(size_t i, ReadComponent& c, size_t index) {
    int16_t* to = c.block(index);
    if (h_.first == 0) read_dc(i, to);
    if (!h_.progressive) {
      const HuffmanDecoder& d = table(1, h_.ac[i]);
      to ? read_ac(d, to) : pass_ac(d);
    } else if (h_.first) {
      h_.high ? refine(table(1, h_.ac[i]), c, index) : read_first(table(1, h_.ac[i]), c, index);
    }
  }
  void restart(int number) {
    padding_ += in_.finish();
    in_.restart(number);
    previous_.fill(0);
    run_ = 0;
  }
  void finish() { padding_ += in_.finish(); }
  size_t consumed() const { return in_.consumed(); }
  size_t padding() const { return padding_; }

 private:
  const HuffmanDecoder& table(int of, int id) const {
    const HuffmanDecoder& d = tables_[static_cast<size_t>(of)][static_cast<size_t>(id)];
    if (!d.defined) throw std::invalid_argument("damaged JPEG: a scan names a Huffman table that was not sent");
    return d;
  }

  void read_dc(size_t i, int16_t* to) {
    if (h_.high) {
      const int bit = in_.bit();
      if (to) to[0] = static_cast<int16_t>(to[0] | bit << h_.low);
      return;
    }
    const int size = in_.symbol(table(0, h_.dc[i]));
    if (size > 11) throw std::invalid_argument("damaged JPEG: a DC difference of more than 11 bits");
    previous_[i] += in_.extend(size);
    if (previous_[i] < -32768 || previous_[i] > 32767)
      throw std::invalid_argument("damaged JPEG: a DC level out of range");
    put(to, 0, previous_[i] * (1 << h_.low));
  }

  void read_ac(const HuffmanDecoder& d, int16_t* to) {
    for (int k = 1; k < 64; ++k) {
      const int symbol = in_.symbol(d), size = symbol & 15;
      if (!size && symbol != 0xF0) return;
      k += symbol >> 4;
      if (!size) continue;
      require_place(h_, k);
      put(to, k, in_.extend(size));
    }
  }

  // The same where the levels aren't kept.
  void pass_ac(const HuffmanDecoder& d) {
    for (int k = 1; k < 64; ++k) {
      const int symbol = in_.symbol_and_number(d);
      if (!(symbol & 15) && symbol != 0xF0) return;
      k += symbol >> 4;
      if (symbol & 15) require_place(h_, k);
    }
  }

  void read_first(const HuffmanDecoder& d, ReadComponent& c, size_t index) {
    for (int k = h_.first; k <= h_.last; ++k) {
      const int symbol = in_.symbol(d), run = symbol >> 4, size = symbol & 15;
      if (!size && run < 15) {
        run_ = (size_t{1} << run) - 1 + static_cast<size_t>(in_.bits(run));
        return;
      }
      k += run;
      if (!size) continue;
      require_place(h_, k);
      c.nonzero[index] |= uint64_t{1} << k;
      put(c.block(index), k, in_.extend(size) * (1 << h_.low));
    }
  }

  void correct_rest(ReadComponent& c, size_t index, uint64_t old) {
    if (!c.values) return in_.skip(static_cast<size_t>(__builtin_popcountll(old)));
    for (; old; old &= old - 1)
      if (in_.bit()) correct(c.block(index), __builtin_ctzll(old), h_.low);
  }

  // Places from..to-1, to at most 64.
  static uint64_t span(int from, int to) { return (~uint64_t{0} << from) & (~uint64_t{0} >> (64 - to)); }

  // From place k on, where `run` places without a level were passed and the next one is; behind the band if none is.
  int place_behind(int k, int run, uint64_t old) const {
    uint64_t free = ~old & band_ & (~uint64_t{0} << k);
    for (; run && free; --run) free &= free - 1;
    return free ? __builtin_ctzll(free) : h_.last + 1;
  }

  void refine(const HuffmanDecoder& d, ReadComponent& c, size_t index) {
    const uint64_t old = c.nonzero[index];
    for (int k = h_.first; k <= h_.last; ++k) {
      const int symbol = in_.symbol(d);
      const int run = symbol >> 4;
      int fresh = 0;
      if ((symbol & 15) > 1) throw std::invalid_argument("damaged JPEG: a refinement of more than one bit");
      if (symbol & 15) {
        fresh = in_.bit() ? 1 << h_.low : -(1 << h_.low);
      } else if (run < 15) {
        run_ = (size_t{1} << run) - 1 + static_cast<size_t>(in_.bits(run));
        return correct_rest(c, index, old & band_ & (~uint64_t{0} << k));
      }
      const int end = place_behind(k, run, old);
      correct_rest(c, index, old & span(k, end));
      k = end;
      if (!fresh) continue;
      require_place(h_, k);
      c.nonzero[index] |= uint64_t{1} << k;
      put(c.block(index), k, fresh);
    }
  }

  const ScanHeader& h_;
  const HuffmanTables& tables_;
  BitReader in_;
  const uint64_t band_;
  std::array<int, 4> previous_{};
  size_t run_ = 0;  // blocks to come of an end-of-band run
  size_t padding_ = 0;
};

}  // namespace accelir::jpeg
