// One conversion a type, both ways, for values that settings and functions take: Convert<T>::from and Convert<T>::to.
//
//   numbers, bool                      as pybind11 has them
//   std::array, std::vector, nested    arrays; a vector's side has any length
//   Grid<T>                            (rows, columns) arrays
//   std::optional<T>                   None: nothing
//   std::vector<uint8_t>               bytes
#pragma once

#include <optional>
#include <type_traits>

#include "python/arrays.h"

namespace accelir::python {

inline std::string kind_of(py::handle value) {
  const std::string type = py::str(py::type::handle_of(value).attr("__name__"));
  return type == "ndarray" ? "an array of " + std::string(py::str(value.attr("dtype"))) : type;
}

// Of what pybind11 knows. Throws a TypeError.
template <class T>
T plain(py::handle value, const std::string& name) {
  py::detail::make_caster<T> caster;
  if (!caster.load(value, true)) throw py::type_error(name + " can't be " + kind_of(value));
  return py::detail::cast_op<T>(caster);
}

template <class T>
struct Convert {
  static T from(py::handle value, const std::string& name) { return plain<T>(value, name); }
  static py::object to(const T& value) { return py::cast(value); }
};

// The numbers of nested arrays, and how they are laid out.
template <class T>
struct Nested {
  using Number = T;
  static void add_sides(Shape&) {}
};

template <class T, size_t N>
struct Nested<std::array<T, N>> {
  using Number = typename Nested<T>::Number;
  static void add_sides(Shape& shape) {
    shape.push_back(N);
    Nested<T>::add_sides(shape);
  }
};

template <class T>
struct Nested<std::vector<T>> {
  using Number = typename Nested<T>::Number;
  static void add_sides(Shape& shape) {
    shape.push_back(kAny);
    Nested<T>::add_sides(shape);
  }
};

// Of a std::array, or a std::vector of numbers or std::arrays: their numbers are contiguous.
template <class T>
struct ConvertNested {
  using Number = typename Nested<T>::Number;

  static T from(py::handle value, const std::string& name) {
    const Array<Number> array = plain<Array<Number>>(value, name);
    Shape shape;
    Nested<T>::add_sides(shape);
    require_shape(array, name, shape);
    T out{};
    if constexpr (!is_fixed) out.resize(array.shape(0));
    if (array.size()) std::memcpy(out.data(), array.data(), array.nbytes());
    return out;
  }

  static py::object to(const T& value) {
    Shape shape;
    Nested<T>::add_sides(shape);
    shape[0] = static_cast<py::ssize_t>(value.size());
    Array<Number> out(shape);
    if (out.size()) std::memcpy(out.mutable_data(), value.data(), out.nbytes());
    return out;
  }

 private:
  template <class U>
  struct Fixed : std::false_type {};
  template <class U, size_t N>
  struct Fixed<std::array<U, N>> : std::true_type {};
  static constexpr bool is_fixed = Fixed<T>::value;
};

template <class T, size_t N>
struct Convert<std::array<T, N>> : ConvertNested<std::array<T, N>> {};
template <class T>
struct Convert<std::vector<T>> : ConvertNested<std::vector<T>> {};

template <>
struct Convert<std::vector<uint8_t>> {
  static std::vector<uint8_t> from(py::handle value, const std::string& name) {
    return bytes_of(plain<py::bytes>(value, name));
  }
  static py::object to(const std::vector<uint8_t>& value) { return to_bytes(value); }
};

template <class T>
struct Convert<Grid<T>> {
  static Grid<T> from(py::handle value, const std::string& name) {
    const Array<T> array = plain<Array<T>>(value, name);
    require(array.ndim() == 2, name + " must have two dimensions, not the shape " + shape_of(array));
    require(array.shape(0) <= INT32_MAX && array.shape(1) <= INT32_MAX, name + " is too large");
    Grid<T> out(static_cast<int>(array.shape(0)), static_cast<int>(array.shape(1)));
    std::copy_n(array.data(), array.size(), out.values.begin());
    return out;
  }
  static py::object to(const Grid<T>& value) { return to_array(value); }
};

template <class T>
struct Convert<std::optional<T>> {
  static std::optional<T> from(py::handle value, const std::string& name) {
    if (value.is_none()) return std::nullopt;
    return Convert<T>::from(value, name);
  }
  static py::object to(const std::optional<T>& value) { return value ? Convert<T>::to(*value) : py::none(); }
};

}  // namespace accelir::python
