// Quantised coefficients, and the walks over them that scans make.
#pragma once

#include <cstdint>
#include <vector>

#include "common/fresh.h"
#include "common/simd.h"
#include "jpeg/geometry.h"

namespace accelir::jpeg {

struct ComponentLevels {
  FreshVector<int16_t> values;    // padded_x * padded_y blocks of 64, zigzag order
  FreshVector<uint64_t> nonzero;  // a block's nonzero levels, bit i for zigzag place i
};

struct Levels {
  Geometry geometry;
  std::vector<ComponentLevels> components;

  Levels() = default;
  explicit Levels(const Geometry& g);  // which have no values yet
  void zero();
  int16_t* block(int c, size_t index) { return components[c].values.data() + index * 64; }
  const int16_t* block(int c, size_t index) const { return components[c].values.data() + index * 64; }
};

// Bit i for a nonzero at place i. Eight flags of a byte each become eight bits by one multiplication; the flags
// themselves vectorise.
ACCELIR_INLINE uint64_t nonzero_mask(const int16_t* block) {
  uint64_t mask = 0;
  uint8_t flag[64];
  for (int k = 0; k < 64; ++k) flag[k] = block[k] != 0;
  for (int i = 0; i < 8; ++i) {
    uint64_t eight = 0;
    for (int j = 0; j < 8; ++j) eight |= static_cast<uint64_t>(flag[8 * i + j]) << (8 * j);
    mask |= ((eight * 0x0102040810204080u) >> 56) << (8 * i);
  }
  return mask;
}

// Gives the blocks that only pad MCUs the DC level of the block coded before them, which costs least. Their AC is 0.
void fill_padding(Levels& levels);

// Of a scan's blocks, or of its MCUs where it interleaves components: [first, last).
struct ScanRows {
  int first, last;
};
inline ScanRows all_rows(const Geometry& g, const std::vector<int>& components) {
  return {0, components.size() == 1 ? g.components[components[0]].blocks_y : g.mcus_y};
}

// Calls visit(component, block index, MCU number) in coding order (T.81, A.2).
template <class Visit>
void for_each_block(const Geometry& g, const std::vector<int>& components, const ScanRows& rows, Visit&& visit) {
  if (components.size() == 1) {
    const int c = components[0];
    const ComponentGeometry& k = g.components[c];
    for (int y = rows.first; y < rows.last; ++y)
      for (int x = 0; x < k.blocks_x; ++x)
        visit(c, static_cast<size_t>(y) * k.padded_x + x, static_cast<size_t>(y) * k.blocks_x + x);
    return;
  }
  size_t mcu = static_cast<size_t>(rows.first) * g.mcus_x;
  for (int my = rows.first; my < rows.last; ++my)
    for (int mx = 0; mx < g.mcus_x; ++mx, ++mcu)
      for (int c : components) {
        const ComponentGeometry& k = g.components[c];
        for (int y = my * k.v; y < (my + 1) * k.v; ++y)
          for (int x = mx * k.h; x < (mx + 1) * k.h; ++x) visit(c, static_cast<size_t>(y) * k.padded_x + x, mcu);
      }
}

// Calls visit(x, y) for one component's picture-carrying blocks in the order that an interleaved scan codes them.
template <class Visit>
void for_each_block_of(const Geometry& g, int component, Visit&& visit) {
  const ComponentGeometry& k = g.components[component];
  for (int top = 0; top < k.blocks_y; top += k.v)
    for (int left = 0; left < k.blocks_x; left += k.h)
      for (int y = top; y < top + k.v && y < k.blocks_y; ++y)
        for (int x = left; x < left + k.h && x < k.blocks_x; ++x) visit(x, y);
}

}  // namespace accelir::jpeg
