// Planes and macroblocks between Python and the VP8 core.
#pragma once

#include "python/arrays.h"
#include "vp8/planes.h"

namespace accelir::vp8 {

// Y, U, V arrays of whole macroblocks.
pybind11::tuple arrays_of(const YuvPlanes& planes);

// The same of a picture's own pixels, chroma sides rounded up.
pybind11::tuple cropped_arrays_of(const YuvPlanes& planes);

// Arrays of whole macroblocks as the planes of a picture of this size.
YuvPlanes planes_from(const python::Array<uint8_t>& y, const python::Array<uint8_t>& u, const python::Array<uint8_t>& v,
                      int width, int height);

// Binds the stages of the encoder that stand alone: the loop filter, the clustering of quantisers.
void bind_parts(pybind11::module_& m);

}  // namespace accelir::vp8
