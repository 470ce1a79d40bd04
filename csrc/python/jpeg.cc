// accelir.core.jpeg, Python's view of the JPEG core (src/accelir/core/jpeg.pyi): checks and converts, computes without
// the GIL.
#include <pybind11/stl.h>

#include <cmath>

#include "jpeg/cell_bits.h"
#include "jpeg/cell_errors.h"
#include "jpeg/chroma_loss.h"
#include "jpeg/coefficients.h"
#include "jpeg/dct.h"
#include "jpeg/estimate.h"
#include "jpeg/rate_control.h"
#include "jpeg/reader.h"
#include "jpeg/sample.h"
#include "jpeg/scan_script.h"
#include "jpeg/writer.h"
#include "jpeg/zigzag.h"
#include "python/settings.h"

namespace accelir::python {

using jpeg::Progressive;

template <>
struct Convert<Progressive> {
  static constexpr const char* kNames[] = {"never", "always", "auto"};
  static Progressive from(py::handle value, const std::string& name) {
    const std::string given = plain<std::string>(value, name);
    for (Progressive p : {Progressive::kNever, Progressive::kAlways, Progressive::kAuto})
      if (given == kNames[static_cast<int>(p)]) return p;
    throw std::invalid_argument(name + " must be 'never', 'always' or 'auto', not '" + given + "'");
  }
  static py::object to(Progressive value) { return py::str(kNames[static_cast<int>(value)]); }
};

}  // namespace accelir::python

namespace accelir::jpeg {
namespace {

namespace py = pybind11;
using python::Array;
using python::Convert;
using python::Range;
using python::require;

Coefficients from_pixels(const Array<uint8_t>& pixels, const std::string& subsampling, double chroma_smoothing,
                         int threads) {
  const python::Pixels p = python::pixels_of(pixels, "JPEG", kMaxPictureSide);
  Range::between(0, 1)(chroma_smoothing, "chroma_smoothing");
  python::kThreads(threads, "threads");
  py::gil_scoped_release release;
  return analyse(p.data, p.width, p.height, p.channels, subsampling, chroma_smoothing, threads);
}

double loss_of_halving(const Array<uint8_t>& pixels, double chroma_smoothing) {
  const python::Pixels p = python::pixels_of(pixels, "JPEG", kMaxPictureSide);
  require(p.channels == 3, "a picture without colours loses none");
  Range::between(0, 1)(chroma_smoothing, "chroma_smoothing");
  py::gil_scoped_release release;
  return chroma_loss(p.data, p.width, p.height, chroma_smoothing);
}

// Whether arrays are (rows, cols, 8, 8) of a picture's components.
template <class T>
void require_components(const std::vector<Array<T>>& arrays, const Geometry& g) {
  require(arrays.size() == g.components.size(), subsampling_name(g) + " takes " + std::to_string(g.components.size()) +
                                                    " components, not " + std::to_string(arrays.size()));
  for (size_t c = 0; c < arrays.size(); ++c)
    python::require_shape(arrays[c], "a component", {g.components[c].blocks_y, g.components[c].blocks_x, 8, 8},
                          " for this picture");
}

Coefficients coefficients_from(const std::vector<Array<float>>& arrays, int width, int height,
                               const std::string& subsampling) {
  Coefficients out;
  out.geometry = make_geometry(width, height, subsampling);
  require_components(arrays, out.geometry);
  for (const Array<float>& a : arrays) {
    FreshVector<int16_t>& blocks = out.blocks.emplace_back(a.size());
    for (py::ssize_t i = 0; i < a.size(); ++i) {
      const float value = a.data()[(i & ~py::ssize_t{63}) + kZigzag[i & 63]];
      if (!(std::abs(value) <= 1024.0f))
        throw std::invalid_argument("a coefficient must be -1024 to 1024, not " + std::to_string(value));
      blocks[i] = static_cast<int16_t>(std::lround(value * kCoefficientScale));
    }
  }
  return out;
}

py::list arrays_of(const Coefficients& c) {
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

// values: (rows, cols, 8, 8) a component, natural order.
Levels levels_from(const std::vector<Array<int16_t>>& values, int width, int height, const std::string& subsampling) {
  Levels levels(make_geometry(width, height, subsampling));
  levels.zero();
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
          if (to[i] < -bound || to[i] > 1023)
            require(false, "an 8-bit JPEG's levels are -1024..1023 for DC and -1023..1023 for AC, not " +
                               std::to_string(to[i]));
        }
        levels.components[c].nonzero[index] = nonzero_mask(to);
      }
  }
  fill_padding(levels);
  return levels;
}

py::list arrays_of(const Levels& levels) {
  py::list out;
  for (size_t c = 0; c < levels.components.size(); ++c) {
    const ComponentGeometry& k = levels.geometry.components[c];
    Array<int16_t> a({k.blocks_y, k.blocks_x, 8, 8});
    for (int y = 0; y < k.blocks_y; ++y)
      for (int x = 0; x < k.blocks_x; ++x) {
        const int16_t* from = levels.block(static_cast<int>(c), static_cast<size_t>(y) * k.padded_x + x);
        int16_t* to = a.mutable_data(y, x, 0, 0);
        for (int i = 0; i < 64; ++i) to[kZigzag[i]] = from[i];
      }
    out.append(a);
  }
  return out;
}

std::vector<Table> tables_from(const Array<uint8_t>& tables) {
  require(tables.ndim() == 2 && tables.shape(1) == 64 && (tables.shape(0) == 1 || tables.shape(0) == 2),
          "tables must have the shape (1, 64) or (2, 64), not " + python::shape_of(tables));
  std::vector<Table> out = Convert<std::vector<Table>>::from(tables, "tables");
  Range::between(1, 255)(out, "a quantisation step");
  return out;
}

ComponentWeights weights_from(const Array<float>& weights, const std::string& name) {
  const ComponentWeights out = Convert<ComponentWeights>::from(weights, name);
  Range::between(0, 1e6)(out, name);
  return out;
}

Array<float> bits_by_cell(const Levels& levels) {
  Grid<float> bits;
  {
    py::gil_scoped_release release;
    bits = cell_bits(levels);
  }
  return python::to_array(bits);
}

Array<double> errors_by_cell(const Levels& levels, const Coefficients& coefficients, const Array<uint8_t>& tables,
                             const Array<float>& weights) {
  const Geometry &a = levels.geometry, &b = coefficients.geometry;
  require(a.width == b.width && a.height == b.height && subsampling_name(a) == subsampling_name(b),
          "levels and coefficients must be of one size and subsampling");
  const std::vector<Table> steps = tables_from(tables);
  const ComponentWeights w = weights_from(weights, "weights");
  Grid<double> errors;
  {
    py::gil_scoped_release release;
    errors = cell_errors(levels, coefficients, steps, w);
  }
  return python::to_array(errors);
}

void check_modes(const std::vector<Mode>& modes, const std::string&) {
  require(!modes.empty(), "at least one mode is needed");
  for (const Mode& m : modes) {
    Range::from(0)(m.lambda, "a mode's lambda");
    Range::between(0.5, 64)(m.deadzone, "a mode's deadzone");
    Range::between(1, 64)(m.multiple, "a mode's multiple");
    Range::between(1, 64)(m.cut, "a mode's cut");
  }
}

void check_agreement(const Settings& s) {
  require(s.weights.size() == s.modes.size(), "weights must have the shape (" + std::to_string(s.modes.size()) +
                                                  ", 3, 64), one row a mode, not " + std::to_string(s.weights.size()));
  for (int32_t m : s.mode_map)
    if (m < 0 || m >= static_cast<int32_t>(s.modes.size()))
      require(false, "mode_map names mode " + std::to_string(m) + " of " + std::to_string(s.modes.size()));
}

void bind_settings(py::module_& m) {
  constexpr double kLargestWeight = 1e6;
  const Range restarts = Range::between(0, 65535);
  python::SettingsClass<Settings>(m, "Settings")
      .required("relative_steps", &Settings::relative_steps, Range::above(0, 16))
      .required("weights", &Settings::weights, Range::between(0, kLargestWeight))
      .required("modes", &Settings::modes, check_modes)
      .required("mode_map", &Settings::mode_map)
      .optional("block_weights", &Settings::block_weights, Range::above(0, kLargestWeight))
      .optional("progressive", &Settings::progressive)
      .optional("dc_trellis", &Settings::dc_trellis)
      .optional("scan_breadth", &Settings::scan_breadth, Range::between(0, 2))
      .optional("loops", &Settings::loops, Range::from(1))
      .optional("passes", &Settings::passes, Range::from(1))
      .optional("tolerance", &Settings::tolerance, Range::below(0, 1))
      .optional("restart_interval", &Settings::restart_interval, restarts)
      .optional("threads", &Settings::threads, python::kThreads)
      .optional("segments", &Settings::segments)
      .finish(check_agreement);
}

void require_fit(const Settings& s, const Coefficients& c) {
  python::require_grid(s.mode_map, "mode_map", c.geometry.cells_y, c.geometry.cells_x);
  const ComponentGeometry& luma = c.geometry.components[0];
  if (s.block_weights) python::require_grid(*s.block_weights, "block_weights", luma.blocks_y, luma.blocks_x);
}

void check_step(const std::optional<double>& step) { Range::above(0, 1e6)(step, "step"); }

Encoding encode(const Coefficients& coefficients, const Settings& settings, std::optional<double> step,
                std::optional<uint64_t> max_bytes, bool keep_levels) {
  require(step.has_value() != max_bytes.has_value(), "give either step or max_bytes");
  check_step(step);
  require_fit(settings, coefficients);
  py::gil_scoped_release release;
  if (step) return encode_at_step(coefficients, settings, static_cast<float>(*step), keep_levels);
  return encode_to_size(coefficients, settings, *max_bytes, keep_levels);
}

Estimate estimate_at(const Coefficients& coefficients, const Settings& settings, double step,
                     const Array<float>& error_weights, int pixels) {
  check_step(step);
  Range::from(1)(pixels, "pixels");
  require_fit(settings, coefficients);
  const ComponentWeights weights = weights_from(error_weights, "error_weights");
  py::gil_scoped_release release;
  return estimate(coefficients, settings, static_cast<float>(step), weights, pixels);
}

py::bytes write(const Levels& levels, const Array<uint8_t>& tables, bool progressive, int restart_interval,
                const py::bytes& segments) {
  Range::between(0, 65535)(restart_interval, "restart_interval");
  const Frame frame{&levels, tables_from(tables), progressive, restart_interval, python::bytes_of(segments)};
  std::vector<uint8_t> data;
  {
    py::gil_scoped_release release;
    const std::vector<Scan> script = progressive ? progressive_script(levels, 2) : sequential_script(levels.geometry);
    data = write_jpeg(frame, plan_scans(frame, script));
  }
  return python::to_bytes(data);
}

ReadPicture read(const py::bytes& bytes, uint64_t max_pixels) {
  const std::string_view view = bytes;
  py::gil_scoped_release release;
  return read_jpeg(reinterpret_cast<const uint8_t*>(view.data()), view.size(), max_pixels);
}

size_t check_scans(const py::bytes& bytes, uint64_t max_pixels) {
  const std::string_view view = bytes;
  py::gil_scoped_release release;
  return check_jpeg(reinterpret_cast<const uint8_t*>(view.data()), view.size(), max_pixels);
}

// One a component; zeros where the file has none.
py::list tables_of(const ReadPicture& picture) {
  py::list out;
  for (size_t c = 0; c < picture.levels.components.size(); ++c) {
    const bool known = c < picture.tables.size() && picture.tables[c].size() == 64;
    out.append(Convert<std::vector<uint16_t>>::to(known ? picture.tables[c] : std::vector<uint16_t>(64)));
  }
  return out;
}

// What has a picture's geometry.
template <class Class>
void bind_geometry(Class& of) {
  using T = typename Class::type;
  of.def_property_readonly("width", [](const T& t) { return t.geometry.width; })
      .def_property_readonly("height", [](const T& t) { return t.geometry.height; })
      .def_property_readonly("subsampling", [](const T& t) { return subsampling_name(t.geometry); })
      .def("arrays", [](const T& t) { return arrays_of(t); });
}

void bind_arrays(py::module_& m) {
  py::class_<Coefficients> coefficients(m, "Coefficients");
  bind_geometry(coefficients);
  coefficients
      .def_static("from_pixels", &from_pixels, py::arg("pixels"), py::arg("subsampling") = "4:2:0",
                  py::arg("chroma_smoothing") = 0.0, py::arg("threads") = 1)
      .def_static("from_arrays", &coefficients_from, py::arg("components"), py::arg("width"), py::arg("height"),
                  py::arg("subsampling") = "4:2:0");
  py::class_<Levels> levels(m, "Levels");
  bind_geometry(levels);
  levels
      .def_static("from_arrays", &levels_from, py::arg("levels"), py::arg("width"), py::arg("height"),
                  py::arg("subsampling") = "4:2:0")
      .def("cell_bits", &bits_by_cell)
      .def("cell_errors", &errors_by_cell, py::arg("coefficients"), py::arg("tables"), py::arg("weights"));
}

void bind_results(py::module_& m) {
  constexpr auto kWithin = py::return_value_policy::reference_internal;
  py::class_<Encoding>(m, "Encoding")
      .def_property_readonly("data", [](const Encoding& e) { return python::to_bytes(e.data); })
      .def_property_readonly("step", [](const Encoding& e) { return e.step; })
      .def_property_readonly("tables", [](const Encoding& e) { return Convert<std::vector<Table>>::to(e.tables); })
      .def_property_readonly("subsampling", [](const Encoding& e) { return e.subsampling; })
      .def_property_readonly("progressive", [](const Encoding& e) { return e.progressive; })
      .def_property_readonly("passes", [](const Encoding& e) { return e.passes; })
      .def_property_readonly("smallest", [](const Encoding& e) { return e.smallest; })
      .def_property_readonly("levels", [](const Encoding& e) { return e.levels ? &*e.levels : nullptr; }, kWithin);
  py::class_<Estimate>(m, "Estimate").def_readonly("bytes", &Estimate::bytes).def_readonly("error", &Estimate::error);
  py::class_<ReadPicture>(m, "Read")
      .def_readonly("levels", &ReadPicture::levels)
      .def_property_readonly("tables", &tables_of)
      .def_readonly("progressive", &ReadPicture::progressive);
}

}  // namespace

void bind(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(Mode, lambda, deadzone, multiple, cut);
  m.doc() = "The compiled JPEG core of accelir.";
  m.attr("CELL") = kCell;
  m.attr("MODE") = py::dtype::of<Mode>();
  bind_arrays(m);
  bind_settings(m);
  bind_results(m);
  m.def("encode", &encode, py::arg("coefficients"), py::arg("settings"), py::kw_only(), py::arg("step") = py::none(),
        py::arg("max_bytes") = py::none(), py::arg("keep_levels") = false);
  m.def("estimate", &estimate_at, py::arg("coefficients"), py::arg("settings"), py::arg("step"),
        py::arg("error_weights"), py::arg("pixels") = kSamplePixels);
  m.def("chroma_loss", &loss_of_halving, py::arg("pixels"), py::arg("chroma_smoothing") = 0.0);
  m.def("write", &write, py::arg("levels"), py::arg("tables"), py::kw_only(), py::arg("progressive") = false,
        py::arg("restart_interval") = 0, py::arg("segments") = py::bytes());
  m.def("read", &read, py::arg("data"), py::arg("max_pixels") = uint64_t{1} << 30);
  m.def("check_scans", &check_scans, py::arg("data"), py::arg("max_pixels") = uint64_t{1} << 30);
}

}  // namespace accelir::jpeg

PYBIND11_MODULE(jpeg, m) { accelir::jpeg::bind(m); }
