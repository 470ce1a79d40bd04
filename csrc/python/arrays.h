// NumPy arrays and bytes between Python and the core, and the one way in which arguments are refused.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/grid.h"

namespace accelir::python {

namespace py = pybind11;

template <class T>
using Array = py::array_t<T, py::array::c_style>;

// Throws what Python sees as a ValueError.
inline void require(bool condition, const std::string& message) {
  if (!condition) throw std::invalid_argument(message);
}

using Shape = std::vector<py::ssize_t>;
constexpr py::ssize_t kAny = -1;  // a side of a wanted shape that may have any length

inline std::string shape_of(const py::array& a) { return py::str(py::tuple(a.attr("shape"))); }

inline std::string text_of(const Shape& shape) {
  std::string out = "(";
  for (py::ssize_t side : shape) out += (out.size() > 1 ? ", " : "") + (side == kAny ? "any" : std::to_string(side));
  return out + ")";
}

// of: what the shape follows from, as in " for this picture".
inline void require_shape(const py::array& a, const std::string& name, const Shape& shape, const std::string& of = "") {
  bool same = a.ndim() == static_cast<py::ssize_t>(shape.size());
  for (size_t i = 0; same && i < shape.size(); ++i) same = shape[i] == kAny || a.shape(i) == shape[i];
  if (shape.size() == 1 && shape[0] != kAny)
    require(same, name + " takes " + std::to_string(shape[0]) + " values, not the shape " + shape_of(a));
  require(same, name + " must have the shape " + text_of(shape) + of + ", not " + shape_of(a));
}

template <class T>
void require_grid(const Grid<T>& grid, const std::string& name, int rows, int columns) {
  require(grid.rows == rows && grid.columns == columns, name + " must have the shape " + text_of({rows, columns}) +
                                                            " for this picture, not " +
                                                            text_of({grid.rows, grid.columns}));
}

// HxWx3 RGB or HxW gray.
struct Pixels {
  const uint8_t* data;
  int width, height, channels;
};

// most: pixels a side that the format takes.
inline Pixels pixels_of(const Array<uint8_t>& pixels, const std::string& format, int most) {
  const bool gray = pixels.ndim() == 2;
  require(gray || (pixels.ndim() == 3 && pixels.shape(2) == 3),
          "pixels must have the shape (height, width) or (height, width, 3), not " + shape_of(pixels));
  for (int i = 0; i < 2; ++i)
    require(pixels.shape(i) >= 1 && pixels.shape(i) <= most,
            "a " + format + " picture is 1 to " + std::to_string(most) + " pixels wide and high, not of shape " +
                shape_of(pixels));
  return {pixels.data(), static_cast<int>(pixels.shape(1)), static_cast<int>(pixels.shape(0)), gray ? 1 : 3};
}

template <class T>
Array<T> to_array(const std::vector<T>& values, int rows, int columns) {
  Array<T> out({rows, columns});
  std::copy(values.begin(), values.end(), out.mutable_data());
  return out;
}

template <class T>
Array<T> to_array(const Grid<T>& grid) {
  return to_array(grid.values, grid.rows, grid.columns);
}

inline py::bytes to_bytes(const std::vector<uint8_t>& data) {
  return py::bytes(reinterpret_cast<const char*>(data.data()), data.size());
}

inline std::vector<uint8_t> bytes_of(const py::bytes& b) {
  const std::string_view view = b;
  return std::vector<uint8_t>(view.begin(), view.end());
}

}  // namespace accelir::python
