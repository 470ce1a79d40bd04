#include "jpeg/cell_bits.h"

#include <algorithm>

#include "jpeg/block_coder.h"
#include "jpeg/scan.h"
#include "jpeg/scan_script.h"

namespace accelir::jpeg {
namespace {

// A sink that adds the bits of every symbol to the cell that is being coded.
class CellSink {
 public:
  CellSink(const std::array<HuffmanTable, kSlots>& tables, float& cell) : tables_(tables), cell_(cell) {}
  void symbol(int slot, int symbol, uint32_t, int extra_bits) { cell_ += tables_[slot].length[symbol] + extra_bits; }

 private:
  const std::array<HuffmanTable, kSlots>& tables_;
  float& cell_;
};

}  // namespace

Grid<float> cell_bits(const Levels& levels) {
  const Geometry& g = levels.geometry;
  const Scan scan = sequential_script(g)[0];
  const ScanCount count = count_scan(levels, scan, false, 0);
  std::array<HuffmanTable, kSlots> tables;
  for (int slot = 0; slot < kSlots; ++slot) tables[slot] = build_huffman(count.histogram[slot]);
  Grid<float> cells(g.cells_y, g.cells_x);
  int previous[3] = {0, 0, 0};
  for_each_block(g, scan.components, all_rows(g, scan.components), [&](int c, size_t index, size_t) {
    const ComponentGeometry& k = g.components[c];
    const int x = std::min(static_cast<int>(index % k.padded_x) / k.cell_x, g.cells_x - 1);
    const int y = std::min(static_cast<int>(index / k.padded_x) / k.cell_y, g.cells_y - 1);
    CellSink sink(tables, cells.at(y, x));
    code_block(levels.block(c, index), levels.components[c].nonzero[index], previous[c], c, sink);
  });
  return cells;
}

}  // namespace accelir::jpeg
