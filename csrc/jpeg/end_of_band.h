// The end-of-band run of a progressive scan's AC (ITU-T T.81, G.1.2.2), to any sink of scan.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "jpeg/block_coder.h"

namespace accelir::jpeg {

// The next bits of a block's older nonzeros, sent in the order of their places.
struct Corrections {
  uint64_t places = 0;
  uint64_t ones = 0;  // places whose bit is 1; others than `places` don't count
};

// With the correction bits that refinement scans owe to blocks inside the run.
template <class Sink>
class EndOfBand {
 public:
  // begins: whether no blocks come before; else the run that the first blocks belong to is left open.
  EndOfBand(int slot, Sink& sink, bool begins = true) : slot_(slot), sink_(sink), leads_(!begins) {}
  void add_blocks(size_t n) {
    if (leads_) {
      leading_ += n;
      return;
    }
    for (; n > 0;) {
      const uint32_t taken = static_cast<uint32_t>(std::min<size_t>(n, kLongest - run_));
      n -= taken;
      if ((run_ += taken) == kLongest) flush();
    }
  }
  void add_block(const Corrections& corrections) {
    if (corrections.places && leads_) sink_.corrections(corrections);
    if (corrections.places && !leads_) owed_.push_back(corrections);
    add_blocks(1);
  }
  void flush() {
    leads_ = false;
    if (!run_) return;
    const int size = bit_length(run_) - 1;
    sink_.symbol(slot_, size << 4, run_ & ((1u << size) - 1), size);
    run_ = 0;
    pay();
  }
  // Goes on where a part that follows has ended, whose sink has counted all but the runs at its ends.
  void join(EndOfBand& part) {
    part.pay();
    add_blocks(part.leading_);
    if (part.leads_) return;
    flush();
    add_blocks(part.run_);
  }

 private:
  static constexpr uint32_t kLongest = 0x7FFF;

  void pay() {
    for (const Corrections& owed : owed_) sink_.corrections(owed);
    owed_.clear();
  }

  const int slot_;
  Sink& sink_;
  bool leads_;
  size_t leading_ = 0;
  uint32_t run_ = 0;
  std::vector<Corrections> owed_;
};

}  // namespace accelir::jpeg
