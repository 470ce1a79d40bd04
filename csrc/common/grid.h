// A value for each cell or macroblock of a picture, row by row.
#pragma once

#include <cstddef>
#include <vector>

namespace accelir {

template <class T>
struct Grid {
  int rows = 0, columns = 0;
  std::vector<T> values;

  Grid() = default;
  Grid(int r, int c) : rows(r), columns(c), values(static_cast<size_t>(r) * c) {}
  T& at(int row, int column) { return values[static_cast<size_t>(row) * columns + column]; }
  const T& at(int row, int column) const { return values[static_cast<size_t>(row) * columns + column]; }
  auto begin() const { return values.begin(); }
  auto end() const { return values.end(); }
};

}  // namespace accelir
