#include "jpeg/scan.h"

#include <cstdlib>

#include "jpeg/block_coder.h"

namespace accelir::jpeg {
namespace {

// Calls restart between intervals and resets what a restart resets.
template <class Sink, class Reset>
class Restarts {
 public:
  Restarts(int interval, Sink& sink, Reset reset) : interval_(interval), sink_(sink), reset_(reset) {}
  void at(size_t mcu) {
    if (!interval_ || mcu == mcu_) return;
    mcu_ = mcu;
    if (mcu % interval_) return;
    reset_();
    sink_.restart(static_cast<int>(mcu / interval_ - 1));
  }

 private:
  size_t mcu_ = 0;
  const int interval_;
  Sink& sink_;
  Reset reset_;
};

template <class Sink>
void code_sequential(const Levels& levels, const Scan& scan, int restart_interval, Sink& sink) {
  int previous[3] = {0, 0, 0};
  const auto reset = [&] { previous[0] = previous[1] = previous[2] = 0; };
  Restarts<Sink, decltype(reset)> restarts(restart_interval, sink, reset);
  for_each_block(levels.geometry, scan.components, [&](int c, size_t index, size_t mcu) {
    restarts.at(mcu);
    code_block(levels.block(c, index), levels.components[c].nonzero[index], previous[c], c, sink);
  });
}

// G.1.2.1: the DC's point transform is an arithmetic shift; refinement sends one bit.
template <class Sink>
void code_dc_scan(const Levels& levels, const Scan& scan, int restart_interval, Sink& sink) {
  int previous[3] = {0, 0, 0};
  const auto reset = [&] { previous[0] = previous[1] = previous[2] = 0; };
  Restarts<Sink, decltype(reset)> restarts(restart_interval, sink, reset);
  for_each_block(levels.geometry, scan.components, [&](int c, size_t index, size_t mcu) {
    restarts.at(mcu);
    const int value = levels.block(c, index)[0] >> scan.low;
    if (scan.high) {
      sink.bits(value & 1, 1);
    } else {
      code_dc(value - previous[c], dc_slot(c), sink);
      previous[c] = value;
    }
  });
}

uint64_t band_mask(const Scan& scan) { return (~uint64_t{0} >> (63 - scan.last)) & (~uint64_t{0} << scan.first); }

// The end-of-band run (G.1.2.2), with the correction bits that refinement scans owe to blocks inside the run.
template <class Sink>
class EndOfBand {
 public:
  EndOfBand(int slot, Sink& sink) : slot_(slot), sink_(sink) {}
  void add_block(const std::vector<uint8_t>& corrections) {
    ++run_;
    owed_.insert(owed_.end(), corrections.begin(), corrections.end());
    if (run_ == 0x7FFF) flush();
  }
  void flush() {
    if (!run_) return;
    const int size = bit_length(run_) - 1;
    sink_.symbol(slot_, size << 4, run_ & ((1u << size) - 1), size);
    for (uint8_t bit : owed_) sink_.bits(bit, 1);
    run_ = 0;
    owed_.clear();
  }

 private:
  const int slot_;
  Sink& sink_;
  uint32_t run_ = 0;
  std::vector<uint8_t> owed_;
};

template <class Sink>
void code_ac_first(const Levels& levels, const Scan& scan, int restart_interval, Sink& sink) {
  const int component = scan.components[0], slot = ac_slot(component);
  const uint64_t band = band_mask(scan);
  EndOfBand<Sink> end(slot, sink);
  const auto reset = [&] { end.flush(); };
  Restarts<Sink, decltype(reset)> restarts(restart_interval, sink, reset);
  for_each_block(levels.geometry, scan.components, [&](int c, size_t index, size_t mcu) {
    restarts.at(mcu);
    const int16_t* block = levels.block(c, index);
    int last = scan.first - 1;
    for (uint64_t mask = levels.components[c].nonzero[index] & band; mask; mask &= mask - 1) {
      const int k = __builtin_ctzll(mask);
      const int magnitude = std::abs(block[k]) >> scan.low;
      if (!magnitude) continue;
      end.flush();
      code_run_level(k - last - 1, block[k] < 0 ? -magnitude : magnitude, slot, sink);
      last = k;
    }
    if (last != scan.last) end.add_block({});
  });
  end.flush();
}

// G.1.2.3: new nonzeros are +-1 with their run counted in zeros only; every older nonzero passed sends its next bit.
template <class Sink>
void code_ac_refinement(const Levels& levels, const Scan& scan, int restart_interval, Sink& sink) {
  const int component = scan.components[0], slot = ac_slot(component);
  const uint64_t band = band_mask(scan);
  EndOfBand<Sink> end(slot, sink);
  const auto reset = [&] { end.flush(); };
  Restarts<Sink, decltype(reset)> restarts(restart_interval, sink, reset);
  std::vector<uint8_t> corrections;
  for_each_block(levels.geometry, scan.components, [&](int c, size_t index, size_t mcu) {
    restarts.at(mcu);
    const int16_t* block = levels.block(c, index);
    const auto magnitude = [&](int k) { return std::abs(block[k]) >> scan.low; };
    uint64_t fresh = 0, mask = levels.components[c].nonzero[index] & band;
    for (uint64_t m = mask; m; m &= m - 1) {
      const int k = __builtin_ctzll(m);
      if (magnitude(k) == 1) fresh |= uint64_t{1} << k;
      if (magnitude(k) == 0) mask &= ~(uint64_t{1} << k);
    }
    const auto send_corrections = [&] {
      for (uint8_t bit : corrections) sink.bits(bit, 1);
      corrections.clear();
    };
    int run = 0, previous = scan.first - 1;
    corrections.clear();
    for (; mask; mask &= mask - 1) {
      const int k = __builtin_ctzll(mask);
      run += k - previous - 1;
      previous = k;
      // A run of 16 zeros is sent on its own only while a new nonzero is still to come.
      while (run > 15 && fresh >> k) {
        end.flush();
        sink.symbol(slot, 0xF0, 0, 0);
        send_corrections();
        run -= 16;
      }
      if (!(fresh >> k & 1)) {
        corrections.push_back(magnitude(k) & 1);
        continue;
      }
      end.flush();
      sink.symbol(slot, run << 4 | 1, block[k] > 0, 1);
      send_corrections();
      run = 0;
    }
    const bool ends_on_fresh = fresh >> scan.last & 1;
    if (!ends_on_fresh) end.add_block(corrections);
  });
  end.flush();
}

template <class Sink>
void code(const Levels& levels, const Scan& scan, bool progressive, int restart_interval, Sink& sink) {
  if (!progressive)
    code_sequential(levels, scan, restart_interval, sink);
  else if (scan.first == 0)
    code_dc_scan(levels, scan, restart_interval, sink);
  else if (scan.high == 0)
    code_ac_first(levels, scan, restart_interval, sink);
  else
    code_ac_refinement(levels, scan, restart_interval, sink);
}

}  // namespace

void code_scan(const Levels& levels, const Scan& scan, bool progressive, int restart_interval, ScanCount& sink) {
  code(levels, scan, progressive, restart_interval, sink);
}

void code_scan(const Levels& levels, const Scan& scan, bool progressive, int restart_interval, ScanEmitter& sink) {
  code(levels, scan, progressive, restart_interval, sink);
}

}  // namespace accelir::jpeg
