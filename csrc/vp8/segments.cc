#include "vp8/segments.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

namespace accelir::vp8 {
namespace {

// Sums of weight, weight * index and weight * index^2 over the indices below each.
class Moments {
 public:
  explicit Moments(const std::array<double, kQuantizers>& weights) {
    for (int i = 0; i < kQuantizers; ++i) {
      const double terms[3] = {weights[i], weights[i] * i, weights[i] * i * i};
      for (int m = 0; m < 3; ++m) below_[m][i + 1] = below_[m][i] + terms[m];
    }
  }
  bool empty(int begin, int end) const { return sum(0, begin, end) <= 0; }
  int center(int begin, int end) const {
    return empty(begin, end) ? begin : static_cast<int>(std::lround(sum(1, begin, end) / sum(0, begin, end)));
  }
  double cost(int begin, int end) const {
    const double c = center(begin, end);
    return std::max(0.0, sum(2, begin, end) - 2 * c * sum(1, begin, end) + c * c * sum(0, begin, end));
  }

 private:
  double sum(int m, int begin, int end) const { return below_[m][end] - below_[m][begin]; }
  double below_[3][kQuantizers + 1] = {};
};

}  // namespace

// Best groups are intervals, so the best k groups of the indices below `end` are the best k - 1 of those below some
// `begin` and one interval more.
Segments cluster_quantizers(const std::array<double, kQuantizers>& weights, int most) {
  const Moments moments(weights);
  double cost[kMaxSegments + 1][kQuantizers + 1];
  int begin_of[kMaxSegments + 1][kQuantizers + 1] = {};
  for (int end = 0; end <= kQuantizers; ++end) cost[0][end] = end ? std::numeric_limits<double>::infinity() : 0;
  for (int k = 1; k <= most; ++k)
    for (int end = 0; end <= kQuantizers; ++end) {
      cost[k][end] = cost[k - 1][end];
      begin_of[k][end] = end;
      for (int begin = 0; begin < end; ++begin) {
        const double with = cost[k - 1][begin] + moments.cost(begin, end);
        if (with < cost[k][end]) {
          cost[k][end] = with;
          begin_of[k][end] = begin;
        }
      }
    }
  std::vector<uint8_t> centers;
  for (int k = most, end = kQuantizers; k > 0; --k) {
    const int begin = begin_of[k][end];
    if (!moments.empty(begin, end)) centers.insert(centers.begin(), static_cast<uint8_t>(moments.center(begin, end)));
    end = begin;
  }
  Segments out;
  out.count = static_cast<int>(centers.size());
  for (int s = 0; s < kMaxSegments; ++s) out.quantizer[s] = centers[std::min(s, out.count - 1)];
  for (int i = 0; i < kQuantizers; ++i)
    for (int s = 1; s < out.count; ++s)
      if (std::abs(i - out.quantizer[s]) < std::abs(i - out.quantizer[out.segment_of[i]]))
        out.segment_of[i] = static_cast<uint8_t>(s);
  return out;
}

}  // namespace accelir::vp8
