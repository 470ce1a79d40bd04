// Intra prediction (RFC 6386, section 12).
//
// Blocks are predicted from the samples around them as decoders have them before the loop filter. Where the frame ends
// they read 127 above, 129 to the left, and the corner as the row above it or the column.
#pragma once

#include <cstdint>

#include "common/simd.h"
#include "vp8/tables.h"
#include "vp8/transform.h"

namespace accelir::vp8 {

constexpr uint8_t kAboveFrame = 127, kLeftOfFrame = 129;

// A Side x Side block, its edges around it: samples[-1] is left, samples[-kStride] above.
constexpr int kStride = 32;
constexpr int kOrigin = kStride + 8;  // of the block in its buffer

template <int Side>
ACCELIR_INLINE int dc_value(const uint8_t* samples, bool has_above, bool has_left) {
  int sum = 0;
  if (has_above)
    for (int i = 0; i < Side; ++i) sum += samples[i - kStride];
  if (has_left)
    for (int i = 0; i < Side; ++i) sum += samples[i * kStride - 1];
  if (!has_above && !has_left) return 128;
  const int count = Side * (has_above + has_left);
  return (sum + count / 2) / count;
}

// Section 12.2 and 12.3: whole macroblocks and chroma.
template <int Side>
ACCELIR_INLINE void predict_block(uint8_t* samples, int mode, bool has_above, bool has_left) {
  const int dc = mode == kDcPred ? dc_value<Side>(samples, has_above, has_left) : 0;
  const int corner = samples[-kStride - 1];
  uint8_t above[Side];
  for (int x = 0; x < Side; ++x) above[x] = samples[x - kStride];
  for (int y = 0; y < Side; ++y) {
    uint8_t* row = samples + y * kStride;
    const int left = row[-1];
    for (int x = 0; x < Side; ++x)
      row[x] = mode == kDcPred  ? static_cast<uint8_t>(dc)
               : mode == kVPred ? above[x]
               : mode == kHPred ? static_cast<uint8_t>(left)
                                : clip_sample(left + above[x] - corner);
  }
}

// Section 12.3: the ten predictions of a 4x4 subblock, lane m of each sample for mode m.
ACCELIR_INLINE void predict_subblock(const uint8_t* samples, uint8_t (&out)[16][16]) {
  // The edge from the bottom left over the corner to the top right: L K J I M A B C D E F G H.
  uint8_t e[13];
  for (int i = 0; i < 4; ++i) e[i] = samples[(3 - i) * kStride - 1];
  for (int i = 0; i < 9; ++i) e[4 + i] = samples[i - 1 - kStride];
  uint8_t two[12], three[13];
  for (int i = 0; i < 12; ++i) two[i] = static_cast<uint8_t>((e[i] + e[i + 1] + 1) >> 1);
  for (int i = 1; i < 12; ++i) three[i] = static_cast<uint8_t>((e[i - 1] + 2 * e[i] + e[i + 1] + 2) >> 2);
  three[0] = static_cast<uint8_t>((e[1] + 3 * e[0] + 2) >> 2);
  three[12] = static_cast<uint8_t>((e[11] + 3 * e[12] + 2) >> 2);
  int sum = 4;
  for (int i = 0; i < 4; ++i) sum += e[i] + e[5 + i];
  const uint8_t dc = static_cast<uint8_t>(sum >> 3);
  const uint8_t up[7] = {two[2], three[2], two[1], three[1], two[0], three[0], e[0]};
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 4; ++x) {
      uint8_t* lane = out[4 * y + x];
      lane[kBDcPred] = dc;
      lane[kBTmPred] = clip_sample(e[3 - y] + e[5 + x] - e[4]);
      lane[kBVePred] = three[5 + x];
      lane[kBHePred] = three[3 - y];
      lane[kBLdPred] = three[6 + x + y];
      lane[kBRdPred] = three[4 - y + x];
      if (x < y / 2)
        lane[kBVrPred] = three[5 - y];
      else
        lane[kBVrPred] = y % 2 == 0 ? two[4 + x - y / 2] : three[4 + x - y / 2];
      if (y < x / 2)
        lane[kBHdPred] = three[3 + x];
      else
        lane[kBHdPred] = x % 2 == 0 ? two[3 - y + x / 2] : three[4 - y + x / 2];
      lane[kBVlPred] = x == 3 && y >= 2 ? three[8 + y] : y % 2 == 0 ? two[5 + x + y / 2] : three[6 + x + y / 2];
      lane[kBHuPred] = up[x + 2 * y < 6 ? x + 2 * y : 6];
    }
}

}  // namespace accelir::vp8
