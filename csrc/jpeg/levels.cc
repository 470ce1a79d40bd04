#include "jpeg/levels.h"

#include <algorithm>
#include <cstring>

namespace accelir::jpeg {

Levels::Levels(const Geometry& g) : geometry(g), components(g.components.size()) {
  for (size_t c = 0; c < components.size(); ++c) {
    const size_t blocks = static_cast<size_t>(g.components[c].padded_x) * g.components[c].padded_y;
    components[c].values.resize(blocks * 64);
    components[c].nonzero.resize(blocks);
  }
}

void Levels::zero() {
  for (ComponentLevels& component : components) {
    std::fill(component.values.begin(), component.values.end(), int16_t{0});
    std::fill(component.nonzero.begin(), component.nonzero.end(), uint64_t{0});
  }
}

void fill_padding(Levels& levels) {
  const Geometry& g = levels.geometry;
  for (size_t c = 0; c < g.components.size(); ++c) {
    const ComponentGeometry& k = g.components[c];
    const auto pads = [&](int x, int y) { return x >= k.blocks_x || y >= k.blocks_y; };
    // In coding order the block before (x, y) is in its MCU, or the last of the MCU to the left, or of the row above.
    const auto before = [&](int x, int y) -> size_t {
      if (x % k.h) return static_cast<size_t>(y) * k.padded_x + x - 1;
      if (y % k.v) return static_cast<size_t>(y - 1) * k.padded_x + x + k.h - 1;
      const int row = x ? y + k.v - 1 : y - 1;
      return static_cast<size_t>(row) * k.padded_x + (x ? x - 1 : k.padded_x - 1);
    };
    const auto fill = [&](int x, int y) {
      const size_t index = static_cast<size_t>(y) * k.padded_x + x;
      int16_t* block = levels.block(static_cast<int>(c), index);
      std::memset(block, 0, 64 * sizeof *block);
      block[0] = levels.block(static_cast<int>(c), before(x, y))[0];
      levels.components[c].nonzero[index] = block[0] != 0;
    };
    for (int row = 0; row < k.padded_y; row += k.v)
      for (int column = row + k.v > k.blocks_y ? 0 : k.padded_x - k.h; column < k.padded_x; column += k.h)
        for (int y = row; y < row + k.v; ++y)
          for (int x = column; x < column + k.h; ++x)
            if (pads(x, y)) fill(x, y);
  }
}

}  // namespace accelir::jpeg
