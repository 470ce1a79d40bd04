#include "jpeg/quantizer.h"

#include <algorithm>
#include <cmath>

#include "jpeg/dct.h"

namespace accelir::jpeg {
namespace {

// No magnitude is above 1024 steps: with this dead zone every level is 0, and sums stay within an int.
constexpr float kNothingLeft = 2048.0f;

}  // namespace

Table make_table(const FloatTable& relative_steps, float step) {
  Table table;
  for (int k = 0; k < 64; ++k) {
    const float dither = (k + 0.5f) / 64.0f;
    table[k] = static_cast<uint8_t>(std::clamp(std::floor(step * relative_steps[k] + dither), 1.0f, kMaxStep));
  }
  return table;
}

BlockQuantizer make_quantizer(const Mode& mode, const Table& table, const FloatTable& weights, float step,
                              float strength) {
  BlockQuantizer q;
  for (int k = 0; k < 64; ++k) {
    q.inverse[k] = 1.0f / (table[k] * kCoefficientScale);
    q.cost[k] = weights[k] * table[k] * table[k];
  }
  // Beyond the coarsest table the step goes on to act through the Lagrangian and the dead zone; below a step of 1,
  // where tables can't get finer, both fade until only rounding is left.
  const float beyond = std::max(1.0f, step / kMaxStep);
  const float fade = std::clamp((step - kFinestStep) / (1.0f - kFinestStep), 0.0f, 1.0f);
  q.lambda = mode.lambda * step * step * fade * strength;
  q.dead_zone = q.lambda > 0.0f ? 0.0f : std::min((mode.deadzone * beyond - 0.5f) * fade * strength, kNothingLeft);
  q.multiple = mode.multiple;
  q.keep = (~uint64_t{0} >> (64 - mode.cut)) & ~uint64_t{1};
  return q;
}

BlockQuantizer weighted(const BlockQuantizer& quantizer, float weight) {
  BlockQuantizer q = quantizer;
  q.lambda /= weight;
  q.dead_zone = std::min(q.dead_zone / weight, kNothingLeft);
  return q;
}

namespace {

// A symbol's byte in DHT, shared among its uses: half of it, as a trellis seldom does without all of them. Charged in
// full, luma gains a little more and RGB less (docs/tried.md).
constexpr float kTableBits = 4.0f;

// Code lengths for a trellis, with each symbol's part of the table. A symbol that the histogram lacks is taken as one
// that occurs half a time.
class CodeBits {
 public:
  CodeBits(const Histogram& histogram, double share) {
    const HuffmanTable table = build_huffman(histogram);
    uint64_t total = 1;
    for (uint64_t count : histogram) total += count;
    const float table_bits = kTableBits * static_cast<float>(share);
    const float unseen = std::min(16.0f, std::log2(2.0f * static_cast<float>(total))) + table_bits;
    for (size_t s = 0; s < bits_.size(); ++s)
      bits_[s] = histogram[s] ? table.length[s] + table_bits / static_cast<float>(histogram[s]) : unseen;
  }
  float operator()(int symbol) const { return bits_[symbol]; }

 private:
  std::array<float, 256> bits_;
};

}  // namespace

DcBits dc_bits(const Histogram& histogram, double share) {
  const CodeBits bits(histogram, share);
  DcBits out;
  for (int size = 0; size <= 12; ++size) out.size[size] = bits(size) + static_cast<float>(size);
  return out;
}

AcBits ac_bits(const Histogram& histogram, bool progressive, double share) {
  const CodeBits bits(histogram, share);
  AcBits out;
  out.end_of_block = out.empty_block = bits(0x00);
  if (progressive) {
    uint64_t symbols = 0;
    float spent = 0;
    for (int n = 0; n < 15; ++n) {
      symbols += histogram[n << 4];
      spent += static_cast<float>(histogram[n << 4]) * (bits(n << 4) + static_cast<float>(n));
    }
    if (symbols) out.end_of_block = spent / static_cast<float>(symbols);
    out.empty_block = 0.0f;
  }
  for (int size = 0; size <= 10; ++size) {
    for (int run = 0; run < 64; ++run)
      out.run_size[size][run] =
          bits(0xF0) * static_cast<float>(run >> 4) + bits((run & 15) << 4 | size) + static_cast<float>(size);
    out.min_size[size] = *std::min_element(out.run_size[size], out.run_size[size] + 63);
  }
  return out;
}

}  // namespace accelir::jpeg
