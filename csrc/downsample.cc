#include "downsample.h"

#include <algorithm>

#include "simd.h"

namespace accelir {
namespace {

constexpr float kNear = 0.75f, kFar = 0.25f;
constexpr float kDiagonal = 1.25f, kBeside = 0.375f;
constexpr int kRadius = 7;  // 3^-8 of a sample is below a twentieth of an 8-bit level

// Half of the inverse of the infinite tridiagonal matrix: (-1/3)^n / sqrt(kDiagonal^2 - 4 kBeside^2), the root being 1.
constexpr float kInverse[kRadius + 1] = {1.0f,      -1.0f / 3,   1.0f / 9,   -1.0f / 27,
                                         1.0f / 81, -1.0f / 243, 1.0f / 729, -1.0f / 2187};

}  // namespace

// Edges replicated in U make c, U'chroma and chroma mirror at the edge, so mirroring U'chroma is exact.
ACCELIR_MULTIVERSION
void halve_row(const float* __restrict in, int n, float* __restrict out, float* __restrict scratch) {
  const int half = (n + 1) / 2;
  float* __restrict b = scratch + kRadius;
  const auto at = [&](int x) { return in[std::min(std::max(x, 0), n - 1)]; };
  const auto transposed = [&](int i) {
    return kFar * (at(2 * i - 1) + at(2 * i + 2)) + kNear * (at(2 * i) + at(2 * i + 1));
  };
  b[0] = transposed(0);
  for (int i = 1; i < half - 2; ++i)
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
  for (int i = 0; i < half; ++i) {
    float sum = b[i];
    for (int t = 1; t <= kRadius; ++t) sum += kInverse[t] * (b[i - t] + b[i + t]);
    out[i] = sum;
  }
}

// U' down the columns, then the tridiagonal system by elimination (Thomas), whole rows at a time.
ACCELIR_MULTIVERSION
void halve_columns(Plane& plane) {
  const int width = plane.width, height = plane.height, half = (height + 1) / 2;
  for (int i = 0; i < half; ++i) {
    const float* above = plane.row(std::max(2 * i - 1, 0));
    const float* upper = plane.row(2 * i);
    const float* lower = plane.row(std::min(2 * i + 1, height - 1));
    const float* below = plane.row(std::min(2 * i + 2, height - 1));
    float* out = plane.row(i);
    for (int x = 0; x < width; ++x) out[x] = kFar * (above[x] + below[x]) + kNear * (upper[x] + lower[x]);
  }
  plane.height = half;
  plane.samples.resize(static_cast<size_t>(width) * half);
  plane.samples.shrink_to_fit();

  std::vector<float> ratio(half);
  const auto diagonal = [&](int i) { return kDiagonal + (i == 0 ? kBeside : 0) + (i == half - 1 ? kBeside : 0); };
  for (int i = 0; i < half; ++i) {
    const float pivot = 1.0f / (diagonal(i) - (i ? kBeside * ratio[i - 1] : 0.0f));
    ratio[i] = kBeside * pivot;
    float* row = plane.row(i);
    if (i == 0) {
      for (int x = 0; x < width; ++x) row[x] *= pivot;
    } else {
      const float* previous = plane.row(i - 1);
      for (int x = 0; x < width; ++x) row[x] = (row[x] - kBeside * previous[x]) * pivot;
    }
  }
  for (int i = half - 2; i >= 0; --i) {
    float* row = plane.row(i);
    const float* next = plane.row(i + 1);
    const float factor = ratio[i];
    for (int x = 0; x < width; ++x) row[x] -= factor * next[x];
  }
}

}  // namespace accelir
