// From a coded frame to the bytes of a WebP file's "VP8 " chunk (RFC 6386, sections 9 and 19).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vp8/frame.h"
#include "vp8/loop_filter.h"
#include "vp8/quantizer.h"
#include "vp8/tally.h"

namespace accelir::vp8 {

constexpr size_t kMaxFirstPartition = (1 << 19) - 1;  // bytes: a field of 19 bits (section 9.1)
constexpr size_t kMaxTokenPartition = (1 << 24) - 1;  // a field of 24 bits, which the last partition doesn't have
constexpr int kMaxTokenPartitions = 8;

// What holds for the whole frame.
struct FrameHeader {
  int segments = 1;                   // 1: none are signalled
  std::array<int, 4> quantizer{};     // indices, by segment
  std::array<int, 4> filter_level{};  // 0 to 63, by segment
  QuantizerDeltas deltas;
  LoopFilter filter = LoopFilter::kNormal;
  int sharpness = 0;
  int token_partitions = 1;  // 1, 2, 4 or 8; more are made where one would be too large
};

struct WrittenFrame {
  std::vector<uint8_t> data;   // empty: a partition is too large for its field
  size_t first_partition = 0;  // bytes
};

// tally: of the frame, whose probabilities are those that its own symbols ask for. threads: at most, one a partition.
WrittenFrame write_frame(const Frame& frame, const Tally& tally, const FrameHeader& header, int threads = 1);

}  // namespace accelir::vp8
