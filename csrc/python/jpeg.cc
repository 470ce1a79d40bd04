// Python's view of the core (src/accelir/_codec.pyi): checks and converts, computes without the GIL.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cmath>

#include "jpeg/cell_bits.h"
#include "jpeg/coefficients.h"
#include "jpeg/dct.h"
#include "jpeg/rate_control.h"
#include "jpeg/reader.h"
#include "jpeg/scan_script.h"
#include "jpeg/writer.h"
#include "jpeg/zigzag.h"
#include "python/vp8_bindings.h"
#include "python/vp8_parts.h"

namespace py = pybind11;

namespace accelir::jpeg {
namespace {

template <class T>
using Array = py::array_t<T, py::array::c_style>;

void require(bool condition, const std::string& message) {
  if (!condition) throw std::invalid_argument(message);
}

std::string shape_of(const py::array& a) { return py::str(py::tuple(a.attr("shape"))); }

Coefficients from_pixels(const Array<uint8_t>& pixels, const std::string& subsampling, double chroma_smoothing) {
  const bool gray = pixels.ndim() == 2;
  require(gray || (pixels.ndim() == 3 && pixels.shape(2) == 3),
          "pixels must have the shape (height, width) or (height, width, 3), not " + shape_of(pixels));
  for (int i = 0; i < 2; ++i)
    require(pixels.shape(i) >= 1 && pixels.shape(i) <= kMaxSide,
            "a JPEG picture is 1 to 65535 pixels wide and high, not of shape " + shape_of(pixels));
  require(chroma_smoothing >= 0 && chroma_smoothing <= 1,
          "chroma_smoothing must be 0 to 1, not " + std::to_string(chroma_smoothing));
  const int height = static_cast<int>(pixels.shape(0)), width = static_cast<int>(pixels.shape(1));
  const uint8_t* data = pixels.data();
  py::gil_scoped_release release;
  return analyse(data, width, height, gray ? 1 : 3, subsampling, chroma_smoothing);
}

// (rows, cols, 8, 8) of T against a component's blocks.
template <class T>
void require_blocks(const Array<T>& a, const ComponentGeometry& k) {
  require(a.ndim() == 4 && a.shape(0) == k.blocks_y && a.shape(1) == k.blocks_x && a.shape(2) == 8 && a.shape(3) == 8,
          "a component of this picture takes the shape (" + std::to_string(k.blocks_y) + ", " +
              std::to_string(k.blocks_x) + ", 8, 8), not " + shape_of(a));
}

template <class T>
void require_components(const std::vector<Array<T>>& arrays, const Geometry& g) {
  require(arrays.size() == g.components.size(), subsampling_name(g) + " takes " + std::to_string(g.components.size()) +
                                                    " components, not " + std::to_string(arrays.size()));
  for (size_t c = 0; c < arrays.size(); ++c) require_blocks(arrays[c], g.components[c]);
}

Coefficients from_arrays(const std::vector<Array<float>>& arrays, int width, int height,
                         const std::string& subsampling) {
  Coefficients out;
  out.geometry = make_geometry(width, height, subsampling);
  require_components(arrays, out.geometry);
  for (const Array<float>& a : arrays) {
    std::vector<int16_t>& blocks = out.blocks.emplace_back(a.size());
    for (py::ssize_t i = 0; i < a.size(); ++i) {
      const float value = a.data()[(i & ~py::ssize_t{63}) + kZigzag[i & 63]];
      require(std::abs(value) <= 1024.0f, "a coefficient must be -1024 to 1024, not " + std::to_string(value));
      blocks[i] = static_cast<int16_t>(std::lround(value * kCoefficientScale));
    }
  }
  return out;
}

py::list to_arrays(const Coefficients& c) {
  py::list out;
  for (size_t i = 0; i < c.blocks.size(); ++i) {
    const ComponentGeometry& k = c.geometry.components[i];
    Array<float> a({k.blocks_y, k.blocks_x, 8, 8});
    float* data = a.mutable_data();
    for (size_t j = 0; j < c.blocks[i].size(); ++j)
      data[(j & ~size_t{63}) + kZigzag[j & 63]] = c.blocks[i][j] / kCoefficientScale;
    out.append(a);
  }
  return out;
}

void check_modes(const std::vector<Mode>& modes) {
  require(!modes.empty(), "at least one mode is needed");
  for (const Mode& m : modes) {
    require(m.rdo >= 0 && std::isfinite(m.rdo), "a mode's rdo must be 0 or more, not " + std::to_string(m.rdo));
    require(m.deadzone >= 0.5f && m.deadzone <= 64.0f,
            "a mode's deadzone must be 0.5 to 64, not " + std::to_string(m.deadzone));
    require(m.multiple >= 1 && m.multiple <= 64,
            "a mode's multiple must be 1 to 64, not " + std::to_string(m.multiple));
    require(m.cut >= 1 && m.cut <= 64, "a mode's cut must be 1 to 64, not " + std::to_string(m.cut));
  }
}

void copy_shape(const Array<float>& shape, Settings& s) {
  require(shape.ndim() == 2 && shape.shape(0) == 2 && shape.shape(1) == 64,
          "shape must have the shape (2, 64), not " + shape_of(shape));
  for (int i = 0; i < 128; ++i) {
    const float v = shape.data()[i];
    require(v > 0.0f && v <= 16.0f, "a table's shape must be above 0 and at most 16, not " + std::to_string(v));
    s.shape[i / 64][i % 64] = v;
  }
}

void copy_weights(const Array<float>& weights, Settings& s) {
  require(weights.ndim() == 3 && weights.shape(0) == static_cast<py::ssize_t>(s.modes.size()) &&
              weights.shape(1) == 3 && weights.shape(2) == 64,
          "weights must have the shape (" + std::to_string(s.modes.size()) + ", 3, 64), not " + shape_of(weights));
  s.weights.assign(weights.data(), weights.data() + weights.size());
  for (float w : s.weights) require(w >= 0.0f && w <= 1e6f, "a weight must be 0 to 1e6, not " + std::to_string(w));
}

void copy_mode_map(const Array<int32_t>& map, const Geometry& g, Settings& s) {
  require(map.ndim() == 2 && map.shape(0) == g.cells_y && map.shape(1) == g.cells_x,
          "mode_map must have the shape (" + std::to_string(g.cells_y) + ", " + std::to_string(g.cells_x) +
              ") for this picture, not " + shape_of(map));
  s.mode_map.assign(map.data(), map.data() + map.size());
  for (int32_t m : s.mode_map)
    require(m >= 0 && m < static_cast<int32_t>(s.modes.size()),
            "mode_map names mode " + std::to_string(m) + " of " + std::to_string(s.modes.size()));
}

Progressive progressive_from(const std::string& name) {
  if (name == "never") return Progressive::kNever;
  if (name == "always") return Progressive::kAlways;
  require(name == "auto", "progressive must be 'never', 'always' or 'auto', not '" + name + "'");
  return Progressive::kAuto;
}

std::vector<uint8_t> bytes_of(const py::bytes& b) {
  const std::string_view view = b;
  return std::vector<uint8_t>(view.begin(), view.end());
}

py::bytes to_bytes(const std::vector<uint8_t>& data) {
  return py::bytes(reinterpret_cast<const char*>(data.data()), data.size());
}

struct PyEncoding {
  Encoding encoding;
  std::string subsampling;
  py::array_t<uint8_t> tables() const {
    py::array_t<uint8_t> out({static_cast<py::ssize_t>(encoding.tables.size()), py::ssize_t{64}});
    for (size_t i = 0; i < encoding.tables.size(); ++i)
      std::copy(encoding.tables[i].begin(), encoding.tables[i].end(), out.mutable_data(i, 0));
    return out;
  }
};

PyEncoding encode(const Coefficients& coefficients, const Array<float>& shape, const Array<float>& weights,
                  const Array<Mode>& modes, const Array<int32_t>& mode_map, std::optional<double> step,
                  std::optional<uint64_t> max_bytes, const std::string& progressive, bool dc_trellis, int scan_breadth,
                  int loops, int passes, double tolerance, int restart_interval, const py::bytes& segments) {
  require(step.has_value() != max_bytes.has_value(), "give either step or max_bytes");
  require(!step || (*step > 0 && *step <= 1e6), "step must be above 0 and at most 1e6");
  require(scan_breadth >= 0 && scan_breadth <= 2, "scan_breadth must be 0 to 2");
  require(loops >= 1 && passes >= 1, "loops and passes must be 1 or more");
  require(tolerance >= 0 && tolerance < 1, "tolerance must be at least 0 and below 1");
  require(restart_interval >= 0 && restart_interval <= 65535, "restart_interval must be 0 to 65535 MCUs");
  Settings s;
  require(modes.ndim() == 1, "modes must have one dimension");
  s.modes.assign(modes.data(), modes.data() + modes.size());
  check_modes(s.modes);
  copy_shape(shape, s);
  copy_weights(weights, s);
  copy_mode_map(mode_map, coefficients.geometry, s);
  s.progressive = progressive_from(progressive);
  s.dc_trellis = dc_trellis;
  s.scan_breadth = scan_breadth;
  s.loops = loops;
  s.passes = passes;
  s.tolerance = tolerance;
  s.restart_interval = restart_interval;
  s.segments = bytes_of(segments);
  const std::string subsampling = subsampling_name(coefficients.geometry);
  py::gil_scoped_release release;
  if (step) return {encode_at_step(coefficients, s, static_cast<float>(*step)), subsampling};
  return {encode_to_size(coefficients, s, *max_bytes), subsampling};
}

// values: (rows, cols, 8, 8) a component, natural order.
Levels levels_from(const std::vector<Array<int16_t>>& values, int width, int height, const std::string& subsampling) {
  Levels levels(make_geometry(width, height, subsampling));
  require_components(values, levels.geometry);
  for (size_t c = 0; c < values.size(); ++c) {
    const ComponentGeometry& k = levels.geometry.components[c];
    for (int y = 0; y < k.blocks_y; ++y)
      for (int x = 0; x < k.blocks_x; ++x) {
        const int16_t* from = values[c].data(y, x, 0, 0);
        const size_t index = static_cast<size_t>(y) * k.padded_x + x;
        int16_t* to = levels.block(static_cast<int>(c), index);
        for (int i = 0; i < 64; ++i) {
          to[i] = from[kZigzag[i]];
          const int bound = i ? 1023 : 1024;
          require(to[i] >= -bound && to[i] <= 1023,
                  "an 8-bit JPEG's levels are -1024..1023 for DC and -1023..1023 for "
                  "AC, not " +
                      std::to_string(to[i]));
        }
        levels.components[c].nonzero[index] = nonzero_mask(to);
      }
  }
  fill_padding(levels);
  return levels;
}

py::bytes encode_levels(const std::vector<Array<int16_t>>& values, const Array<uint8_t>& tables, int width, int height,
                        const std::string& subsampling, bool progressive, int restart_interval,
                        const py::bytes& segments) {
  require(tables.ndim() == 2 && tables.shape(1) == 64 && (tables.shape(0) == 1 || tables.shape(0) == 2),
          "tables must have the shape (1, 64) or (2, 64), not " + shape_of(tables));
  require(restart_interval >= 0 && restart_interval <= 65535, "restart_interval must be 0 to 65535 MCUs");
  const Levels levels = levels_from(values, width, height, subsampling);
  Frame frame{&levels, {}, progressive, restart_interval, bytes_of(segments)};
  for (py::ssize_t t = 0; t < tables.shape(0); ++t) {
    Table& table = frame.tables.emplace_back();
    for (int i = 0; i < 64; ++i) {
      require(tables.at(t, i) > 0, "a quantisation step must be 1 to 255, not 0");
      table[i] = tables.at(t, i);
    }
  }
  std::vector<uint8_t> data;
  {
    py::gil_scoped_release release;
    const std::vector<Scan> script = progressive ? progressive_script(levels, 2) : sequential_script(levels.geometry);
    data = write_jpeg(frame, plan_scans(frame, script));
  }
  return to_bytes(data);
}

ReadPicture read_picture(const py::bytes& bytes, uint64_t max_pixels) {
  const std::string_view view = bytes;
  py::gil_scoped_release release;
  return read_jpeg(reinterpret_cast<const uint8_t*>(view.data()), view.size(), max_pixels);
}

void check_scans(const py::bytes& bytes, uint64_t max_pixels) { read_picture(bytes, max_pixels); }

py::dict read_levels(const py::bytes& bytes, uint64_t max_pixels) {
  const ReadPicture picture = read_picture(bytes, max_pixels);
  const Geometry& g = picture.levels.geometry;
  py::list values, tables;
  for (size_t c = 0; c < g.components.size(); ++c) {
    const ComponentGeometry& k = g.components[c];
    Array<int16_t> a({k.blocks_y, k.blocks_x, 8, 8});
    for (int y = 0; y < k.blocks_y; ++y)
      for (int x = 0; x < k.blocks_x; ++x) {
        const int16_t* from = picture.levels.block(static_cast<int>(c), static_cast<size_t>(y) * k.padded_x + x);
        int16_t* to = a.mutable_data(y, x, 0, 0);
        for (int i = 0; i < 64; ++i) to[kZigzag[i]] = from[i];
      }
    values.append(a);
    py::array_t<uint16_t> table(64);
    std::fill_n(table.mutable_data(), 64, uint16_t{0});
    if (c < picture.tables.size()) std::copy(picture.tables[c].begin(), picture.tables[c].end(), table.mutable_data());
    tables.append(table);
  }
  py::dict out;
  out["width"] = g.width;
  out["height"] = g.height;
  out["subsampling"] = subsampling_name(g);
  out["progressive"] = picture.progressive;
  out["tables"] = tables;
  out["levels"] = values;
  return out;
}

py::array_t<float> bits_of_cells(const std::vector<Array<int16_t>>& values, int width, int height,
                                 const std::string& subsampling) {
  const Levels levels = levels_from(values, width, height, subsampling);
  const std::vector<float> bits = cell_bits(levels);
  py::array_t<float> out({levels.geometry.cells_y, levels.geometry.cells_x});
  std::copy(bits.begin(), bits.end(), out.mutable_data());
  return out;
}

}  // namespace
}  // namespace accelir::jpeg

PYBIND11_MODULE(_codec, m) {
  using namespace accelir::jpeg;
  PYBIND11_NUMPY_DTYPE(Mode, rdo, deadzone, multiple, cut);
  m.doc() = "The compiled JPEG core of accelir.";
  m.attr("CELL") = kCell;
  m.attr("MODE") = py::dtype::of<Mode>();
  py::class_<Coefficients>(m, "Coefficients")
      .def_static("from_pixels", &from_pixels, py::arg("pixels"), py::arg("subsampling") = "4:2:0",
                  py::arg("chroma_smoothing") = 0.0)
      .def_static("from_arrays", &from_arrays, py::arg("components"), py::arg("width"), py::arg("height"),
                  py::arg("subsampling") = "4:2:0")
      .def_property_readonly("width", [](const Coefficients& c) { return c.geometry.width; })
      .def_property_readonly("height", [](const Coefficients& c) { return c.geometry.height; })
      .def_property_readonly("subsampling", [](const Coefficients& c) { return subsampling_name(c.geometry); })
      .def("arrays", &to_arrays);
  py::class_<PyEncoding>(m, "Encoding")
      .def_property_readonly("data", [](const PyEncoding& e) { return to_bytes(e.encoding.data); })
      .def_property_readonly("step", [](const PyEncoding& e) { return e.encoding.step; })
      .def_property_readonly("tables", &PyEncoding::tables)
      .def_readonly("subsampling", &PyEncoding::subsampling)
      .def_property_readonly("progressive", [](const PyEncoding& e) { return e.encoding.progressive; })
      .def_property_readonly("passes", [](const PyEncoding& e) { return e.encoding.passes; })
      .def_property_readonly("smallest", [](const PyEncoding& e) { return e.encoding.smallest; });
  m.def("encode", &encode, py::arg("coefficients"), py::kw_only(), py::arg("shape"), py::arg("weights"),
        py::arg("modes"), py::arg("mode_map"), py::arg("step") = py::none(), py::arg("max_bytes") = py::none(),
        py::arg("progressive") = "auto", py::arg("dc_trellis") = true, py::arg("scan_breadth") = 1,
        py::arg("loops") = 2, py::arg("passes") = 8, py::arg("tolerance") = 0.002, py::arg("restart_interval") = 0,
        py::arg("segments") = py::bytes());
  m.def("encode_levels", &encode_levels, py::arg("levels"), py::arg("tables"), py::arg("width"), py::arg("height"),
        py::arg("subsampling") = "4:2:0", py::arg("progressive") = false, py::arg("restart_interval") = 0,
        py::arg("segments") = py::bytes());
  m.def("read_levels", &read_levels, py::arg("data"), py::arg("max_pixels") = uint64_t{1} << 30);
  m.def("check_scans", &check_scans, py::arg("data"), py::arg("max_pixels") = uint64_t{1} << 30);
  m.def("block_bits", &bits_of_cells, py::arg("levels"), py::arg("width"), py::arg("height"),
        py::arg("subsampling") = "4:2:0");
  accelir::vp8::bind_vp8(m);
  accelir::vp8::bind_vp8_parts(m);
}
