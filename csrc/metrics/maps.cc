#include "metrics/maps.h"

#include <algorithm>
#include <cmath>

#include "common/simd.h"

namespace accelir::metrics {
namespace {

constexpr float kC2 = 0.0009f;  // keeps the structure of flat areas from being that of their noise

ACCELIR_INLINE void add(float value, float& sum, float& sum4) {
  sum += value;
  const float square = value * value;
  sum4 += square * square;
}

// SSIM with (1 - apart^2) in the place of its ratio of means, as values have a perceptual scale already. Its ratio of
// covariance to variances is 1 - variance of the difference / variances: without the cancellation that would be noise
// in flat areas.
ACCELIR_MULTIVERSION
void add_structure(const float* __restrict mean1, const float* __restrict variance1, const float* __restrict mean2,
                   const float* __restrict variance2, const float* __restrict square_apart, std::ptrdiff_t n,
                   float* __restrict sums, float* __restrict sums4) {
  for (std::ptrdiff_t x = 0; x < n; ++x) {
    const float means_apart = (mean1[x] - mean2[x]) * (mean1[x] - mean2[x]);
    const float unlike = (square_apart[x] - means_apart) / (variance1[x] + variance2[x] + kC2);
    add(std::max(means_apart + (1 - means_apart) * unlike, 0.0f), sums[x], sums4[x]);
  }
}

// Where the picture is farther from its mean than the reference is from its own, there is an edge too many.
ACCELIR_MULTIVERSION
void add_edges(const float* __restrict value1, const float* __restrict mean1, const float* __restrict value2,
               const float* __restrict mean2, std::ptrdiff_t n, float* __restrict more, float* __restrict more4,
               float* __restrict less, float* __restrict less4) {
  for (std::ptrdiff_t x = 0; x < n; ++x) {
    const float edge1 = std::fabs(value1[x] - mean1[x]), edge2 = std::fabs(value2[x] - mean2[x]);
    const float gain = (edge2 - edge1) / (1 + edge1);
    add(std::max(gain, 0.0f), more[x], more4[x]);
    add(std::max(-gain, 0.0f), less[x], less4[x]);
  }
}

}  // namespace

void add_maps(const ReferenceRow& r, const PictureRow& p, ColumnSums& sums) {
  const auto n = static_cast<std::ptrdiff_t>(sums[0].size());
  add_structure(r.mean, r.variance, p.mean, p.variance, p.mean_square_apart, n, sums[kStructure].data(),
                sums[kMaps + kStructure].data());
  add_edges(r.value, r.mean, p.value, p.mean, n, sums[kArtefact].data(), sums[kMaps + kArtefact].data(),
            sums[kLostDetail].data(), sums[kMaps + kLostDetail].data());
}

}  // namespace accelir::metrics
