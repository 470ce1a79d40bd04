// The three maps of SSIMULACRA 2 for a row of one channel: structure, artefacts, lost detail. All are 0 where both
// pictures agree.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace accelir::metrics {

// Maps, and their sums: of the values and of their 4th powers.
constexpr int kMaps = 3, kPowers = 2, kSums = kMaps * kPowers;
enum Map { kStructure, kArtefact, kLostDetail };

// One row of the reference, and of the picture beside it.
struct ReferenceRow {
  const float *value, *mean, *variance;
};
struct PictureRow {
  const float *value, *mean, *variance, *mean_square_apart;  // apart: from the reference
};

// Sums down the columns: of column x and map m to the power 1 or 4 at [power * kMaps + m][x].
using ColumnSums = std::array<std::vector<float>, kSums>;

void add_maps(const ReferenceRow& reference, const PictureRow& picture, ColumnSums& sums);

}  // namespace accelir::metrics
