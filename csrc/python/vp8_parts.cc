#include "python/vp8_parts.h"

#include <pybind11/numpy.h>

#include <cmath>
#include <stdexcept>
#include <string>

#include "python/vp8_bindings.h"
#include "vp8/loop_filter.h"
#include "vp8/segments.h"

namespace py = pybind11;

namespace accelir::vp8 {
namespace {

template <class T>
using Array = py::array_t<T, py::array::c_style>;

void require(bool condition, const std::string& message) {
  if (!condition) throw std::invalid_argument(message);
}

std::string shape_of(const py::array& a) { return py::str(py::tuple(a.attr("shape"))); }

Array<uint8_t> plane(const std::vector<uint8_t>& samples, int rows, int columns) {
  Array<uint8_t> out({rows, columns});
  std::copy(samples.begin(), samples.end(), out.mutable_data());
  return out;
}

py::tuple to_arrays(const YuvPlanes& p) {
  return py::make_tuple(plane(p.y, p.mb_y * 16, p.mb_x * 16), plane(p.u, p.mb_y * 8, p.mb_x * 8),
                        plane(p.v, p.mb_y * 8, p.mb_x * 8));
}

py::tuple planes_of(const Array<uint8_t>& pixels, bool sharp, double chroma_smoothing) {
  return to_arrays(planes_from_pixels(pixels, sharp, chroma_smoothing));
}

void require_shape(const py::array& a, const std::string& name, int rows, int columns) {
  require(a.ndim() == 2 && a.shape(0) == rows && a.shape(1) == columns,
          name + " must have the shape (" + std::to_string(rows) + ", " + std::to_string(columns) + "), not " +
              shape_of(a));
}

py::tuple filtered(const Array<uint8_t>& y, const Array<uint8_t>& u, const Array<uint8_t>& v,
                   const Array<uint8_t>& levels, const Array<bool>& inner_edges, bool simple, int sharpness) {
  require(levels.ndim() == 2, "levels must have two dimensions, not the shape " + shape_of(levels));
  require(sharpness >= 0 && sharpness <= 7, "sharpness must be 0 to 7, not " + std::to_string(sharpness));
  const int mb_y = static_cast<int>(levels.shape(0)), mb_x = static_cast<int>(levels.shape(1));
  require_shape(y, "y", mb_y * 16, mb_x * 16);
  require_shape(u, "u", mb_y * 8, mb_x * 8);
  require_shape(v, "v", mb_y * 8, mb_x * 8);
  require_shape(inner_edges, "inner_edges", mb_y, mb_x);
  YuvPlanes frame(mb_x * 16, mb_y * 16);
  frame.y.assign(y.data(), y.data() + y.size());
  frame.u.assign(u.data(), u.data() + u.size());
  frame.v.assign(v.data(), v.data() + v.size());
  std::vector<MacroblockFilter> macroblocks(levels.size());
  for (size_t i = 0; i < macroblocks.size(); ++i) {
    require(levels.data()[i] <= 63, "a filter level must be 0 to 63, not " + std::to_string(levels.data()[i]));
    macroblocks[i] = {levels.data()[i], inner_edges.data()[i]};
  }
  {
    py::gil_scoped_release release;
    loop_filter(frame, macroblocks, simple ? LoopFilter::kSimple : LoopFilter::kNormal, sharpness);
  }
  return to_arrays(frame);
}

py::tuple clustered(const Array<double>& weights, int most) {
  require(weights.ndim() == 1 && weights.shape(0) == kQuantizers,
          "weights must have the shape (128,), not " + shape_of(weights));
  require(most >= 1 && most <= kMaxSegments, "most must be 1 to 4, not " + std::to_string(most));
  std::array<double, kQuantizers> values;
  double sum = 0;
  for (int i = 0; i < kQuantizers; ++i) {
    values[i] = weights.data()[i];
    require(values[i] >= 0 && values[i] <= 1e15, "a weight must be 0 to 1e15, not " + std::to_string(values[i]));
    sum += values[i];
  }
  require(sum > 0, "at least one weight must be above 0");
  const Segments segments = cluster_quantizers(values, most);
  Array<uint8_t> centers(segments.count), segment_of(kQuantizers);
  std::copy_n(segments.quantizer.begin(), segments.count, centers.mutable_data());
  std::copy(segments.segment_of.begin(), segments.segment_of.end(), segment_of.mutable_data());
  return py::make_tuple(centers, segment_of);
}

}  // namespace

void bind_vp8_parts(py::module_& m) {
  m.def("vp8_planes", &planes_of, py::arg("pixels"), py::arg("sharp") = true, py::arg("chroma_smoothing") = 0.0);
  m.def("vp8_loop_filter", &filtered, py::arg("y"), py::arg("u"), py::arg("v"), py::arg("levels"),
        py::arg("inner_edges"), py::arg("simple") = false, py::arg("sharpness") = 0);
  m.def("vp8_segments", &clustered, py::arg("weights"), py::arg("most") = kMaxSegments);
}

}  // namespace accelir::vp8
