// Binary arithmetic decoding (ITU-T T.81, annex D).
#pragma once

#include <cstddef>
#include <cstdint>

namespace accelir::jpeg {

// How likely a decision is, learnt from those before it: a row of table D.3, and the likelier outcome.
struct Bin {
  uint8_t row = 0, likely = 0;
};

class ArithmeticDecoder {
 public:
  ArithmeticDecoder(const uint8_t* data, size_t size) : data_(data), size_(size) { start(); }

  bool decide(Bin& bin) {
    ++decisions_;
    return decode(bin);
  }
  // A decision that is as likely as not, and stays so.
  bool decide_evenly() {
    Bin even;
    return decide(even);
  }
  // Goes to the marker behind the data. Throws std::invalid_argument where the data go on behind the last decision, and
  // where they ended long before it. predictable: false where zeros of any number may have been left out at the end,
  // because decisions are bare bits.
  void finish(bool predictable);
  // Passes over the restart marker with this number, 0 to 7, where `finish` went.
  void restart(int number);
  // Bytes up to the marker where `finish` went.
  size_t consumed() const { return at_; }
  uint64_t decisions() const { return decisions_; }

 private:
  void start();
  bool decode(Bin& bin);
  bool at_marker() const { return at_ >= size_ || (data_[at_] == 0xFF && (at_ + 1 >= size_ || data_[at_ + 1] != 0)); }
  uint32_t byte();

  const uint8_t* data_;
  size_t size_, at_ = 0;
  uint32_t interval_ = 0, code_ = 0;  // A and C; C's upper half is compared with A
  int shifts_left_ = 0;
  uint64_t decisions_ = 0;
  uint64_t behind_ = 0, end_ = 0;  // bytes asked for behind the end; decisions when it was met
};

}  // namespace accelir::jpeg
