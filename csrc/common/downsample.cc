#include "common/downsample.h"

#include <algorithm>
#include <cmath>

#include "common/parallel.h"
#include "common/simd.h"

namespace accelir {
namespace {

constexpr float kNear = 0.75f, kFar = 0.25f;
constexpr int kRadius = Halving::kRadius;

}  // namespace

// With d on and b beside the diagonal the inverse is r^n / root, root = sqrt(d^2 - 4 b^2), r = -2 b / (d + root).
Halving::Halving(double smoothing)
    : diagonal(static_cast<float>(1.25 + 2 * smoothing)), beside(static_cast<float>(0.375 - smoothing)) {
  const double root = std::sqrt(1 + 8 * smoothing);
  for (int n = 0; n <= kRadius; ++n)
    inverse[n] = static_cast<float>(std::pow(-2 * (0.375 - smoothing) / (1.25 + 2 * smoothing + root), n) / root);
}

// Edges replicated in U make c, U'chroma and chroma mirror at the edge, so mirroring U'chroma is exact.
ACCELIR_MULTIVERSION
void halve_row(const Halving& halving, const float* __restrict in, int n, float* __restrict out,
               float* __restrict scratch) {
  const int half = (n + 1) / 2;
  const std::array<float, kRadius + 1> inverse = halving.inverse;
  float* __restrict b = scratch + kRadius;
  const auto at = [&](int x) { return in[std::min(std::max(x, 0), n - 1)]; };
  const auto transposed = [&](int i) {
    return kFar * (at(2 * i - 1) + at(2 * i + 2)) + kNear * (at(2 * i) + at(2 * i + 1));
  };
  b[0] = transposed(0);
  for (ptrdiff_t i = 1; i < half - 2; ++i)
    b[i] = kFar * (in[2 * i - 1] + in[2 * i + 2]) + kNear * (in[2 * i] + in[2 * i + 1]);
  for (int i = std::max(1, half - 2); i < half; ++i) b[i] = transposed(i);
  const auto mirror = [&](int i) {
    const int phase = i % (2 * half);
    return phase < half ? phase : 2 * half - 1 - phase;
  };
  for (int i = 1; i <= kRadius; ++i) {
    b[-i] = b[mirror(i - 1)];
    b[half - 1 + i] = b[half - 1 - mirror(i - 1)];
  }
  for (ptrdiff_t i = 0; i < half; ++i) {
    float sum = inverse[0] * b[i];
    for (ptrdiff_t t = 1; t <= kRadius; ++t) sum += inverse[t] * (b[i - t] + b[i + t]);
    out[i] = sum;
  }
}

namespace {

// U' down some columns, then the tridiagonal system by elimination (Thomas), whole rows of them at a time.
ACCELIR_MULTIVERSION
void halve_some_columns(const Halving& halving, int from, int to, Plane& plane) {
  const int height = plane.height, half = (height + 1) / 2;
  const float beside = halving.beside;
  for (int i = 0; i < half; ++i) {
    const float* above = plane.row(std::max(2 * i - 1, 0));
    const float* upper = plane.row(2 * i);
    const float* lower = plane.row(std::min(2 * i + 1, height - 1));
    const float* below = plane.row(std::min(2 * i + 2, height - 1));
    float* out = plane.row(i);
    for (ptrdiff_t x = from; x < to; ++x) out[x] = kFar * (above[x] + below[x]) + kNear * (upper[x] + lower[x]);
  }

  std::vector<float> ratio(half);
  const auto diagonal = [&](int i) { return halving.diagonal + (i == 0 ? beside : 0) + (i == half - 1 ? beside : 0); };
  for (int i = 0; i < half; ++i) {
    const float pivot = 1.0f / (diagonal(i) - (i ? beside * ratio[i - 1] : 0.0f));
    ratio[i] = beside * pivot;
    float* row = plane.row(i);
    if (i == 0) {
      for (ptrdiff_t x = from; x < to; ++x) row[x] *= pivot;
    } else {
      const float* previous = plane.row(i - 1);
      for (ptrdiff_t x = from; x < to; ++x) row[x] = (row[x] - beside * previous[x]) * pivot;
    }
  }
  for (int i = half - 2; i >= 0; --i) {
    float* row = plane.row(i);
    const float* next = plane.row(i + 1);
    const float factor = ratio[i];
    for (ptrdiff_t x = from; x < to; ++x) row[x] -= factor * next[x];
  }
}

}  // namespace

void halve_columns(const Halving& halving, Plane& plane, int threads) {
  run_rows(threads, plane.width, [&](int from, int to) { halve_some_columns(halving, from, to, plane); });
  plane.height = (plane.height + 1) / 2;
  plane.samples.resize(static_cast<size_t>(plane.width) * plane.height);
  plane.samples.shrink_to_fit();
}

}  // namespace accelir
