#include "python/arrays.h"

#include "metrics/ssimulacra2.h"

namespace accelir::metrics {
namespace {

namespace py = pybind11;
using python::Array;
using python::require;

constexpr int kMostSide = 32768;

Ssimulacra2 make(const Array<float>& linear) {
  python::require_shape(linear, "linear", {python::kAny, python::kAny, 3});
  for (int i = 0; i < 2; ++i)
    require(linear.shape(i) >= 1 && linear.shape(i) <= INT32_MAX / 4,
            "a picture is 1 to 2^29 pixels wide and high, not of shape " + python::shape_of(linear));
  py::gil_scoped_release release;
  return Ssimulacra2(linear.data(), static_cast<int>(linear.shape(1)), static_cast<int>(linear.shape(0)));
}

void require_fit(const Ssimulacra2& reference, const Array<float>& linear) {
  python::require_shape(linear, "linear", {reference.height(), reference.width(), 3}, " as the reference has");
}

double score(const Ssimulacra2& reference, const Array<float>& linear) {
  require_fit(reference, linear);
  py::gil_scoped_release release;
  return reference.score(linear.data());
}

Array<double> errors(const Ssimulacra2& reference, const Array<float>& linear, int side) {
  require_fit(reference, linear);
  const bool whole = side % (1 << (kScales - 1)) == 0, power = (side & (side - 1)) == 0;
  require(side >= 1 && side <= kMostSide && (whole || power), "side must be a power of 2 or a multiple of 32, 1 to " +
                                                                  std::to_string(kMostSide) + ", not " +
                                                                  std::to_string(side));
  Grid<double> out;
  {
    py::gil_scoped_release release;
    out = reference.errors(linear.data(), side);
  }
  return python::to_array(out);
}

}  // namespace

void bind(py::module_& m) {
  m.doc() = "The compiled metrics of accelir.";
  py::class_<Ssimulacra2>(m, "Ssimulacra2")
      .def(py::init(&make), py::arg("linear"))
      .def("score", &score, py::arg("linear"))
      .def("errors", &errors, py::arg("linear"), py::arg("side") = 32);
}

}  // namespace accelir::metrics

PYBIND11_MODULE(metrics, m) { accelir::metrics::bind(m); }
