#include "jpeg/dc_trellis.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace accelir::jpeg {
namespace {

constexpr int kMaxLevel = 1023;  // and -1024 where that is the rounded level
constexpr int kCandidates = 3;   // the rounded level, one less and one more

// A block's place in the path, 8 bytes, because there is one for every block of the picture.
struct Step {
  uint32_t index;   // of the block
  int16_t rounded;  // its level
  uint8_t from;     // the best predecessor of each candidate, two bits each

  void set_from(int candidate, int predecessor) { from = static_cast<uint8_t>(from | predecessor << 2 * candidate); }
  int get_from(int candidate) const { return from >> 2 * candidate & 3; }
};

int size_of(int difference) {
  const int magnitude = std::abs(difference);
  return magnitude ? 32 - __builtin_clz(magnitude) : 0;
}

// Half away from zero, as lround has it: no float is so near below a half that a double's sum could reach it.
int round(float x) { return static_cast<int>(static_cast<double>(x) + (x < 0 ? -0.5 : 0.5)); }

class Viterbi {
 public:
  Viterbi(const DcBits& bits, size_t blocks) : bits_(bits) { steps_.reserve(blocks); }

  // x: the coefficient in steps; cost: of a squared level of error.
  void advance(size_t index, float x, float cost, float lambda) {
    const int rounded = std::min(round(x), kMaxLevel);
    Step step{static_cast<uint32_t>(index), static_cast<int16_t>(rounded), 0};
    // Of all differences between candidates of two blocks.
    std::array<float, 2 * kCandidates - 1> rate;
    for (int d = 0; d < 2 * kCandidates - 1; ++d)
      rate[d] = lambda * bits_.size[size_of(rounded - previous_ + d - kCandidates + 1)];
    std::array<float, kCandidates> total;
    for (int i = 0; i < kCandidates; ++i) {
      const int level = rounded + i - 1;
      const float error = x - static_cast<float>(level);
      const bool allowed = i == 1 || (lambda > 0 && std::abs(level) <= kMaxLevel);
      float best = INFINITY;
      int from = 0;
      for (int j = 0; j < kCandidates; ++j) {
        const float candidate = total_[j] + rate[i - j + kCandidates - 1];
        if (candidate >= best) continue;
        best = candidate;
        from = j;
      }
      step.set_from(i, from);
      total[i] = allowed ? best + cost * error * error : INFINITY;
    }
    // Only differences count; so totals stay small on large pictures.
    const float least = *std::min_element(total.begin(), total.end());
    for (int i = 0; i < kCandidates; ++i) total_[i] = total[i] - least;
    previous_ = rounded;
    steps_.push_back(step);
  }

  template <class Visit>
  void trace_back(Visit&& visit) const {
    int i = static_cast<int>(std::min_element(total_.begin(), total_.end()) - total_.begin());
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
      visit(step->index, step->rounded + i - 1);
      i = step->get_from(i);
    }
  }

 private:
  const DcBits& bits_;
  std::vector<Step> steps_;
  int previous_ = 0;  // the rounded level before; the first block is predicted by 0
  std::array<float, kCandidates> total_{INFINITY, 0, INFINITY};
};

}  // namespace

void optimize_dc(const Coefficients& coefficients, const QuantizeJob& job, int c, Levels& levels) {
  const Geometry& g = coefficients.geometry;
  const ComponentGeometry& k = g.components[c];
  Viterbi path(job.dc_bits[c > 0], static_cast<size_t>(k.blocks_x) * k.blocks_y);
  for_each_block_of(g, c, [&](int x, int y) {
    const BlockQuantizer& q = job.quantizers[c][job.mode_map.at(y / k.cell_y, x / k.cell_x)];
    // Not lambda / weight: a difference's bits are paid by two blocks, so they must cost the same in all.
    const float cost = job.block_weights ? q.cost[0] * (*job.block_weights)[c].at(y, x) : q.cost[0];
    const int16_t dc = coefficients.blocks[c][(static_cast<size_t>(y) * k.blocks_x + x) * 64];
    const size_t index = static_cast<size_t>(y) * k.padded_x + x;
    path.advance(index, static_cast<float>(dc) * q.inverse[0], cost, q.lambda);
  });
  path.trace_back([&](size_t index, int level) {
    levels.block(c, index)[0] = static_cast<int16_t>(level);
    uint64_t& nonzero = levels.components[c].nonzero[index];
    nonzero = (nonzero & ~uint64_t{1}) | (level != 0);
  });
}

}  // namespace accelir::jpeg
