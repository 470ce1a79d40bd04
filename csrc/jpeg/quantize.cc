#include "jpeg/quantize.h"

#include "common/parallel.h"
#include "common/simd.h"
#include "jpeg/trellis.h"

namespace accelir::jpeg {
namespace {

constexpr int kMaxDcLevel = 1023;  // and -1024, so that differences keep to eleven bits (T.81, table F.1)
constexpr int kMaxAcLevel = 1023;  // T.81, table F.2: ten bits

// Magnitudes in steps, and as rounded levels.
ACCELIR_INLINE void round_block(const int16_t* __restrict coefficient, const BlockQuantizer& q, float* __restrict x,
                                int16_t* __restrict level) {
  const int m = q.multiple;
  const float inverse_m = 1.0f / static_cast<float>(m), rounding = 0.5f - q.dead_zone;
  for (int k = 0; k < 64; ++k) {
    const int c = coefficient[k];
    x[k] = static_cast<float>(c < 0 ? -c : c) * q.inverse[k];
    // Clamped as integers: comparisons of floats would keep the loop from being vectorised.
    const int whole = static_cast<int>(x[k] * inverse_m + rounding) * m;
    const int positive = whole & ~(whole >> 31);
    level[k] = static_cast<int16_t>(positive < kMaxAcLevel ? positive : kMaxAcLevel);
  }
  const int dc = static_cast<int>(x[0] + 0.5f), most = coefficient[0] < 0 ? kMaxDcLevel + 1 : kMaxDcLevel;
  level[0] = static_cast<int16_t>(dc < most ? dc : most);
}

ACCELIR_INLINE uint64_t quantize_block(const int16_t* coefficient, const BlockQuantizer& q, const AcBits& bits,
                                       int16_t* level) {
  float x[64];
  round_block(coefficient, q, x, level);
  const uint64_t rounded = nonzero_mask(level);
  uint64_t kept = rounded & q.keep;
  if (q.lambda > 0 && kept) kept = trellis(q, bits, x, level, kept);
  kept |= rounded & 1;
  for (int k = 0; k < 64; ++k) level[k] = coefficient[k] < 0 ? -level[k] : level[k];
  if (rounded & ~q.keep & ~uint64_t{1})
    for (int k = 1; k < 64; ++k) level[k] = q.keep >> k & 1 ? level[k] : 0;
  return kept;
}

// Rows [first, last) of a component's blocks.
ACCELIR_MULTIVERSION
void quantize_rows(const int16_t* coefficients, const ComponentGeometry& g, const QuantizeJob& job,
                   const BlockQuantizer* quantizers, const Grid<float>* weights, const AcBits& bits, int first,
                   int last, int16_t* levels, uint64_t* nonzero) {
  BlockQuantizer of_block;
  for (int y = first; y < last; ++y)
    for (int x = 0; x < g.blocks_x; ++x) {
      const size_t to = static_cast<size_t>(y) * g.padded_x + x;
      const int16_t* from = coefficients + (static_cast<size_t>(y) * g.blocks_x + x) * 64;
      const BlockQuantizer* q = &quantizers[job.mode_map.at(y / g.cell_y, x / g.cell_x)];
      if (weights) {
        of_block = weighted(*q, weights->at(y, x));
        q = &of_block;
      }
      nonzero[to] = quantize_block(from, *q, bits, levels + to * 64);
    }
}

}  // namespace

void quantize(const Coefficients& coefficients, const QuantizeJob& job, int threads, Levels& levels) {
  const Geometry& g = coefficients.geometry;
  for (size_t c = 0; c < g.components.size(); ++c) {
    const ComponentGeometry& k = g.components[c];
    ComponentLevels& out = levels.components[c];
    const Grid<float>* weights = job.block_weights ? &(*job.block_weights)[c] : nullptr;
    run_rows(threads, k.blocks_y, [&](int first, int last) {
      quantize_rows(coefficients.blocks[c].data(), k, job, job.quantizers[c].data(), weights, job.bits[c > 0], first,
                    last, out.values.data(), out.nonzero.data());
    });
  }
}

}  // namespace accelir::jpeg
