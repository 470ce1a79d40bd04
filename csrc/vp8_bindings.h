// Binds the VP8 encoder.
#pragma once

#include <pybind11/pybind11.h>

namespace accelir {

void bind_vp8(pybind11::module_& m);

}  // namespace accelir
