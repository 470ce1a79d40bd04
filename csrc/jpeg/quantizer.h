// Quantisation tables, block modes, and what one mode makes of one table.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "jpeg/geometry.h"
#include "jpeg/scan.h"

namespace accelir::jpeg {

constexpr float kMaxStep = 255.0f;    // an 8-bit DQT entry (T.81, B.2.4.1)
constexpr float kFinestStep = 0.25f;  // from here down nothing but rounding is left of any mode

using Table = std::array<uint8_t, 64>;               // zigzag order
using FloatTable = std::array<float, 64>;            // zigzag order
using ComponentWeights = std::array<FloatTable, 3>;  // of squared errors, for Y, Cb, Cr

// How a 32x32 cell is quantised on the file's grid. accelir.cells.modes documents the fields for users.
struct Mode {
  float lambda;      // Lagrangian in squared base steps per bit; 0: no rate-distortion optimisation
  float deadzone;    // without lambda: a magnitude of x steps becomes floor(x + 1 - deadzone); 0.5 rounds to nearest
  int32_t multiple;  // AC levels are multiples of this
  int32_t cut;       // coefficients kept, in zigzag order, 1..64
};

// The base step as a table: floor(step * relative step + dither), 1..255. The dither differs from place to place, so
// that a step of 20.3 gives 20 to the lower and 21 to the higher frequencies: size follows the step almost
// continuously.
Table make_table(const FloatTable& relative_steps, float step);

// A mode applied to a component's table.
struct BlockQuantizer {
  alignas(64) float inverse[64];  // levels per coefficient unit
  alignas(64) float cost[64];     // weighted squared error of one level's error
  float lambda;                   // the Lagrangian, in the same unit per bit; 0: round only
  float dead_zone;                // what it has beyond rounding: the half step below which levels become 0 grows by it
  int multiple;
  uint64_t keep;  // AC places that may be nonzero
};

// weights: of squared errors. strength multiplies the Lagrangian and what the dead zone has beyond rounding.
BlockQuantizer make_quantizer(const Mode& mode, const Table& table, const FloatTable& weights, float step,
                              float strength);

// The quantiser of a block whose squared errors cost so much more: bits and dead zone count so much less.
BlockQuantizer weighted(const BlockQuantizer& quantizer, float weight);

// Bits of AC symbols as a trellis asks for them.
struct AcBits {
  float run_size[11][64];  // [size][run of zeros]: Huffman codes (ZRLs included) and the level's own bits
  float min_size[11];      // the least of each row
  float end_of_block;      // after the last nonzero level
  float empty_block;       // of a block without any
};

// From the symbols of one table; share: of the picture that has them. In a progressive scan a run of empty blocks is
// one symbol, which the block before it pays: an empty block is taken as free, and the end of a block as the average of
// all end-of-band symbols.
AcBits ac_bits(const Histogram& histogram, bool progressive, double share = 1);

// Bits of a DC difference of each size, its own bits included.
struct DcBits {
  float size[13];
};

DcBits dc_bits(const Histogram& histogram, double share = 1);

}  // namespace accelir::jpeg
