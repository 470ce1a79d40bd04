#include "vp8_loop_filter.h"

#include <algorithm>
#include <cstdlib>

#include "simd.h"

// Macroblocks follow one another, for each filters what the ones before it have left. Within one, an edge is filtered
// at all its 16 (chroma: 8) positions at once: eight rows of positions, four on each side. Horizontal edges lie so in
// the plane; vertical ones are transposed into a buffer, macroblock by macroblock, and back.

namespace accelir {
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

ACCELIR_INLINE int16_t clamp8(int value) { return static_cast<int16_t>(std::min(std::max(value, -128), 127)); }
ACCELIR_INLINE int16_t distance(int16_t a, int16_t b) { return static_cast<int16_t>(a > b ? a - b : b - a); }
ACCELIR_INLINE uint8_t shifted(int16_t sample, int by) { return static_cast<uint8_t>(clamp8(sample - 128 + by) + 128); }

// q0: the first row behind the edge; the other rows are at multiples of stride. All decisions are selections, so that
// the loops become vector code.
template <int N>
ACCELIR_INLINE void simple_edge(uint8_t* __restrict rows, int stride, int edge_limit) {
  for (int i = 0; i < N; ++i) {
    uint8_t* at = rows + i;
    const int16_t p1 = at[-2 * stride], p0 = at[-stride], q0 = at[0], q1 = at[stride];
    const bool filtered = distance(p0, q0) * 2 + (distance(p1, q1) >> 1) <= edge_limit;
    const int16_t a = clamp8(clamp8(p1 - q1) + 3 * (q0 - p0)), mask = filtered ? -1 : 0;
    at[-stride] = shifted(p0, (clamp8(a + 3) >> 3) & mask);
    at[0] = shifted(q0, -((clamp8(a + 4) >> 3) & mask));
  }
}

template <int N, bool kMacroblockEdge>
ACCELIR_INLINE void normal_edge(uint8_t* __restrict rows, int stride, int edge_limit, int interior, int variance) {
  for (int i = 0; i < N; ++i) {
    uint8_t* at = rows + i;
    const int16_t p3 = at[-4 * stride], p2 = at[-3 * stride], p1 = at[-2 * stride], p0 = at[-stride];
    const int16_t q0 = at[0], q1 = at[stride], q2 = at[2 * stride], q3 = at[3 * stride];
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
      at[-3 * stride] = shifted(p2, w2);
      at[-2 * stride] = shifted(p1, w1);
      at[-stride] = shifted(p0, w0 + f2);
      at[0] = shifted(q0, -w0 - f1);
      at[stride] = shifted(q1, -w1);
      at[2 * stride] = shifted(q2, -w2);
    } else {
      const int16_t a = clamp8((outer_taps & high) + across) & mask;
      const int16_t f1 = clamp8(a + 4) >> 3, f2 = clamp8(a + 3) >> 3, beside = ((f1 + 1) >> 1) & low;
      at[-2 * stride] = shifted(p1, beside);
      at[-stride] = shifted(p0, f2);
      at[0] = shifted(q0, -f1);
      at[stride] = shifted(q1, -beside);
    }
  }
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

// Both directions of one square of a plane, the vertical edges first.
template <int N>
ACCELIR_INLINE void filter_plane(uint8_t* square, int stride, LoopFilter kind, const Limits& limits, bool left,
                                 bool top, bool inner) {
  if (left || inner) {
    const int reach = left ? kReach : 0;
    uint8_t columns[(N + kReach) * N];
    for (int y = 0; y < N; ++y)
      for (int x = -reach; x < N; ++x) columns[(x + kReach) * N + y] = square[y * stride + x];
    filter_square<N>(columns + kReach * N, N, kind, limits, left, inner);
    for (int y = 0; y < N; ++y)
      for (int x = -reach; x < N; ++x) square[y * stride + x] = columns[(x + kReach) * N + y];
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

}  // namespace accelir
