#include "python/vp8_parts.h"

#include "python/settings.h"
#include "vp8/loop_filter.h"
#include "vp8/quantizer.h"
#include "vp8/segments.h"

namespace accelir::vp8 {
namespace {

namespace py = pybind11;
using python::Array;
using python::Range;
using python::require;

Array<uint8_t> plane(const std::vector<uint8_t>& samples, int rows, int columns, int stride) {
  Array<uint8_t> out({rows, columns});
  for (int y = 0; y < rows; ++y)
    std::copy_n(samples.data() + static_cast<size_t>(y) * stride, columns, out.mutable_data(y, 0));
  return out;
}

py::tuple filtered(const Array<uint8_t>& y, const Array<uint8_t>& u, const Array<uint8_t>& v,
                   const Array<uint8_t>& levels, const Array<bool>& inner_edges, bool simple, int sharpness) {
  require(levels.ndim() == 2, "levels must have two dimensions, not the shape " + python::shape_of(levels));
  Range::between(0, 7)(sharpness, "sharpness");
  const int mb_y = static_cast<int>(levels.shape(0)), mb_x = static_cast<int>(levels.shape(1));
  YuvPlanes frame = planes_from(y, u, v, mb_x * 16, mb_y * 16);
  python::require_shape(inner_edges, "inner_edges", {mb_y, mb_x});
  std::vector<MacroblockFilter> macroblocks(levels.size());
  for (size_t i = 0; i < macroblocks.size(); ++i) {
    Range::between(0, 63)(static_cast<int>(levels.data()[i]), "a filter level");
    macroblocks[i] = {levels.data()[i], inner_edges.data()[i]};
  }
  {
    py::gil_scoped_release release;
    loop_filter(frame, macroblocks, simple ? LoopFilter::kSimple : LoopFilter::kNormal, sharpness);
  }
  return arrays_of(frame);
}

py::tuple clustered(const Array<double>& weights, int most) {
  using Histogram = std::array<double, kQuantizers>;
  const Histogram values = python::Convert<Histogram>::from(weights, "weights");
  Range::between(0, 1e15)(values, "a weight");
  Range::between(1, kMaxSegments)(most, "most");
  require(std::any_of(values.begin(), values.end(), [](double w) { return w > 0; }),
          "at least one weight must be above 0");
  const Segments segments = cluster_quantizers(values, most);
  Array<uint8_t> centers(segments.count), segment_of(kQuantizers);
  std::copy_n(segments.quantizer.begin(), segments.count, centers.mutable_data());
  std::copy(segments.segment_of.begin(), segments.segment_of.end(), segment_of.mutable_data());
  return py::make_tuple(centers, segment_of);
}

}  // namespace

py::tuple arrays_of(const YuvPlanes& p) {
  const int rows = p.mb_y * 8, columns = p.mb_x * 8;
  return py::make_tuple(plane(p.y, 2 * rows, 2 * columns, p.y_stride()), plane(p.u, rows, columns, p.uv_stride()),
                        plane(p.v, rows, columns, p.uv_stride()));
}

py::tuple cropped_arrays_of(const YuvPlanes& p) {
  const int rows = (p.height + 1) / 2, columns = (p.width + 1) / 2;
  return py::make_tuple(plane(p.y, p.height, p.width, p.y_stride()), plane(p.u, rows, columns, p.uv_stride()),
                        plane(p.v, rows, columns, p.uv_stride()));
}

YuvPlanes planes_from(const Array<uint8_t>& y, const Array<uint8_t>& u, const Array<uint8_t>& v, int width,
                      int height) {
  YuvPlanes out(width, height);
  const auto take = [](const Array<uint8_t>& from, const std::string& name, int rows, int columns,
                       std::vector<uint8_t>& to) {
    python::require_shape(from, name, {rows, columns});
    to.assign(from.data(), from.data() + from.size());
  };
  take(y, "y", out.mb_y * 16, out.mb_x * 16, out.y);
  take(u, "u", out.mb_y * 8, out.mb_x * 8, out.u);
  take(v, "v", out.mb_y * 8, out.mb_x * 8, out.v);
  return out;
}

void bind_parts(py::module_& m) {
  m.def(
      "nearest_quantizer",
      [](float step) {
        require(step > 0, "step must be above 0, not " + std::to_string(step));
        return nearest_quantizer(step);
      },
      py::arg("step"));
  m.def("luma_step", &luma_step, py::arg("index"));
  m.def("loop_filter", &filtered, py::arg("y"), py::arg("u"), py::arg("v"), py::arg("levels"), py::arg("inner_edges"),
        py::arg("simple") = false, py::arg("sharpness") = 0);
  m.def("segments", &clustered, py::arg("weights"), py::arg("most") = kMaxSegments);
}

}  // namespace accelir::vp8
