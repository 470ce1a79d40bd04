#include "vp8/activity.h"

#include <cmath>

#include "common/simd.h"
#include "vp8/source.h"
#include "vp8/transform.h"

namespace accelir::vp8 {
namespace {

constexpr float kNothing = 0.2f, kMost = 2.0f;  // steps from which on, and up to which, a coefficient counts
constexpr float kOfWeight = 0.2f;               // power of a macroblock's weight
constexpr double kLeastOfMacroblock = 2.0;      // whatever is in it

// Sum of what luma's AC magnitudes have in steps, transformed as they are.
ACCELIR_MULTIVERSION
float activity(const YuvPlanes& picture, int x, int y, float inverse_step) {
  alignas(64) Lanes<16> samples, c;
  load_luma(picture, x, y, samples);
  forward_dct(samples, c);
  alignas(64) float sum[16] = {};
  for (int n = 1; n < 16; ++n)
    for (int lane = 0; lane < 16; ++lane) {
      const float steps = std::fabs(c[n][lane]) * inverse_step - kNothing;
      const float bounded = steps < kMost ? steps : kMost;
      sum[lane] += bounded > 0.0f ? bounded : 0.0f;
    }
  float total = 0.0f;
  for (float s : sum) total += s;
  return total;
}

}  // namespace

std::vector<double> row_activities(const YuvPlanes& picture, const Settings& settings, float step) {
  const float inverse = 0.5f / step;  // coefficients are twice the orthonormal ones
  std::vector<double> out(static_cast<size_t>(picture.mb_y));
  for (int y = 0; y < picture.mb_y; ++y)
    for (int x = 0; x < picture.mb_x; ++x) {
      const size_t i = static_cast<size_t>(y) * picture.mb_x + x;
      const float finer = settings.octaves ? std::exp2(-settings.octaves->values[i]) : 1.0f;
      const float weight = settings.weights ? std::pow(settings.weights->values[i], kOfWeight) : 1.0f;
      out[y] += kLeastOfMacroblock + static_cast<double>(weight * activity(picture, x, y, inverse * finer));
    }
  return out;
}

}  // namespace accelir::vp8
