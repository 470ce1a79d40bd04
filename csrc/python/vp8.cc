#include "python/vp8_bindings.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "vp8/rate_control.h"
#include "vp8/reader.h"

namespace py = pybind11;

namespace accelir::vp8 {
namespace {

template <class T>
using Array = py::array_t<T, py::array::c_style>;

constexpr int kMaxSide = 16383;

void require(bool condition, const std::string& message) {
  if (!condition) throw std::invalid_argument(message);
}

std::string shape_of(const py::array& a) { return py::str(py::tuple(a.attr("shape"))); }

Weights weights_from(const std::vector<float>& values, const std::string& name) {
  Weights out;
  require(values.size() == out.size(), name + " takes 16 values in zigzag order, not " + std::to_string(values.size()));
  for (size_t i = 0; i < out.size(); ++i) {
    require(values[i] >= 0.0f && values[i] <= 1e6f, name + " must be 0 to 1e6, not " + std::to_string(values[i]));
    out[i] = values[i];
  }
  return out;
}

QuantizerDeltas deltas_from(const std::vector<int>& d) {
  require(d.size() == 5, "deltas takes 5 values: luma DC, Y2 DC, Y2 AC, chroma DC, chroma AC");
  for (int v : d) require(v >= -15 && v <= 15, "a quantiser delta must be -15 to 15, not " + std::to_string(v));
  return {d[0], d[1], d[2], d[3], d[4]};
}

// A value for each macroblock from low to high; empty: none given.
std::vector<float> map_from(const std::optional<Array<float>>& map, const YuvPlanes& p, const std::string& name,
                            float high) {
  if (!map) return {};
  require(map->ndim() == 2 && map->shape(0) == p.mb_y && map->shape(1) == p.mb_x,
          name + " must have the shape (" + std::to_string(p.mb_y) + ", " + std::to_string(p.mb_x) +
              ") for this picture, not " + shape_of(*map));
  std::vector<float> out(map->data(), map->data() + map->size());
  for (float v : out)
    require(v >= 0.0f && v <= high, name + " must be 0 to " + std::to_string(high) + ", not " + std::to_string(v));
  return out;
}

struct PyEncoding {
  Encoding encoding;

  py::bytes data() const {
    return py::bytes(reinterpret_cast<const char*>(encoding.data.data()), encoding.data.size());
  }
  template <class T>
  std::vector<int> by_segment(const T& values) const {
    return std::vector<int>(values.begin(), values.begin() + encoding.header.segments);
  }
  py::object reconstruction() const {
    const YuvPlanes& p = encoding.reconstruction;
    if (p.y.empty()) return py::none();
    const auto plane = [](const std::vector<uint8_t>& samples, int rows, int columns, int stride) {
      Array<uint8_t> out({rows, columns});
      for (int y = 0; y < rows; ++y)
        std::copy_n(samples.data() + static_cast<size_t>(y) * stride, columns, out.mutable_data(y, 0));
      return out;
    };
    const int height = p.height, width = p.width;
    return py::make_tuple(plane(p.y, height, width, p.y_stride()),
                          plane(p.u, (height + 1) / 2, (width + 1) / 2, p.uv_stride()),
                          plane(p.v, (height + 1) / 2, (width + 1) / 2, p.uv_stride()));
  }
};

PyEncoding encode(const YuvPlanes& picture, std::optional<int> quantizer, std::optional<uint64_t> max_bytes, float rdo,
                  const std::vector<float>& luma_weights, const std::vector<float>& chroma_weights,
                  const std::vector<int>& deltas, float filter, int sharpness, bool simple_filter, bool measure_filter,
                  int subblock_modes, int subblock_trellises, int block_trellises, int loops, int passes,
                  double tolerance, int token_partitions, uint64_t max_first_partition,
                  const std::optional<Array<float>>& octaves, const std::optional<Array<float>>& weights,
                  bool keep_reconstruction) {
  require(quantizer.has_value() != max_bytes.has_value(), "give either quantizer or max_bytes");
  require(!quantizer || (*quantizer >= 0 && *quantizer <= kCoarsest), "quantizer must be 0 to 127");
  require(rdo >= 0.0f && rdo <= 1e6f, "rdo must be 0 to 1e6");
  require(filter >= 0.0f && filter <= 100.0f, "filter must be 0 to 100");
  require(sharpness >= 0 && sharpness <= 7, "sharpness must be 0 to 7");
  require(subblock_modes >= 0 && subblock_modes <= kSubblockModes, "subblock_modes must be 0 to 10");
  require(subblock_trellises >= 0 && subblock_trellises <= kSubblockModes, "subblock_trellises must be 0 to 10");
  require(block_trellises >= 0 && block_trellises <= kModes, "block_trellises must be 0 to 4");
  require(loops >= 0 && passes >= 1, "loops must be 0 or more, passes 1 or more");
  require(tolerance >= 0 && tolerance < 1, "tolerance must be at least 0 and below 1");
  require(token_partitions == 1 || token_partitions == 2 || token_partitions == 4 || token_partitions == 8,
          "token_partitions must be 1, 2, 4 or 8, not " + std::to_string(token_partitions));
  Settings s;
  s.rdo = std::max(rdo, 1e-6f);
  s.luma_weights = weights_from(luma_weights, "luma_weights");
  s.chroma_weights = weights_from(chroma_weights, "chroma_weights");
  s.deltas = deltas_from(deltas);
  s.filter = filter;
  s.sharpness = sharpness;
  s.filter_kind = simple_filter ? LoopFilter::kSimple : LoopFilter::kNormal;
  s.measure_filter = measure_filter;
  s.search = {subblock_trellises, block_trellises, subblock_modes};
  s.loops = loops;
  s.passes = passes;
  s.tolerance = tolerance;
  s.token_partitions = token_partitions;
  s.max_first_partition = max_first_partition;
  Demand demand{map_from(octaves, picture, "octaves", 16.0f), map_from(weights, picture, "weights", 1e6f)};
  if (demand.octaves.empty()) demand.octaves.assign(static_cast<size_t>(picture.mb_x) * picture.mb_y, 0.0f);
  py::gil_scoped_release release;
  if (quantizer) return {encode_at_quantizer(picture, demand, s, *quantizer, keep_reconstruction)};
  return {encode_to_size(picture, demand, s, *max_bytes, keep_reconstruction)};
}

py::tuple read(const py::bytes& bytes) {
  const std::string_view view = bytes;
  ReadFrame frame;
  {
    py::gil_scoped_release release;
    frame = read_frame(reinterpret_cast<const uint8_t*>(view.data()), view.size());
  }
  Array<float> bits({frame.mb_y, frame.mb_x});
  std::copy(frame.bits.begin(), frame.bits.end(), bits.mutable_data());
  Array<uint8_t> quantizers({frame.mb_y, frame.mb_x});
  std::copy(frame.quantizer.begin(), frame.quantizer.end(), quantizers.mutable_data());
  return py::make_tuple(bits, quantizers);
}

}  // namespace

YuvPlanes planes_from_pixels(const py::array_t<uint8_t, py::array::c_style>& pixels, bool sharp,
                             double chroma_smoothing) {
  const bool gray = pixels.ndim() == 2;
  require(gray || (pixels.ndim() == 3 && pixels.shape(2) == 3),
          "pixels must have the shape (height, width) or (height, width, 3), not " + shape_of(pixels));
  for (int i = 0; i < 2; ++i)
    require(pixels.shape(i) >= 1 && pixels.shape(i) <= kMaxSide,
            "a WebP picture is 1 to 16383 pixels wide and high, not of shape " + shape_of(pixels));
  require(chroma_smoothing >= 0 && chroma_smoothing <= 1,
          "chroma_smoothing must be 0 to 1, not " + std::to_string(chroma_smoothing));
  const int height = static_cast<int>(pixels.shape(0)), width = static_cast<int>(pixels.shape(1));
  const uint8_t* data = pixels.data();
  py::gil_scoped_release release;
  return to_yuv(data, width, height, gray ? 1 : 3, sharp, chroma_smoothing);
}

void bind_vp8(py::module_& m) {
  py::class_<YuvPlanes>(m, "Vp8Picture")
      .def_static("from_pixels", &planes_from_pixels, py::arg("pixels"), py::arg("sharp") = true,
                  py::arg("chroma_smoothing") = 0.0)
      .def_property_readonly("width", [](const YuvPlanes& p) { return p.width; })
      .def_property_readonly("height", [](const YuvPlanes& p) { return p.height; })
      .def_property_readonly("macroblocks", [](const YuvPlanes& p) { return py::make_tuple(p.mb_y, p.mb_x); });
  py::class_<PyEncoding>(m, "Vp8Encoding")
      .def_property_readonly("data", &PyEncoding::data)
      .def_property_readonly("quantizers",
                             [](const PyEncoding& e) { return e.by_segment(e.encoding.header.quantizer); })
      .def_property_readonly("filter_levels",
                             [](const PyEncoding& e) { return e.by_segment(e.encoding.header.filter_level); })
      .def_property_readonly("luma_steps",
                             [](const PyEncoding& e) {
                               std::vector<float> out;
                               for (int q : e.by_segment(e.encoding.header.quantizer)) out.push_back(luma_step(q));
                               return out;
                             })
      .def_property_readonly("strength", [](const PyEncoding& e) { return e.encoding.strength; })
      .def_property_readonly("passes", [](const PyEncoding& e) { return e.encoding.passes; })
      .def_property_readonly("smallest", [](const PyEncoding& e) { return e.encoding.smallest; })
      .def("reconstruction", &PyEncoding::reconstruction);
  m.def("vp8_encode", &encode, py::arg("picture"), py::kw_only(), py::arg("quantizer") = py::none(),
        py::arg("max_bytes") = py::none(), py::arg("rdo"), py::arg("luma_weights"), py::arg("chroma_weights"),
        py::arg("deltas"), py::arg("filter"), py::arg("sharpness") = 0, py::arg("simple_filter") = false,
        py::arg("measure_filter") = true, py::arg("subblock_modes") = 10, py::arg("subblock_trellises") = 2,
        py::arg("block_trellises") = 1, py::arg("loops") = 2, py::arg("passes") = 8, py::arg("tolerance") = 0.003,
        py::arg("token_partitions") = 1, py::arg("max_first_partition") = kMaxFirstPartition,
        py::arg("octaves") = py::none(), py::arg("weights") = py::none(), py::arg("keep_reconstruction") = false);
  m.def("vp8_read", &read, py::arg("data"));
}

}  // namespace accelir::vp8
