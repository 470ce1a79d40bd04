#include "levels.h"

#include <cstring>

#include "simd.h"

namespace accelir {

Levels::Levels(const Geometry& g) : geometry(g), components(g.components.size()) {
  for (size_t c = 0; c < components.size(); ++c) {
    const size_t blocks = static_cast<size_t>(g.components[c].padded_x) * g.components[c].padded_y;
    components[c].values.resize(blocks * 64);
    components[c].nonzero.resize(blocks);
  }
}

uint64_t nonzero_mask(const int16_t* block) {
  uint64_t mask = 0;
  for (int i = 0; i < 64; ++i) mask |= static_cast<uint64_t>(block[i] != 0) << i;
  return mask;
}

void fill_padding(Levels& levels) {
  const Geometry& g = levels.geometry;
  if (g.components.size() == 1) return;
  int16_t previous[3] = {0, 0, 0};
  for_each_block(g, {0, 1, 2}, [&](int c, size_t index, size_t) {
    const ComponentGeometry& k = g.components[c];
    int16_t* block = levels.block(c, index);
    const bool pads = static_cast<int>(index % k.padded_x) >= k.blocks_x ||
                      static_cast<int>(index / k.padded_x) >= k.blocks_y;
    if (pads) {
      std::memset(block, 0, 64 * sizeof *block);
      block[0] = previous[c];
      levels.components[c].nonzero[index] = block[0] != 0;
    }
    previous[c] = block[0];
  });
}

}  // namespace accelir
