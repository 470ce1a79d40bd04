// A macroblock of the picture as the search takes it: block by block in the lanes of vectors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/simd.h"
#include "vp8/planes.h"
#include "vp8/transform.h"

namespace accelir::vp8 {

// The samples to code. Block b is lane b: luma in raster order, chroma U's four and V's four.
struct MacroblockSource {
  alignas(64) Lanes<16> luma;
  alignas(64) Lanes<8> chroma;
};

// x, y: of the macroblock.
ACCELIR_INLINE void load_luma(const YuvPlanes& p, int x, int y, Lanes<16>& out) {
  const uint8_t* luma = p.y.data() + static_cast<size_t>(y) * 16 * p.y_stride() + x * 16;
  for (int k = 0; k < 16; ++k)
    for (int b = 0; b < 16; ++b)
      out[k][b] = luma[static_cast<size_t>(b / 4 * 4 + k / 4) * p.y_stride() + b % 4 * 4 + k % 4];
}

ACCELIR_INLINE void load_source(const YuvPlanes& p, int x, int y, MacroblockSource& out) {
  load_luma(p, x, y, out.luma);
  for (int plane = 0; plane < 2; ++plane) {
    const uint8_t* chroma = (plane ? p.v : p.u).data() + static_cast<size_t>(y) * 8 * p.uv_stride() + x * 8;
    for (int k = 0; k < 16; ++k)
      for (int b = 0; b < 4; ++b)
        out.chroma[k][4 * plane + b] =
            chroma[static_cast<size_t>(b / 2 * 4 + k / 4) * p.uv_stride() + b % 2 * 4 + k % 4];
  }
}

}  // namespace accelir::vp8
