#include "vp8/bool_coder.h"

#include <utility>

namespace accelir::vp8 {

void BoolCoder::put_optional_signed(int value, int bits) {
  put(value != 0, 128);
  if (value == 0) return;
  put_literal(static_cast<uint32_t>(value < 0 ? -value : value), bits);
  put(value < 0, 128);
}

void BoolCoder::carry() {
  size_t i = data_.size();
  while (data_[--i] == 255) data_[i] = 0;
  ++data_[i];
}

BoolCoder::Interval BoolCoder::without_batch(Interval interval) {
  const int left = 8 + interval.pending - kBatch;
  const uint64_t out = interval.low >> left;
  if (out >> kBatch) carry();
  for (int shift = kBatch - 8; shift >= 0; shift -= 8) data_.push_back(static_cast<uint8_t>(out >> shift));
  interval.low &= (uint64_t{1} << left) - 1;
  interval.pending -= kBatch;
  return interval;
}

std::vector<uint8_t> BoolCoder::finish() {
  const int bytes = bytes_held();
  const uint64_t out = interval_.low << (8 * bytes - 8 - interval_.pending);
  if (out >> (8 * bytes)) carry();
  for (int shift = 8 * bytes - 8; shift >= 0; shift -= 8) data_.push_back(static_cast<uint8_t>(out >> shift));
  return std::move(data_);
}

}  // namespace accelir::vp8
