#include "metrics/blur.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "common/simd.h"

namespace accelir::metrics {
namespace {

constexpr double kSigma = 1.5;
constexpr int kRadius = Blur::kRadius;

using Half = std::array<float, kRadius + 1>;  // a symmetric filter's middle, and one side

Half gaussian() {
  std::array<double, kRadius + 1> values{};
  double sum = 0;
  for (int t = 0; t <= kRadius; ++t) {
    values[t] = std::exp(-0.5 * t * t / (kSigma * kSigma));
    sum += t ? 2 * values[t] : values[t];
  }
  Half out{};
  for (int t = 0; t <= kRadius; ++t) out[t] = static_cast<float>(values[t] / sum);
  return out;
}

const Half kFilter = gaussian();

// in: kRadius samples before and behind the n.
ACCELIR_MULTIVERSION
void along_row(const Half& filter, const float* __restrict in, std::ptrdiff_t n, float* __restrict out) {
  const float f0 = filter[0], f1 = filter[1], f2 = filter[2], f3 = filter[3], f4 = filter[4], f5 = filter[5];
  for (std::ptrdiff_t x = 0; x < n; ++x)
    out[x] = f0 * in[x] + f1 * (in[x - 1] + in[x + 1]) + f2 * (in[x - 2] + in[x + 2]) + f3 * (in[x - 3] + in[x + 3]) +
             f4 * (in[x - 4] + in[x + 4]) + f5 * (in[x - 5] + in[x + 5]);
}

// in: the row in the middle, then those 1 above and 1 below, 2 above and 2 below, ...
ACCELIR_MULTIVERSION
void across_rows(const Half& filter, const std::array<const float*, 2 * kRadius + 1>& in, std::ptrdiff_t n,
                 float* __restrict out) {
  const float f0 = filter[0], f1 = filter[1], f2 = filter[2], f3 = filter[3], f4 = filter[4], f5 = filter[5];
  const float* __restrict middle = in[0];
  const float* __restrict a1 = in[1], * __restrict b1 = in[2], * __restrict a2 = in[3], * __restrict b2 = in[4];
  const float* __restrict a3 = in[5], * __restrict b3 = in[6], * __restrict a4 = in[7], * __restrict b4 = in[8];
  const float* __restrict a5 = in[9], * __restrict b5 = in[10];
  for (std::ptrdiff_t x = 0; x < n; ++x)
    out[x] = f0 * middle[x] + f1 * (a1[x] + b1[x]) + f2 * (a2[x] + b2[x]) + f3 * (a3[x] + b3[x]) +
             f4 * (a4[x] + b4[x]) + f5 * (a5[x] + b5[x]);
}

}  // namespace

Blur::Blur(int width, int height)
    : width_(width),
      height_(height),
      padded_(static_cast<size_t>(width) + 2 * kRadius),
      ring_(static_cast<size_t>(width) * kRows) {}

void Blur::push(const float* row) {
  std::copy_n(row, width_, padded_.data() + kRadius);
  along_row(kFilter, padded_.data() + kRadius, width_, ring_.data() + static_cast<size_t>(pushed_ % kRows) * width_);
  ++pushed_;
}

const float* Blur::kept(int y) const {
  const int inside = y < 0 ? -1 - y : y >= height_ ? 2 * height_ - 1 - y : y;
  return ring_.data() + static_cast<size_t>(inside % kRows) * width_;
}

void Blur::pull(int y, float* out) const {
  std::array<const float*, kRows> rows{kept(y)};
  for (int t = 1; t <= kRadius; ++t) {
    rows[2 * t - 1] = kept(y - t);
    rows[2 * t] = kept(y + t);
  }
  across_rows(kFilter, rows, width_, out);
}

}  // namespace accelir::metrics
