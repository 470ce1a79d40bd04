// From a base step or a byte budget to a finished file. The only loop of the encoder, on cached coefficients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jpeg/coefficients.h"
#include "jpeg/trial.h"

namespace accelir::jpeg {

struct Encoding {
  std::vector<uint8_t> data;  // empty: not even the smallest file fits
  float step = 0;
  std::vector<Table> tables;
  std::string subsampling;
  bool progressive = false;
  int passes = 0;                // whole-picture quantisations made
  size_t smallest = 0;           // bytes of the file of the coarsest step, when the budget came near it
  std::optional<Levels> levels;  // of the file in `data`, if asked for
};

Encoding encode_at_step(const Coefficients& coefficients, const Settings& settings, float step, bool keep_levels);
// The largest file found that is not above max_bytes; within tolerance of it unless the finest file is smaller. A
// budget below the file of the coarsest step gives no data.
Encoding encode_to_size(const Coefficients& coefficients, const Settings& settings, size_t max_bytes, bool keep_levels);

}  // namespace accelir::jpeg
