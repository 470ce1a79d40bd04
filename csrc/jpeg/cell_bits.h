// How many bits each 32x32 cell of the picture takes.
#pragma once

#include <vector>

#include "jpeg/levels.h"

namespace accelir::jpeg {

// Under the optimal Huffman tables of a sequential file, [cells_y * cells_x]. A cell's blocks of all components count;
// the DC difference counts where it is coded.
std::vector<float> cell_bits(const Levels& levels);

}  // namespace accelir::jpeg
