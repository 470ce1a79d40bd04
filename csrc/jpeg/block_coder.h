// One block as Huffman symbols (ITU-T T.81, F.1.2), to any sink of scan.h.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "common/simd.h"

namespace accelir::jpeg {

ACCELIR_INLINE int bit_length(uint32_t v) { return v ? 32 - __builtin_clz(v) : 0; }

// A signed value's bits as T.81 F.1.2.1 has them: negative values one less, in `size` bits.
ACCELIR_INLINE uint32_t signed_bits(int value, int size) {
  return static_cast<uint32_t>(value < 0 ? value - 1 : value) & ((1u << size) - 1);
}

ACCELIR_INLINE int dc_slot(int component) { return component ? 1 : 0; }
ACCELIR_INLINE int ac_slot(int component) { return component ? 3 : 2; }

template <class Sink>
ACCELIR_INLINE void code_dc(int difference, int slot, Sink& sink) {
  const int size = bit_length(std::abs(difference));
  sink.symbol(slot, size, signed_bits(difference, size), size);
}

template <class Sink>
ACCELIR_INLINE void code_run_level(int run, int value, int slot, Sink& sink) {
  for (; run > 15; run -= 16) sink.symbol(slot, 0xF0, 0, 0);
  const int size = bit_length(std::abs(value));
  sink.symbol(slot, run << 4 | size, signed_bits(value, size), size);
}

// T.81 F.1.2.2
template <class Sink>
ACCELIR_INLINE void code_ac(const int16_t* block, uint64_t mask, int slot, Sink& sink) {
  int last = 0;
  for (mask &= ~uint64_t{1}; mask; mask &= mask - 1) {
    const int k = __builtin_ctzll(mask);
    code_run_level(k - last - 1, block[k], slot, sink);
    last = k;
  }
  if (last != 63) sink.symbol(slot, 0x00, 0, 0);
}

// A whole sequential block. previous: the component's DC prediction, moved on.
template <class Sink>
ACCELIR_INLINE void code_block(const int16_t* block, uint64_t nonzero, int& previous, int component, Sink& sink) {
  code_dc(block[0] - previous, dc_slot(component), sink);
  previous = block[0];
  code_ac(block, nonzero, ac_slot(component), sink);
}

}  // namespace accelir::jpeg
