#include "vp8/loop_filter.h"

#include <algorithm>
#include <cstring>

#include "common/simd.h"

// Macroblocks follow one another, for each filters what the ones before it have left. Within one, an edge is filtered
// at all its 16 (chroma: 8) positions at once: eight rows of positions, four on each side. Horizontal edges lie so in
// the plane; vertical ones are transposed into a buffer, macroblock by macroblock, and back.

namespace accelir::vp8 {
namespace {

// Thresholds of section 15.2 and 15.3, for key frames.
struct Limits {
  int16_t outer, inner;  // a macroblock's edge, a subblock's: of 2 |p0 - q0| + |p1 - q1| / 2
  int16_t interior;      // of the steps between neighbours on one side
  int16_t variance;      // above it (of |p1 - p0| or |q1 - q0|), high edge variance
};

Limits limits_of(int level, int sharpness) {
  int interior = level;
  if (sharpness) interior = std::min(level >> (sharpness > 4 ? 2 : 1), 9 - sharpness);
  interior = std::max(interior, 1);
  const int variance = level >= 40 ? 2 : level >= 15 ? 1 : 0;
  return {static_cast<int16_t>((level + 2) * 2 + interior), static_cast<int16_t>(level * 2 + interior),
          static_cast<int16_t>(interior), static_cast<int16_t>(variance)};
}

// All values fit into 16 bits; said before the comparisons, so that a vector holds twice as many.
ACCELIR_INLINE int16_t clamp8(int value) {
  const int16_t narrow = static_cast<int16_t>(value), low = -128, high = 127, raised = narrow < low ? low : narrow;
  return raised > high ? high : raised;
}
ACCELIR_INLINE int16_t distance(int16_t a, int16_t b) { return static_cast<int16_t>(a > b ? a - b : b - a); }
ACCELIR_INLINE uint8_t shifted(int16_t sample, int by) { return static_cast<uint8_t>(clamp8(sample - 128 + by) + 128); }

// N positions along an edge, kRows samples across it: a copy, as GCC makes no vector code of rows that might overlap.
template <int N, int kRows>
struct Edge {
  uint8_t rows[kRows][N];

  // q0: the first row behind the edge.
  ACCELIR_INLINE Edge(const uint8_t* q0, int stride) {
    for (int r = 0; r < kRows; ++r) std::memcpy(rows[r], q0 + (r - kRows / 2) * stride, N);
  }
  // The first and the last row never change.
  ACCELIR_INLINE void store(uint8_t* q0, int stride) const {
    for (int r = 1; r < kRows - 1; ++r) std::memcpy(q0 + (r - kRows / 2) * stride, rows[r], N);
  }
};

// All decisions are selections, so that the loops become vector code.
template <int N>
ACCELIR_INLINE void simple_edge(uint8_t* at, int stride, int edge_limit) {
  Edge<N, 4> edge(at, stride);
  auto& x = edge.rows;
  for (int i = 0; i < N; ++i) {
    const int16_t p1 = x[0][i], p0 = x[1][i], q0 = x[2][i], q1 = x[3][i];
    const bool filtered = distance(p0, q0) * 2 + (distance(p1, q1) >> 1) <= edge_limit;
    const int16_t a = clamp8(clamp8(p1 - q1) + 3 * (q0 - p0)), mask = filtered ? -1 : 0;
    x[1][i] = shifted(p0, (clamp8(a + 3) >> 3) & mask);
    x[2][i] = shifted(q0, -((clamp8(a + 4) >> 3) & mask));
  }
  edge.store(at, stride);
}

template <int N, bool kMacroblockEdge>
ACCELIR_INLINE void normal_edge(uint8_t* at, int stride, int edge_limit, int interior, int variance) {
  Edge<N, 8> edge(at, stride);
  auto& x = edge.rows;
  for (int i = 0; i < N; ++i) {
    const int16_t p3 = x[0][i], p2 = x[1][i], p1 = x[2][i], p0 = x[3][i];
    const int16_t q0 = x[4][i], q1 = x[5][i], q2 = x[6][i], q3 = x[7][i];
    const int16_t step_p = distance(p1, p0), step_q = distance(q1, q0);
    const int16_t steps = std::max(std::max(std::max(distance(p3, p2), distance(p2, p1)), step_p),
                                   std::max(std::max(distance(q3, q2), distance(q2, q1)), step_q));
    const bool filtered = distance(p0, q0) * 2 + (distance(p1, q1) >> 1) <= edge_limit && steps <= interior;
    const int16_t mask = filtered ? -1 : 0;
    const int16_t high = std::max(step_p, step_q) > variance ? -1 : 0, low = static_cast<int16_t>(~high);
    const int16_t outer_taps = clamp8(p1 - q1), across = static_cast<int16_t>(3 * (q0 - p0));
    if (kMacroblockEdge) {
      const int16_t a = clamp8(outer_taps + across) & mask, wide = a & low, narrow = a & high;
      const int16_t f1 = clamp8(narrow + 4) >> 3, f2 = clamp8(narrow + 3) >> 3;
      const int16_t w0 = clamp8((27 * wide + 63) >> 7), w1 = clamp8((18 * wide + 63) >> 7),
                    w2 = clamp8((9 * wide + 63) >> 7);
      x[1][i] = shifted(p2, w2);
      x[2][i] = shifted(p1, w1);
      x[3][i] = shifted(p0, w0 + f2);
      x[4][i] = shifted(q0, -w0 - f1);
      x[5][i] = shifted(q1, -w1);
      x[6][i] = shifted(q2, -w2);
    } else {
      const int16_t a = clamp8((outer_taps & high) + across) & mask;
      const int16_t f1 = clamp8(a + 4) >> 3, f2 = clamp8(a + 3) >> 3, beside = ((f1 + 1) >> 1) & low;
      x[2][i] = shifted(p1, beside);
      x[3][i] = shifted(p0, f2);
      x[4][i] = shifted(q0, -f1);
      x[5][i] = shifted(q1, -beside);
    }
  }
  edge.store(at, stride);
}

// The edges of one direction of a square of N samples, which begins at square; edges lie between rows.
template <int N>
ACCELIR_INLINE void filter_square(uint8_t* square, int stride, LoopFilter kind, const Limits& limits, bool outer,
                                  bool inner) {
  if (kind == LoopFilter::kSimple) {
    if (outer) simple_edge<N>(square, stride, limits.outer);
    for (int at = 4; inner && at < N; at += 4) simple_edge<N>(square + at * stride, stride, limits.inner);
  } else {
    if (outer) normal_edge<N, true>(square, stride, limits.outer, limits.interior, limits.variance);
    for (int at = 4; inner && at < N; at += 4)
      normal_edge<N, false>(square + at * stride, stride, limits.inner, limits.interior, limits.variance);
  }
}

constexpr int kReach = 4;  // samples before an edge that a filter reads

// Of an N x N square, N a power of two. Interleaving the two halves of the samples rotates the bits of their indices by
// one; half as many times as an index has bits, it swaps row and column.
template <int N>
ACCELIR_INLINE void transpose(const uint8_t* __restrict from, int from_stride, uint8_t* __restrict to, int to_stride) {
  uint8_t samples[N * N], shuffled[N * N];
  for (int y = 0; y < N; ++y) std::memcpy(samples + y * N, from + y * from_stride, N);
  for (int times = 1; times < N; times *= 2) {
    for (int i = 0; i < N * N / 2; ++i) {
      shuffled[2 * i] = samples[i];
      shuffled[2 * i + 1] = samples[i + N * N / 2];
    }
    std::memcpy(samples, shuffled, N * N);
  }
  for (int y = 0; y < N; ++y) std::memcpy(to + y * to_stride, samples + y * N, N);
}

// Both directions of one square of a plane, the vertical edges first.
template <int N>
ACCELIR_INLINE void filter_plane(uint8_t* square, int stride, LoopFilter kind, const Limits& limits, bool left,
                                 bool top, bool inner) {
  if (left || inner) {
    uint8_t columns[(kReach + N) * N];
    for (int y = 0; left && y < N; ++y)
      for (int x = 0; x < kReach; ++x) columns[x * N + y] = square[y * stride + x - kReach];
    transpose<N>(square, stride, columns + kReach * N, N);
    filter_square<N>(columns + kReach * N, N, kind, limits, left, inner);
    for (int y = 0; left && y < N; ++y)
      for (int x = 0; x < kReach; ++x) square[y * stride + x - kReach] = columns[x * N + y];
    transpose<N>(columns + kReach * N, N, square, stride);
  }
  filter_square<N>(square, stride, kind, limits, top, inner);
}

ACCELIR_MULTIVERSION
void filter_row(YuvPlanes& frame, const MacroblockFilter* macroblocks, int mb_y, LoopFilter kind, int sharpness) {
  const int stride = frame.y_stride(), chroma_stride = frame.uv_stride();
  uint8_t* y = frame.y.data() + static_cast<size_t>(mb_y) * 16 * stride;
  uint8_t* u = frame.u.data() + static_cast<size_t>(mb_y) * 8 * chroma_stride;
  uint8_t* v = frame.v.data() + static_cast<size_t>(mb_y) * 8 * chroma_stride;
  for (int x = 0; x < frame.mb_x; ++x) {
    const MacroblockFilter& mb = macroblocks[x];
    if (mb.level == 0) continue;
    const Limits limits = limits_of(mb.level, sharpness);
    const bool left = x > 0, top = mb_y > 0, inner = mb.inner_edges;
    filter_plane<16>(y + 16 * x, stride, kind, limits, left, top, inner);
    if (kind == LoopFilter::kSimple) continue;
    filter_plane<8>(u + 8 * x, chroma_stride, kind, limits, left, top, inner);
    filter_plane<8>(v + 8 * x, chroma_stride, kind, limits, left, top, inner);
  }
}

}  // namespace

void loop_filter(YuvPlanes& frame, const std::vector<MacroblockFilter>& macroblocks, LoopFilter kind, int sharpness) {
  for (int y = 0; y < frame.mb_y; ++y)
    filter_row(frame, &macroblocks[static_cast<size_t>(y) * frame.mb_x], y, kind, sharpness);
}

}  // namespace accelir::vp8
