// Huffman tables: optimal codes of at most 16 bits for a histogram (ITU-T T.81, Annexes C and K.2).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace accelir::jpeg {

using Histogram = std::array<uint64_t, 256>;

struct HuffmanTable {
  std::array<uint8_t, 17> counts{};  // codes of each length 1..16 (BITS)
  std::vector<uint8_t> symbols;      // in order of code length (HUFFVAL)
  std::array<uint16_t, 256> code{};
  std::array<uint8_t, 256> length{};  // 0: the symbol has no code

  int header_bytes() const { return 17 + static_cast<int>(symbols.size()); }
};

// Package-merge (Larmore and Hirschberg 1990), so optimal under the length limit; the all-ones code stays free, as
// JPEG asks. An empty histogram gives a table of one unused symbol.
HuffmanTable build_huffman(const Histogram& histogram);
// Bits of a histogram's symbols by an optimal code, and its table's bytes, without making it. Codes of more than 16
// bits are allowed, so that the bits are a bound, which is missed by next to nothing.
struct HuffmanCost {
  uint64_t bits;
  int header_bytes;
};
HuffmanCost huffman_cost(const Histogram& histogram);
// Bits that the symbols of a histogram take, without their extra bits.
uint64_t coded_bits(const Histogram& histogram, const HuffmanTable& table);
// Fills code and length from counts and symbols (T.81, Annex C). False if they are not a prefix code.
bool assign_codes(HuffmanTable& table);

}  // namespace accelir::jpeg
