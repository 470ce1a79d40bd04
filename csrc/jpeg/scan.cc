#include "jpeg/scan.h"

#include <algorithm>
#include <cstdlib>
#include <deque>

#include "common/parallel.h"
#include "jpeg/block_coder.h"
#include "jpeg/end_of_band.h"

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

// The DC levels by which the first blocks of a row are predicted: those of the blocks coded before.
std::array<int, 3> levels_before(const Levels& levels, const Scan& scan, int row) {
  std::array<int, 3> before{};
  if (row == 0) return before;
  const bool alone = scan.components.size() == 1;
  for (int c : scan.components) {
    const ComponentGeometry& k = levels.geometry.components[c];
    const int y = alone ? row - 1 : row * k.v - 1, x = (alone ? k.blocks_x : k.padded_x) - 1;
    before[c] = levels.block(c, static_cast<size_t>(y) * k.padded_x + x)[0] >> scan.low;
  }
  return before;
}

// Some rows of a scan.
template <class Sink>
void code_sequential(const Levels& levels, const Scan& scan, int restart_interval, const ScanRows& rows, Sink& sink) {
  std::array<int, 3> previous = levels_before(levels, scan, rows.first);
  const auto reset = [&] { previous = {}; };
  Restarts<Sink, decltype(reset)> restarts(restart_interval, sink, reset);
  for_each_block(levels.geometry, scan.components, rows, [&](int c, size_t index, size_t mcu) {
    restarts.at(mcu);
    auto block = sink.begin_block();
    code_block(levels.block(c, index), levels.components[c].nonzero[index], previous[c], c, block);
    sink.end_block(block);
  });
}

// G.1.2.1: the DC's point transform is an arithmetic shift; refinement sends one bit.
template <class Sink>
void code_dc_scan(const Levels& levels, const Scan& scan, int restart_interval, const ScanRows& rows, Sink& sink) {
  std::array<int, 3> previous = levels_before(levels, scan, rows.first);
  const auto reset = [&] { previous = {}; };
  Restarts<Sink, decltype(reset)> restarts(restart_interval, sink, reset);
  for_each_block(levels.geometry, scan.components, rows, [&](int c, size_t index, size_t mcu) {
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

// Places whose level a scan of the bits from `low` up shows as nonzero.
uint64_t shown(const int16_t* block, uint64_t nonzero, int low) {
  if (low == 0) return nonzero;
  uint64_t out = 0;
  for (uint64_t m = nonzero; m; m &= m - 1) {
    const int k = __builtin_ctzll(m);
    out |= static_cast<uint64_t>(std::abs(block[k]) >> low != 0) << k;
  }
  return out;
}

template <class Block>
ACCELIR_INLINE void code_band(const int16_t* levels, uint64_t mask, const Scan& scan, int slot, Block& block) {
  for (int last = scan.first - 1; mask; mask &= mask - 1) {
    const int k = __builtin_ctzll(mask);
    const int magnitude = std::abs(levels[k]) >> scan.low;
    code_run_level(k - last - 1, levels[k] < 0 ? -magnitude : magnitude, slot, block);
    last = k;
  }
}

template <class Sink>
void code_ac_first(const Levels& levels, const Scan& scan, int restart_interval, const ScanRows& rows,
                   EndOfBand<Sink>& end, Sink& sink) {
  const int component = scan.components[0], slot = ac_slot(component);
  const uint64_t band = band_mask(scan);
  const auto reset = [&] { end.flush(); };
  Restarts<Sink, decltype(reset)> restarts(restart_interval, sink, reset);
  for_each_block(levels.geometry, scan.components, rows, [&](int c, size_t index, size_t mcu) {
    restarts.at(mcu);
    const int16_t* levels_of_block = levels.block(c, index);
    const uint64_t mask = shown(levels_of_block, levels.components[c].nonzero[index] & band, scan.low);
    if (mask) {
      end.flush();
      auto block = sink.begin_block();
      code_band(levels_of_block, mask, scan, slot, block);
      sink.end_block(block);
    }
    if (!(mask >> scan.last & 1)) end.add_blocks(1);
  });
}

// Places of a block's band by what a bit plane's refinement does to them.
struct Refined {
  uint64_t fresh = 0;  // become nonzero
  Corrections old;     // were nonzero before
};

Refined refined(const int16_t* block, uint64_t nonzero, int low) {
  Refined out;
  for (uint64_t m = nonzero; m; m &= m - 1) {
    const int k = __builtin_ctzll(m);
    const uint64_t magnitude = static_cast<uint64_t>(std::abs(block[k])) >> low;
    out.fresh |= static_cast<uint64_t>(magnitude == 1) << k;
    out.old.places |= static_cast<uint64_t>(magnitude > 1) << k;
    out.old.ones |= (magnitude & 1) << k;
  }
  return out;
}

// G.1.2.3: new nonzeros are +-1 with their run counted in zeros only; every older nonzero passed sends its next bit.
template <class Sink>
void code_ac_refinement(const Levels& levels, const Scan& scan, int restart_interval, const ScanRows& rows,
                        EndOfBand<Sink>& end, Sink& sink) {
  const int component = scan.components[0], slot = ac_slot(component);
  const uint64_t band = band_mask(scan);
  const auto reset = [&] { end.flush(); };
  Restarts<Sink, decltype(reset)> restarts(restart_interval, sink, reset);
  for_each_block(levels.geometry, scan.components, rows, [&](int c, size_t index, size_t mcu) {
    restarts.at(mcu);
    const int16_t* block = levels.block(c, index);
    const auto [fresh, old] = refined(block, levels.components[c].nonzero[index] & band, scan.low);
    uint64_t left = band;  // places not yet passed
    // What is passed up to and with a place, and the older nonzeros among it.
    const auto pass_to = [&](int k) {
      const uint64_t passed = left & (~uint64_t{0} >> (63 - k));
      left &= ~passed;
      return Corrections{old.places & passed, old.ones};
    };
    for (uint64_t m = fresh; m; m &= m - 1) {
      const int k = __builtin_ctzll(m);
      end.flush();
      uint64_t zeros = left & ~old.places & ((uint64_t{1} << k) - 1);
      for (; __builtin_popcountll(zeros) > 15; zeros = left & ~old.places & ((uint64_t{1} << k) - 1)) {
        // A run of 16 zeros ends with the sixteenth; corrections of what lies behind it belong to the next symbol.
        uint64_t rest = zeros;
        for (int i = 0; i < 15; ++i) rest &= rest - 1;
        sink.symbol(slot, 0xF0, 0, 0);
        sink.corrections(pass_to(__builtin_ctzll(rest)));
      }
      sink.symbol(slot, __builtin_popcountll(zeros) << 4 | 1, block[k] > 0, 1);
      sink.corrections(pass_to(k));
    }
    const bool ends_on_fresh = fresh >> scan.last & 1;
    if (!ends_on_fresh) end.add_block({old.places & left, old.ones});
  });
}

template <class Sink>
void code_rows(const Levels& levels, const Scan& scan, bool progressive, int restart_interval, const ScanRows& rows,
               EndOfBand<Sink>& end, Sink& sink) {
  if (!progressive)
    code_sequential(levels, scan, restart_interval, rows, sink);
  else if (scan.first == 0)
    code_dc_scan(levels, scan, restart_interval, rows, sink);
  else if (scan.high == 0)
    code_ac_first(levels, scan, restart_interval, rows, end, sink);
  else
    code_ac_refinement(levels, scan, restart_interval, rows, end, sink);
}

// A part of a scan that is counted by itself.
struct CountedPart {
  ScanCount count;
  EndOfBand<ScanCount> end;

  CountedPart(int slot, bool begins) : end(slot, count, begins) {}
  CountedPart(const CountedPart&) = delete;  // `end` refers to `count`
  CountedPart& operator=(const CountedPart&) = delete;
};

}  // namespace

ScanCount& ScanCount::operator+=(const ScanCount& other) {
  for (int slot = 0; slot < kSlots; ++slot)
    for (size_t i = 0; i < histogram[slot].size(); ++i) histogram[slot][i] += other.histogram[slot][i];
  extra_bits += other.extra_bits;
  markers += other.markers;
  return *this;
}

ScanCount count_scan(const Levels& levels, const Scan& scan, bool progressive, int restart_interval, int threads) {
  const ScanRows all = all_rows(levels.geometry, scan.components);
  const int slot = ac_slot(scan.components[0]);
  // Restarts end runs where a part can't know of it.
  const int n = restart_interval || threads <= 1 ? 1 : std::min(threads, all.last);
  std::deque<CountedPart> parts;
  for (int i = 0; i < n; ++i) parts.emplace_back(slot, i == 0);
  run_tasks(threads, n, [&](int i) {
    const ScanRows rows{all.last * i / n, all.last * (i + 1) / n};
    code_rows(levels, scan, progressive, restart_interval, rows, parts[i].end, parts[i].count);
  });
  for (int i = 1; i < n; ++i) parts[0].end.join(parts[i].end);
  parts[0].end.flush();
  for (int i = 1; i < n; ++i) parts[0].count += parts[i].count;
  return parts[0].count;
}

void code_scan(const Levels& levels, const Scan& scan, bool progressive, int restart_interval, ScanEmitter& sink) {
  EndOfBand<ScanEmitter> end(ac_slot(scan.components[0]), sink);
  code_rows(levels, scan, progressive, restart_interval, all_rows(levels.geometry, scan.components), end, sink);
  end.flush();
}

}  // namespace accelir::jpeg
