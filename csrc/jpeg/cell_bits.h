// How many bits each 32x32 cell of the picture takes.
#pragma once

#include "common/grid.h"
#include "jpeg/levels.h"

namespace accelir::jpeg {

// Under the optimal Huffman tables of a sequential file. A cell's blocks of all components count;
// the DC difference counts where it is coded.
Grid<float> cell_bits(const Levels& levels);

}  // namespace accelir::jpeg
