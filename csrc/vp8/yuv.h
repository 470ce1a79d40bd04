// RGB to the YUV 4:2:0 planes that a VP8 frame codes: ITU-R BT.601, luma 16..235 and chroma 16..240 of 8 bits.
//
// WebP's decoders double chroma with weights 9/16, 3/16, 3/16, 1/16, which is downsample.h's U in both directions, and
// go back to RGB with the inverse of the same matrix. The sharp conversion picks, for that decoder, the planes whose
// RGB comes closest to the picture in squared error. For given chroma a pixel's best luma is the mean over R, G and B
// of what the chroma leaves to be added. With it, what is left of the error doesn't depend on the pixel's luma and is
// smallest where U chroma comes nearest to the full-resolution chroma: the least-squares halving of downsample.h.
// Decoders clip to 0..255, so where the picture itself is 0 or 255 whatever lies beyond is as good: the target moves
// there, and halving and luma are repeated (projections in turn onto two convex sets; no step makes the error larger).
#pragma once

#include <cstdint>

#include "vp8/planes.h"

namespace accelir::vp8 {

// pixels: rows of 8-bit gray (channels 1; chroma is neutral) or RGB (channels 3). Without sharp, chroma is the mean of
// 2x2 pixels and only the planes are allocated; with it at most 7 bytes a pixel more while it runs (two float planes of
// half the width, the two of the halving before, and a copy of one when it is cut to half its height).
// chroma_smoothing: of sharp's halving, see downsample.h. luma_fit, 0 to 1: 0 as above; towards 1 colours count as they
// do in luma, not alike, so that luma stays the picture's own and makes up for less of what halving leaves.
YuvPlanes to_yuv(const uint8_t* pixels, int width, int height, int channels, bool sharp, double chroma_smoothing,
                 double luma_fit);

}  // namespace accelir::vp8
