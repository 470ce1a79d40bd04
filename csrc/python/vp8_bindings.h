// Binds the VP8 encoder and reader.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include "vp8/yuv.h"

namespace accelir::vp8 {

// HxWx3 RGB or HxW gray; see to_yuv. Throws std::invalid_argument for other shapes and values out of range.
YuvPlanes planes_from_pixels(const pybind11::array_t<uint8_t, pybind11::array::c_style>& pixels, bool sharp,
                             double chroma_smoothing);

void bind_vp8(pybind11::module_& m);

}  // namespace accelir::vp8
