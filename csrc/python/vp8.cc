// accelir.core.vp8, Python's view of the VP8 core (src/accelir/core/vp8.pyi): checks and converts, computes without the
// GIL.
#include <pybind11/stl.h>

#include "python/settings.h"
#include "python/vp8_parts.h"
#include "vp8/estimate.h"
#include "vp8/rate_control.h"
#include "vp8/reader.h"
#include "vp8/yuv.h"

namespace accelir::vp8 {

// For the settings' range.
template <class Visit>
void for_each_number(const QuantizerDeltas& d, const Visit& visit) {
  for (int delta : {d.luma_dc, d.y2_dc, d.y2_ac, d.chroma_dc, d.chroma_ac}) visit(delta);
}

}  // namespace accelir::vp8

namespace accelir::python {

using vp8::QuantizerDeltas;

template <>
struct Convert<QuantizerDeltas> {
  static QuantizerDeltas from(py::handle value, const std::string& name) {
    const std::vector<int> d = plain<std::vector<int>>(value, name);
    require(d.size() == 5, name + " takes 5 values: luma DC, Y2 DC, Y2 AC, chroma DC, chroma AC");
    return {d[0], d[1], d[2], d[3], d[4]};
  }
  static py::object to(const QuantizerDeltas& d) {
    return py::make_tuple(d.luma_dc, d.y2_dc, d.y2_ac, d.chroma_dc, d.chroma_ac);
  }
};

}  // namespace accelir::python

namespace accelir::vp8 {
namespace {

namespace py = pybind11;
using python::Array;
using python::Range;
using python::require;
using python::within;

constexpr int kMaxSide = 16383;

YuvPlanes from_pixels(const Array<uint8_t>& pixels, bool sharp, double chroma_smoothing, double luma_fit) {
  const python::Pixels p = python::pixels_of(pixels, "WebP", kMaxSide);
  Range::between(0, 1)(chroma_smoothing, "chroma_smoothing");
  Range::between(0, 1)(luma_fit, "luma_fit");
  py::gil_scoped_release release;
  return to_yuv(p.data, p.width, p.height, p.channels, sharp, chroma_smoothing, luma_fit);
}

YuvPlanes from_planes(const Array<uint8_t>& y, const Array<uint8_t>& u, const Array<uint8_t>& v, int width,
                      int height) {
  Range::between(1, kMaxSide)(width, "width");
  Range::between(1, kMaxSide)(height, "height");
  return planes_from(y, u, v, width, height);
}

void check_partitions(int n, const std::string& name) {
  require(n == 1 || n == 2 || n == 4 || n == 8, name + " must be 1, 2, 4 or 8, not " + std::to_string(n));
}

void bind_settings(py::module_& m) {
  const Range weights = Range::between(0, 1e6);
  python::SettingsClass<Settings>(m, "Settings")
      .required("lambda_", &Settings::lambda, Range::between(0, 1e6))
      .required("luma_weights", &Settings::luma_weights, weights)
      .required("chroma_weights", &Settings::chroma_weights, weights)
      .required("deltas", &Settings::deltas, Range::between(-15, 15))
      .required("filter", &Settings::filter, Range::between(0, 100))
      .optional("sharpness", &Settings::sharpness, Range::between(0, 7))
      .optional("simple_filter", &Settings::simple_filter)
      .optional("measure_filter", &Settings::measure_filter)
      .optional("doubt", within(&Settings::search, &Search::doubt), Range::between(1, kBothWays))
      .optional("rank_by_tokens", within(&Settings::search, &Search::rank_by_tokens))
      .optional("subblock_modes", within(&Settings::search, &Search::subblock_modes), Range::between(0, kSubblockModes))
      .optional("subblock_trellises", within(&Settings::search, &Search::subblock_trellises),
                Range::between(0, kSubblockModes))
      .optional("block_trellises", within(&Settings::search, &Search::block_trellises), Range::between(0, kModes))
      .optional("loops", &Settings::loops, Range::from(0))
      .optional("passes", &Settings::passes, Range::from(1))
      .optional("paced", &Settings::paced)
      .optional("tolerance", &Settings::tolerance, Range::below(0, 1))
      .optional("token_partitions", &Settings::token_partitions, check_partitions)
      .optional("threads", &Settings::threads, python::kThreads)
      .optional("max_first_partition", &Settings::max_first_partition)
      .optional("octaves", &Settings::octaves, Range::between(0, 16))
      .optional("weights", &Settings::weights, weights)
      .finish([](const Settings&) {});
}

void require_fit(const Settings& s, const YuvPlanes& p) {
  if (s.octaves) python::require_grid(*s.octaves, "octaves", p.mb_y, p.mb_x);
  if (s.weights) python::require_grid(*s.weights, "weights", p.mb_y, p.mb_x);
}

void check_index(const std::optional<int>& quantizer) { Range::between(0, kCoarsest)(quantizer, "quantizer"); }

Encoding encode(const YuvPlanes& picture, const Settings& settings, std::optional<int> quantizer,
                std::optional<uint64_t> max_bytes, bool keep_reconstruction) {
  require(quantizer.has_value() != max_bytes.has_value(), "give either quantizer or max_bytes");
  check_index(quantizer);
  require_fit(settings, picture);
  py::gil_scoped_release release;
  if (quantizer) return encode_at_quantizer(picture, settings, *quantizer, keep_reconstruction);
  return encode_to_size(picture, settings, *max_bytes, keep_reconstruction);
}

Estimate estimate_at(const YuvPlanes& picture, const Settings& settings, int quantizer) {
  check_index(quantizer);
  require_fit(settings, picture);
  py::gil_scoped_release release;
  return estimate(picture, settings, quantizer);
}

py::tuple read(const py::bytes& bytes) {
  const std::string_view view = bytes;
  ReadFrame frame;
  {
    py::gil_scoped_release release;
    frame = read_frame(reinterpret_cast<const uint8_t*>(view.data()), view.size());
  }
  return py::make_tuple(python::to_array(frame.bits, frame.mb_y, frame.mb_x),
                        python::to_array(frame.quantizer, frame.mb_y, frame.mb_x));
}

template <class T>
std::vector<int> by_segment(const Encoding& e, const T& values) {
  return std::vector<int>(values.begin(), values.begin() + e.header.segments);
}

std::vector<float> luma_steps(const Encoding& e) {
  std::vector<float> out;
  for (int q : by_segment(e, e.header.quantizer)) out.push_back(luma_step(q));
  return out;
}

py::object reconstruction(const Encoding& e) {
  if (e.reconstruction.y.empty()) return py::none();
  return cropped_arrays_of(e.reconstruction);
}

void bind_results(py::module_& m) {
  py::class_<Encoding>(m, "Encoding")
      .def_property_readonly("data", [](const Encoding& e) { return python::to_bytes(e.data); })
      .def_property_readonly("quantizers", [](const Encoding& e) { return by_segment(e, e.header.quantizer); })
      .def_property_readonly("filter_levels", [](const Encoding& e) { return by_segment(e, e.header.filter_level); })
      .def_property_readonly("luma_steps", &luma_steps)
      .def_readonly("strength", &Encoding::strength)
      .def_readonly("passes", &Encoding::passes)
      .def_readonly("smallest", &Encoding::smallest)
      .def("reconstruction", &reconstruction);
  py::class_<Estimate>(m, "Estimate")
      .def_readonly("bytes", &Estimate::bytes)
      .def_property_readonly("errors",
                             [](const Estimate& e) { return python::Convert<std::array<double, 3>>::to(e.errors); });
}

}  // namespace

void bind(py::module_& m) {
  m.doc() = "The compiled VP8 core of accelir.";
  py::class_<YuvPlanes>(m, "Picture")
      .def_static("from_pixels", &from_pixels, py::arg("pixels"), py::arg("sharp") = true,
                  py::arg("chroma_smoothing") = 0.0, py::arg("luma_fit") = 0.0)
      .def_static("from_planes", &from_planes, py::arg("y"), py::arg("u"), py::arg("v"), py::arg("width"),
                  py::arg("height"))
      .def_property_readonly("width", [](const YuvPlanes& p) { return p.width; })
      .def_property_readonly("height", [](const YuvPlanes& p) { return p.height; })
      .def_property_readonly("macroblocks", [](const YuvPlanes& p) { return py::make_tuple(p.mb_y, p.mb_x); })
      .def("planes", &arrays_of);
  bind_settings(m);
  bind_results(m);
  m.def("encode", &encode, py::arg("picture"), py::arg("settings"), py::kw_only(), py::arg("quantizer") = py::none(),
        py::arg("max_bytes") = py::none(), py::arg("keep_reconstruction") = false);
  m.def("estimate", &estimate_at, py::arg("picture"), py::arg("settings"), py::arg("quantizer"));
  m.def("read", &read, py::arg("data"));
  bind_parts(m);
}

}  // namespace accelir::vp8

PYBIND11_MODULE(vp8, m) { accelir::vp8::bind(m); }
