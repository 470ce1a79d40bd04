// What the two entropy decoders of a scan share, and the walk over its blocks.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace accelir::jpeg {

// A component of the file that is read; an index addresses blocks row by row, padded_x a row.
struct ReadComponent {
  int id = 0, quantisation = 0;
  int h = 1, v = 1;                                               // sampling factors
  size_t blocks_x = 0, blocks_y = 0, padded_x = 0, padded_y = 0;  // as in ComponentGeometry
  int16_t* values = nullptr;                                      // blocks of 64 levels, zigzag; null: not kept
  std::vector<uint64_t> nonzero;      // a block's AC levels that are not 0; progressive only
  std::array<int8_t, 64> accuracy{};  // lowest bit that was sent of a place; -1: none

  int16_t* block(size_t index) const { return values ? values + index * 64 : nullptr; }
};

struct ScanHeader {
  std::vector<ReadComponent*> components;
  std::vector<int> dc, ac;  // tables
  int first = 0, last = 63, high = 0, low = 0;
  bool progressive = false;
};

// Of places first to last.
inline uint64_t band_mask(const ScanHeader& h) { return (~uint64_t{0} >> (63 - h.last)) & (~uint64_t{0} << h.first); }

inline void require_place(const ScanHeader& h, int k) {
  if (k > h.last) throw std::invalid_argument("damaged JPEG: a coefficient beyond its scan's band");
}

inline void put(int16_t* block, int k, int value) {
  if (block) block[k] = static_cast<int16_t>(value);
}

// One more bit for a level that is not 0.
inline void correct(int16_t* block, int k, int low) {
  if (block) block[k] = static_cast<int16_t>(block[k] + (block[k] < 0 ? -(1 << low) : 1 << low));
}

// Visits the blocks of a scan in coding order (T.81, A.2). A decoder has
//   pass(component, index, most)      how many blocks from here on, at most `most`, it knows to have nothing new
//   block(i, component, index)        reads a block of the scan's i-th component
//   restart(number)                   goes on behind a restart marker
template <class Decoder>
void walk(const ScanHeader& h, size_t mcus_x, size_t mcus_y, size_t interval, Decoder& decoder) {
  size_t left = interval ? interval : SIZE_MAX, restarts = 0;
  const auto next = [&](size_t passed) {
    left -= passed;
    return interval && !left;
  };
  const auto restart = [&] {
    decoder.restart(static_cast<int>(restarts++ & 7));
    left = interval;
  };
  bool due = false;
  if (h.components.size() == 1) {
    ReadComponent& c = *h.components[0];
    for (size_t y = 0; y < c.blocks_y; ++y)
      for (size_t x = 0; x < c.blocks_x;) {
        if (due) restart();
        const size_t index = y * c.padded_x + x;
        size_t passed = decoder.pass(c, index, std::min(c.blocks_x - x, left));
        if (!passed) {
          decoder.block(0, c, index);
          passed = 1;
        }
        x += passed;
        due = next(passed);
      }
    return;
  }
  for (size_t my = 0; my < mcus_y; ++my)
    for (size_t mx = 0; mx < mcus_x; ++mx) {
      if (due) restart();
      for (size_t i = 0; i < h.components.size(); ++i) {
        ReadComponent& c = *h.components[i];
        for (size_t y = my * c.v; y < (my + 1) * c.v; ++y)
          for (size_t x = mx * c.h; x < (mx + 1) * c.h; ++x) decoder.block(i, c, y * c.padded_x + x);
      }
      due = next(1);
    }
}

}  // namespace accelir::jpeg
