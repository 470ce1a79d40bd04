#include "jpeg/band_counts.h"

#include <cstdlib>
#include <deque>
#include <memory>

#include "jpeg/block_coder.h"

namespace accelir::jpeg {
namespace {

// For each place, the first split whose lower band has it.
constexpr std::array<uint8_t, 64> first_splits() {
  std::array<uint8_t, 64> out{};
  for (size_t k = 1, i = 0; k < 64; ++k) {
    if (static_cast<int>(k) > kSplits[i]) ++i;
    out[k] = static_cast<uint8_t>(i);
  }
  return out;
}
constexpr std::array<uint8_t, 64> kFirstSplit = first_splits();

BandBlock band_block(const int16_t* levels, uint64_t nonzero) {
  BandBlock out{levels, {nonzero & ~uint64_t{1}}};
  for (uint64_t m = out.above[0]; m; m &= m - 1) {
    const int k = __builtin_ctzll(m), magnitude = std::abs(levels[k]);
    for (size_t bit = 1; bit < out.above.size(); ++bit)
      out.above[bit] |= static_cast<uint64_t>(magnitude >> bit != 0) << k;
  }
  return out;
}

// A level's symbols are the same in all splits that have it and the level before it in one band. So they are counted
// once for the lower bands, by the first that has the level, and once for the upper ones, by the last that has the
// level before; sums give the rest. Splits between the two levels have a symbol of their own, and all have their own
// runs.
class SplitCounter {
 public:
  explicit SplitCounter(int low) : low_(low) {
    for (SplitCount& count : out_) {
      lower_ends_.emplace_back(0, count.lower);
      upper_ends_.emplace_back(0, count.upper);
    }
  }

  void add(const BandBlock& block) {
    uint64_t places = block.above[low_];
    if (!places) {
      ++empty_;
      return;
    }
    end_bands(places);
    for (int before = 0; places; places &= places - 1) {
      const int k = __builtin_ctzll(places);
      add_level(before, k, std::abs(block.levels[k]) >> low_);
      before = k;
    }
  }

  SplitCounts finish() {
    add_empty();
    for (size_t i = 0; i < kSplits.size(); ++i) {
      lower_ends_[i].flush();
      upper_ends_[i].flush();
      for (size_t j = 0; j <= i; ++j) out_[i].lower += by_level_[j];
      for (size_t j = i + 1; j < kSplits.size(); ++j) out_[i].upper += by_level_before_[j];
    }
    return out_;
  }

 private:
  void add_level(int before, int k, int magnitude) {
    const size_t from = kFirstSplit[before], to = kFirstSplit[k];
    code_run_level(k - before - 1, magnitude, 0, by_level_[to]);
    if (from) code_run_level(k - before - 1, magnitude, 0, by_level_before_[from]);
    for (size_t i = from; i < to; ++i) code_run_level(k - kSplits[i] - 1, magnitude, 0, out_[i].upper);
  }

  void end_bands(uint64_t places) {
    add_empty();
    for (size_t i = 0; i < kSplits.size(); ++i) {
      const uint64_t last = uint64_t{1} << kSplits[i], lower = last | (last - 1);
      end_band(lower_ends_[i], places & lower, last);
      end_band(upper_ends_[i], places & ~lower, uint64_t{1} << 63);
    }
  }

  static void end_band(EndOfBand<BandCount>& end, uint64_t places, uint64_t last) {
    if (places) end.flush();
    if (!(places & last)) end.add_blocks(1);
  }

  void add_empty() {
    for (size_t i = 0; empty_ && i < kSplits.size(); ++i) {
      lower_ends_[i].add_blocks(empty_);
      upper_ends_[i].add_blocks(empty_);
    }
    empty_ = 0;
  }

  const int low_;
  SplitCounts out_;
  std::array<BandCount, kSplits.size()> by_level_, by_level_before_;  // by kFirstSplit of its place
  std::deque<EndOfBand<BandCount>> lower_ends_, upper_ends_;          // refer to out_
  size_t empty_ = 0;                                                  // blocks that are not in the runs yet
};

}  // namespace

BandCount& BandCount::operator+=(const BandCount& other) {
  for (size_t i = 0; i < histogram.size(); ++i) histogram[i] += other.histogram[i];
  extra_bits += other.extra_bits;
  return *this;
}

std::vector<BandBlock> band_blocks(const Levels& levels, int component, int n) {
  const ComponentGeometry& k = levels.geometry.components[component];
  std::vector<BandBlock> out;
  out.reserve(static_cast<size_t>(k.blocks_x) * (static_cast<size_t>(k.blocks_y) / n + 1));
  for (int y = n / 2; y < k.blocks_y; y += n)
    for (int x = 0; x < k.blocks_x; ++x) {
      const size_t index = static_cast<size_t>(y) * k.padded_x + x;
      out.push_back(band_block(levels.block(component, index), levels.components[component].nonzero[index]));
    }
  return out;
}

SplitCounts count_splits(const std::vector<BandBlock>& blocks, int low) {
  const auto counter = std::make_unique<SplitCounter>(low);
  for (const BandBlock& block : blocks) counter->add(block);
  return counter->finish();
}

// As code_ac_refinement of scan.cc has it: each older level takes a bit, and each new one a symbol, a sign, and the
// zeros before it.
BandCount count_refinement(const std::vector<BandBlock>& blocks, int low) {
  BandCount count;
  EndOfBand<BandCount> end(0, count);
  for (const BandBlock& block : blocks) {
    const uint64_t old = block.above[low + 1];
    uint64_t fresh = block.above[low] & ~old, zeros = ~old & ~uint64_t{1};
    count.extra_bits += __builtin_popcountll(old);
    if (fresh) end.flush();
    if (!(fresh >> 63)) end.add_blocks(1);
    for (; fresh; fresh &= fresh - 1) {
      const uint64_t passed = fresh ^ (fresh - 1);  // up to and with the level's place
      code_run_level(__builtin_popcountll(zeros & passed) - 1, 1, 0, count);
      zeros &= ~passed;
    }
  }
  end.flush();
  return count;
}

}  // namespace accelir::jpeg
