#include "vp8/mode_decision.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "vp8/trellis.h"

namespace accelir::vp8 {
namespace {

constexpr float kInfinite = std::numeric_limits<float>::infinity();

// The score in bits of luma as a whole, by rounding alone, from which on subblocks are as likely to be better: on three
// training pictures that was between 102 and 288, 137 and 209, 124 and 158, 108 and 166 at quantisers 20, 45, 75, 100.
constexpr float kAlike = 170.0f;

// Where a magnitude in steps is rounded up when there is no trellis: its levels resemble the trellis's most there.
constexpr float kRounding = 0.38f;

// How far a subblock's mode may be behind the best by rounding, in bits, to be the best with a trellis. At effort 5 and
// 0.8 and 2 bits a pixel, 6 saves 4 % of the time for 0.000 dB; 3 costs 0.013 dB (9 training pictures).
constexpr float kWorthTrying = 6.0f;

// Quantisation of N blocks by rounding alone.
template <int N>
struct RoundedBlocks {
  alignas(64) int32_t level[16][N];  // magnitudes
  alignas(64) float distortion[N];   // in bits
  alignas(64) int32_t nonzero[N];    // a bit for each place
};

template <int N>
ACCELIR_INLINE void round_blocks(const BlockQuantizer& q, const Lanes<N>& c, int first, RoundedBlocks<N>& out) {
  // Sums of its own: those in `out` could be what c or q point to, and would not become vectors.
  alignas(64) float distortion[N] = {};
  alignas(64) int32_t nonzero[N] = {};
  for (int n = first; n < 16; ++n) {
    const float inverse = q.inverse[n], cost = q.cost[n];
    ACCELIR_VECTOR_LOOP for (int lane = 0; lane < N; ++lane) {
      const float x = std::fabs(c[n][lane]) * inverse;
      // Bounded as an integer: bounded before, the loop would not become vectors.
      const int32_t rounded = static_cast<int32_t>(x + kRounding);
      const int32_t level = rounded < kMaxLevel ? rounded : kMaxLevel;
      const float error = x - static_cast<float>(level);
      out.level[n][lane] = level;
      distortion[lane] += cost * error * error;
      nonzero[lane] |= static_cast<int32_t>(level > 0) << n;
    }
  }
  for (int lane = 0; lane < N; ++lane) {
    out.distortion[lane] = distortion[lane];
    out.nonzero[lane] = nonzero[lane];
  }
}

// Scores of N blocks quantised by rounding, by the estimate of their bits.
template <int N>
ACCELIR_INLINE void estimate_blocks(const BlockQuantizer& q, const LevelCosts& costs, const Lanes<N>& c, int first,
                                    float (&score)[N]) {
  alignas(64) float sum[N] = {}, end[N];
  for (int lane = 0; lane < N; ++lane) end[lane] = costs.none;
  for (int n = first; n < 16; ++n) {
    const float inverse = q.inverse[n], cost = q.cost[n], some = costs.some[n], each = costs.each[n];
    const float behind = costs.behind[n];
    ACCELIR_VECTOR_LOOP for (int lane = 0; lane < N; ++lane) {
      const float x = std::fabs(c[n][lane]) * inverse;
      const float level = static_cast<float>(static_cast<int32_t>(x + kRounding));
      const float error = x - level, counted = level < kMostCounted ? level : kMostCounted;
      sum[lane] += cost * error * error + (level > 0.0f ? some + each * counted : 0.0f);
      end[lane] = level > 0.0f ? behind : end[lane];
    }
  }
  for (int lane = 0; lane < N; ++lane) score[lane] = sum[lane] + end[lane];
}

template <int N>
ACCELIR_INLINE float sum_of(const float (&values)[N]) {
  float sum = 0.0f;
  for (float value : values) sum += value;
  return sum;
}

template <int N>
ACCELIR_INLINE int end_of(const RoundedBlocks<N>& blocks, int lane, int first) {
  const uint32_t mask = static_cast<uint32_t>(blocks.nonzero[lane]);
  return mask ? 32 - __builtin_clz(mask) : first;
}

// One block's final levels.
struct QuantizedBlock {
  float score;  // distortion + bits
  float gain;   // of that, what is less than zeroing everything would distort; bits included
  BlockLevels levels;
};

// c: coefficients in zigzag order, Pitch apart.
template <int Pitch>
ACCELIR_INLINE void quantize_block(const BlockQuantizer& q, const BlockCosts& costs, const float* extra, const float* c,
                                   int first, int state, bool with_trellis, QuantizedBlock& out) {
  float x[16];
  float zeroed = 0.0f;
  for (int n = first; n < 16; ++n) {
    x[n] = std::fabs(c[n * Pitch]) * q.inverse[n];
    zeroed += q.cost[n] * x[n] * x[n];
  }
  if (with_trellis) {
    out.gain = trellis(q, costs, extra, x, first, state, out.levels);
    out.score = zeroed + out.gain;
    return;
  }
  float distortion = 0.0f;
  out.levels.magnitude[0] = 0;
  out.levels.end = first;
  for (int n = first; n < 16; ++n) {
    const int level = std::min(static_cast<int>(x[n] + kRounding), kMaxLevel);
    out.levels.magnitude[n] = static_cast<int16_t>(level);
    if (level) out.levels.end = n + 1;
    distortion += q.cost[n] * (x[n] - level) * (x[n] - level);
  }
  out.score = distortion + token_bits<1>(costs, extra, out.levels.magnitude, first, out.levels.end, state);
  out.gain = out.score - zeroed;
}

// Gives levels their coefficients' signs.
template <int Pitch>
ACCELIR_INLINE void store_levels(const BlockLevels& levels, const float* c, int block, Macroblock& mb) {
  std::memset(mb.levels[block], 0, sizeof mb.levels[block]);
  for (int n = 0; n < levels.end; ++n) {
    const int sign = c[n * Pitch] < 0.0f ? -1 : 0;  // no branch: signs can't be foretold
    mb.levels[block][n] = static_cast<int16_t>((levels.magnitude[n] ^ sign) - sign);
  }
  mb.end[block] = static_cast<uint8_t>(levels.end);
}

// Coefficients in natural order.
ACCELIR_INLINE void dequantize(const BlockQuantizer& q, const int16_t* levels, int* coefficients) {
  for (int n = 0; n < 16; ++n) coefficients[kZigzag[n]] = levels[n] * static_cast<int>(q.step[n]);
}

// The edges of a macroblock's luma or chroma as its blocks see them, a lane for each block.
template <int N>
struct LaneEdges {
  alignas(64) float above[4][N], left[4][N];
  alignas(64) float corner[N], dc[N];
};

// Lanes [lane, lane + side * side / 16) become those of one plane.
template <int Side, int N>
ACCELIR_INLINE void set_edges(const uint8_t* samples, bool has_above, bool has_left, int lane, LaneEdges<N>& e) {
  constexpr int kBlocks = Side / 4;
  const float dc = static_cast<float>(dc_value<Side>(samples, has_above, has_left));
  for (int b = 0; b < kBlocks * kBlocks; ++b) {
    for (int i = 0; i < 4; ++i) {
      e.above[i][lane + b] = samples[b % kBlocks * 4 + i - kStride];
      e.left[i][lane + b] = samples[(b / kBlocks * 4 + i) * kStride - 1];
    }
    e.corner[lane + b] = samples[-kStride - 1];
    e.dc[lane + b] = dc;
  }
}

// What a mode leaves of the source, transformed.
template <int N>
ACCELIR_INLINE void transform_residual(const Lanes<N>& source, const LaneEdges<N>& e, int mode, Lanes<N>& c) {
  alignas(64) Lanes<N> residual;
  for (int k = 0; k < 16; ++k) {
    const float* above = e.above[k % 4];
    const float* left = e.left[k / 4];
    ACCELIR_VECTOR_LOOP for (int lane = 0; lane < N; ++lane) {
      float p;
      if (mode == kDcPred)
        p = e.dc[lane];
      else if (mode == kVPred)
        p = above[lane];
      else if (mode == kHPred)
        p = left[lane];
      else
        p = std::min(std::max(above[lane] + left[lane] - e.corner[lane], 0.0f), 255.0f);
      residual[k][lane] = source[k][lane] - p;
    }
  }
  forward_dct(residual, c);
}

class Decision {
 public:
  ACCELIR_INLINE Decision(const MacroblockSource& source, const Quantizer& q, const Costs& costs, const Search& search,
                          Neighbours& neighbours, MacroblockSamples& samples, Macroblock& out)
      : source_(source), q_(q), costs_(costs), search_(search), near_(neighbours), samples_(samples), out_(out) {}

  ACCELIR_INLINE void run() {
    const float rounded = rank_whole_luma();
    const bool try_split = search_.subblock_modes > 0 && rounded * search_.doubt > kAlike;
    const bool try_whole = !try_split || costs_.mode_scale > 1.0f || rounded < kAlike * search_.doubt;
    const float whole = try_whole ? decide_whole_luma() : kInfinite;
    const bool split = try_split && decide_subblocks(whole);
    if (!split) out_.luma_mode = whole_mode_;
    decide_chroma();
    if (!split) {
      store_whole_luma();
      const float gain = luma_gain_ + chroma_gain_;
      if (gain + costs_.coded[1] > costs_.coded[0]) zero_levels();
      reconstruct_whole_luma();
    }
    reconstruct_chroma();
    set_coded();
    update_neighbours();
  }

 private:
  const BlockCosts& costs_of(BlockType type) const { return costs_.tokens.type[type]; }

  // Transforms what each whole-macroblock mode leaves, and orders them -> the least score by rounding alone, the mode's
  // bits included.
  ACCELIR_INLINE float rank_whole_luma() {
    LaneEdges<16> edges;
    set_edges<16>(samples_.luma + kOrigin, samples_.has_above, samples_.has_left, 0, edges);
    float score[kModes];
    float limit = kInfinite;
    for (int mode = 0; mode < kModes; ++mode) {
      transform_residual(source_.luma, edges, mode, whole_c_[mode]);
      forward_wht(whole_c_[mode][0], whole_y2_[mode]);
      if (!search_.rank_by_tokens) continue;
      score[mode] = score_whole_luma(whole_c_[mode], whole_y2_[mode], mode_bits(mode), limit);
      if (search_.block_trellises <= 1) limit = std::min(limit, score[mode]);
    }
    if (!search_.rank_by_tokens) estimate_whole_luma(score);
    std::sort(ranked_, ranked_ + kModes, [&](int a, int b) { return score[a] < score[b]; });
    return score[ranked_[0]];
  }

  // -> the least score of the best modes by their ranks, modes' bits included.
  ACCELIR_INLINE float decide_whole_luma() {
    float best = kInfinite;
    for (int i = 0; i < std::max(1, search_.block_trellises); ++i) {
      const int mode = ranked_[i];
      const float total = mode_bits(mode) + quantize_whole_luma(mode, best - mode_bits(mode));
      if (total < best) {
        best = total;
        whole_mode_ = static_cast<uint8_t>(mode);
        std::swap(whole_, trial_);
        luma_gain_ = trial_gain_;
      }
    }
    return best;
  }

  ACCELIR_INLINE float mode_bits(int mode) const { return costs_.mode_scale * mode_costs_.luma[mode]; }

  // Of all modes, by the estimate of bits.
  ACCELIR_INLINE void estimate_whole_luma(float (&score)[kModes]) {
    alignas(64) Lanes<kModes> y2;
    for (int n = 0; n < 16; ++n)
      for (int mode = 0; mode < kModes; ++mode) y2[n][mode] = whole_y2_[mode][n];
    estimate_blocks(q_.y2, costs_.tokens.levels[kY2], y2, 0, score);
    for (int mode = 0; mode < kModes; ++mode) {
      float blocks[16];
      estimate_blocks(q_.luma, costs_.tokens.levels[kLumaAc], whole_c_[mode], 1, blocks);
      score[mode] += mode_bits(mode) + sum_of(blocks);
    }
  }

  // By rounding alone. Gives up above the limit.
  ACCELIR_INLINE float score_whole_luma(const Lanes<16>& c, const float* y2, float score, float limit) {
    QuantizedBlock dc;
    quantize_block<1>(q_.y2, costs_of(kY2), costs_.tokens.extra, y2, 0, start_state(near_.above.y2 + near_.left.y2),
                      false, dc);
    RoundedBlocks<16> blocks;
    round_blocks(q_.luma, c, 1, blocks);
    uint8_t above[4], left[4];
    std::memcpy(above, near_.above.luma, 4);
    std::memcpy(left, near_.left.luma, 4);
    score += dc.score;
    for (int b = 0; b < 16; ++b) score += blocks.distortion[b];
    for (int b = 0; b < 16; ++b) {
      if (score >= limit) return kInfinite;
      const int end = end_of(blocks, b, 1);
      uint8_t &up = above[b % 4], &side = left[b / 4];
      score +=
          token_bits<16>(costs_of(kLumaAc), costs_.tokens.extra, &blocks.level[0][b], 1, end, start_state(up + side));
      up = side = end > 1;
    }
    return score;
  }

  // Into trial_. Gives up above the limit.
  ACCELIR_INLINE float quantize_whole_luma(int mode, float limit) {
    const Lanes<16>& c = whole_c_[mode];
    const float* y2 = whole_y2_[mode];
    const bool with_trellis = search_.block_trellises > 0;
    QuantizedBlock block;
    quantize_block<1>(q_.y2, costs_of(kY2), costs_.tokens.extra, y2, 0, start_state(near_.above.y2 + near_.left.y2),
                      with_trellis, block);
    trial_[16] = block.levels;
    float score = block.score;
    trial_gain_ = block.gain;
    uint8_t above[4], left[4];
    std::memcpy(above, near_.above.luma, 4);
    std::memcpy(left, near_.left.luma, 4);
    for (int b = 0; b < 16; ++b) {
      uint8_t &up = above[b % 4], &side = left[b / 4];
      quantize_block<16>(q_.luma, costs_of(kLumaAc), costs_.tokens.extra, &c[0][b], 1, start_state(up + side),
                         with_trellis, block);
      trial_[b] = block.levels;
      trial_[b].magnitude[0] = 0;
      score += block.score;
      trial_gain_ += block.gain;
      if (score >= limit) return kInfinite;
      up = side = block.levels.end > 1;
    }
    return score;
  }

  void store_whole_luma() {
    for (int b = 0; b < 16; ++b) store_levels<16>(whole_[b], &whole_c_[whole_mode_][0][b], b, out_);
    store_levels<1>(whole_[16], whole_y2_[whole_mode_], kY2Block, out_);
  }

  ACCELIR_INLINE void reconstruct_whole_luma() {
    predict_block<16>(samples_.luma + kOrigin, out_.luma_mode, samples_.has_above, samples_.has_left);
    if (!out_.end[kY2Block] && std::all_of(out_.end, out_.end + 16, [](uint8_t end) { return end <= 1; })) return;
    int c[16], dc[16];
    dequantize(q_.y2, out_.levels[kY2Block], c);
    inverse_wht(c, dc);
    for (int b = 0; b < 16; ++b) {
      dequantize(q_.luma, out_.levels[b], c);
      c[0] = dc[b];
      add_inverse_dct(c, samples_.luma + kOrigin + b / 4 * 4 * kStride + b % 4 * 4, kStride);
    }
  }

  // Codes the macroblock's luma in 4x4 subblocks -> whether that scores below the limit; if so all is stored.
  ACCELIR_INLINE bool decide_subblocks(float limit) {
    float total = costs_.mode_scale * mode_costs_.luma[kBPred];
    uint8_t above[4], left[4];
    std::memcpy(above, near_.above.luma, 4);
    std::memcpy(left, near_.left.luma, 4);
    SubblockEdge above_modes = near_.above_modes, left_modes = near_.left_modes;
    for (int b = 0; b < 16; ++b) {
      uint8_t &up = above[b % 4], &side = left[b / 4];
      const float* modes = mode_costs_.subblock[above_modes[b % 4]][left_modes[b / 4]];
      total += decide_subblock(b, modes, start_state(up + side));
      if (total >= limit) return false;
      up = side = out_.end[b] > 0;
      above_modes[b % 4] = left_modes[b / 4] = out_.subblock_modes[b];
    }
    std::memset(out_.levels[kY2Block], 0, sizeof out_.levels[kY2Block]);
    out_.end[kY2Block] = 0;
    out_.luma_mode = kBPred;
    return true;
  }

  ACCELIR_INLINE float decide_subblock(int b, const float* modes, int state) {
    uint8_t* at = samples_.luma + kOrigin + b / 4 * 4 * kStride + b % 4 * 4;
    alignas(64) uint8_t predictions[16][16];
    predict_subblock(at, predictions);
    alignas(64) Lanes<16> residual, c;
    for (int k = 0; k < 16; ++k)
      for (int lane = 0; lane < 16; ++lane)
        residual[k][lane] = source_.luma[k][b] - static_cast<float>(predictions[k][lane]);
    forward_dct(residual, c);
    RoundedBlocks<16> blocks;
    if (search_.rank_by_tokens)
      round_blocks(q_.luma, c, 0, blocks);
    else
      estimate_blocks(q_.luma, costs_.tokens.levels[kLuma], c, 0, blocks.distortion);

    // The best modes by rounding, best first.
    const int wanted = std::max(1, search_.subblock_trellises);
    int best[kSubblockModes];
    float scores[kSubblockModes + 1];
    int found = 0;
    for (int m = 0; m < search_.subblock_modes; ++m) {
      float score = blocks.distortion[m] + costs_.mode_scale * modes[m];
      if (found == wanted && score >= scores[found - 1]) continue;
      if (search_.rank_by_tokens)
        score +=
            token_bits<16>(costs_of(kLuma), costs_.tokens.extra, &blocks.level[0][m], 0, end_of(blocks, m, 0), state);
      if (found == wanted && score >= scores[found - 1]) continue;
      int i = found < wanted ? found++ : found - 1;
      for (; i > 0 && scores[i - 1] > score; --i) {
        scores[i] = scores[i - 1];
        best[i] = best[i - 1];
      }
      scores[i] = score;
      best[i] = m;
    }

    const bool with_trellis = search_.subblock_trellises > 0;
    QuantizedBlock chosen{}, trial;
    int mode = best[0];
    float least = kInfinite;
    for (int i = 0; i < found && !(scores[i] > scores[0] + kWorthTrying); ++i) {
      quantize_block<16>(q_.luma, costs_of(kLuma), costs_.tokens.extra, &c[0][best[i]], 0, state, with_trellis, trial);
      const float score = trial.score + costs_.mode_scale * modes[best[i]];
      if (score < least) {
        least = score;
        mode = best[i];
        chosen = trial;
      }
    }
    out_.subblock_modes[b] = static_cast<uint8_t>(mode);
    store_levels<16>(chosen.levels, &c[0][mode], b, out_);
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 4; ++x) at[y * kStride + x] = predictions[4 * y + x][mode];
    if (chosen.levels.end > 0) {
      int coefficients[16];
      dequantize(q_.luma, out_.levels[b], coefficients);
      add_inverse_dct(coefficients, at, kStride);
    }
    return least;
  }

  ACCELIR_INLINE void decide_chroma() {
    LaneEdges<8> edges;
    for (int plane = 0; plane < 2; ++plane)
      set_edges<8>(samples_.chroma[plane] + kOrigin, samples_.has_above, samples_.has_left, 4 * plane, edges);
    alignas(64) Lanes<8> c[kModes];
    float score[kModes];
    int order[kModes] = {0, 1, 2, 3};
    float limit = kInfinite;
    for (int mode = 0; mode < kModes; ++mode) {
      transform_residual(source_.chroma, edges, mode, c[mode]);
      score[mode] = score_chroma(c[mode], costs_.mode_scale * mode_costs_.chroma[mode], limit);
      if (search_.block_trellises <= 1) limit = std::min(limit, score[mode]);
    }
    std::sort(order, order + kModes, [&](int a, int b) { return score[a] < score[b]; });
    float best = kInfinite;
    for (int i = 0; i < std::max(1, search_.block_trellises); ++i) {
      const int mode = order[i];
      BlockLevels levels[8];
      float gain;
      const float total = costs_.mode_scale * mode_costs_.chroma[mode] + quantize_chroma(c[mode], levels, gain);
      if (total >= best) continue;
      best = total;
      chroma_gain_ = gain;
      out_.chroma_mode = static_cast<uint8_t>(mode);
      for (int b = 0; b < 8; ++b) store_levels<8>(levels[b], &c[mode][0][b], 16 + b, out_);
    }
  }

  // By rounding alone. Gives up above the limit.
  ACCELIR_INLINE float score_chroma(const Lanes<8>& c, float score, float limit) {
    if (!search_.rank_by_tokens) {
      float estimates[8];
      estimate_blocks(q_.chroma, costs_.tokens.levels[kChroma], c, 0, estimates);
      return score + sum_of(estimates);
    }
    RoundedBlocks<8> blocks;
    round_blocks(q_.chroma, c, 0, blocks);
    NonzeroEdge above = near_.above, left = near_.left;
    for (int b = 0; b < 8; ++b) score += blocks.distortion[b];
    for (int b = 0; b < 8; ++b) {
      if (score >= limit) return kInfinite;
      const int end = end_of(blocks, b, 0);
      uint8_t &up = above.chroma[b / 4][b % 2], &side = left.chroma[b / 4][b / 2 % 2];
      score +=
          token_bits<8>(costs_of(kChroma), costs_.tokens.extra, &blocks.level[0][b], 0, end, start_state(up + side));
      up = side = end > 0;
    }
    return score;
  }

  ACCELIR_INLINE float quantize_chroma(const Lanes<8>& c, BlockLevels* levels, float& gain) {
    NonzeroEdge above = near_.above, left = near_.left;
    float score = 0.0f;
    gain = 0.0f;
    for (int b = 0; b < 8; ++b) {
      uint8_t &up = above.chroma[b / 4][b % 2], &side = left.chroma[b / 4][b / 2 % 2];
      QuantizedBlock block;
      quantize_block<8>(q_.chroma, costs_of(kChroma), costs_.tokens.extra, &c[0][b], 0, start_state(up + side),
                        search_.block_trellises > 0, block);
      levels[b] = block.levels;
      score += block.score;
      gain += block.gain;
      up = side = block.levels.end > 0;
    }
    return score;
  }

  ACCELIR_INLINE void reconstruct_chroma() {
    for (int plane = 0; plane < 2; ++plane) {
      uint8_t* at = samples_.chroma[plane] + kOrigin;
      predict_block<8>(at, out_.chroma_mode, samples_.has_above, samples_.has_left);
      for (int b = 0; b < 4; ++b) {
        const int block = 16 + 4 * plane + b;
        if (!out_.end[block]) continue;
        int c[16];
        dequantize(q_.chroma, out_.levels[block], c);
        add_inverse_dct(c, at + b / 2 * 4 * kStride + b % 2 * 4, kStride);
      }
    }
  }

  void zero_levels() {
    std::memset(out_.levels, 0, sizeof out_.levels);
    std::memset(out_.end, 0, sizeof out_.end);
  }

  void set_coded() {
    const int first = out_.has_y2();
    out_.coded = out_.end[kY2Block] > 0;
    for (int b = 0; b < kY2Block; ++b) out_.coded |= out_.end[b] > (b < 16 ? first : 0);
  }

  void update_neighbours() {
    for_each_block(out_, near_.above, near_.left, [](BlockType, int, int, int) {});
    near_.above_modes = bottom_modes(out_);
    near_.left_modes = right_modes(out_);
  }

  const MacroblockSource& source_;
  const Quantizer& q_;
  const Costs& costs_;
  const Search& search_;
  Neighbours& near_;
  MacroblockSamples& samples_;
  Macroblock& out_;
  const ModeCosts& mode_costs_ = mode_costs();

  // By whole-macroblock mode: coefficients of 16 blocks, and of Y2. Modes in the order of their scores.
  alignas(64) Lanes<16> whole_c_[kModes];
  alignas(64) float whole_y2_[kModes][16];
  int ranked_[kModes] = {0, 1, 2, 3};
  // The best whole-macroblock coding of luma: 16 blocks and Y2.
  BlockLevels whole_[17], trial_[17];
  uint8_t whole_mode_ = kDcPred;
  float luma_gain_ = 0.0f, trial_gain_ = 0.0f, chroma_gain_ = 0.0f;
};

}  // namespace

ACCELIR_MULTIVERSION
void decide_macroblock(const MacroblockSource& source, const Quantizer& quantizer, const Costs& costs,
                       const Search& search, Neighbours& neighbours, MacroblockSamples& samples, Macroblock& out) {
  Decision(source, quantizer, costs, search, neighbours, samples, out).run();
}

}  // namespace accelir::vp8
