// Binds the stages of the VP8 encoder that stand alone: color conversion, loop filter, clustering of quantisers.
#pragma once

#include <pybind11/pybind11.h>

namespace accelir::vp8 {

void bind_vp8_parts(pybind11::module_& m);

}  // namespace accelir::vp8
