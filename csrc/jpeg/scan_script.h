// The search for a progressive file's scans.
#pragma once

#include <vector>

#include "jpeg/levels.h"
#include "jpeg/scan.h"

namespace accelir::jpeg {

std::vector<Scan> sequential_script(const Geometry& geometry);
// DC of all components, then each component's AC in the bands and bit planes that cost least. breadth: 0 for one band,
// 1 for a search on some of the blocks, 2 for one on all. share: of the picture that the levels are.
std::vector<Scan> progressive_script(const Levels& levels, int breadth, int threads = 1, double share = 1);

}  // namespace accelir::jpeg
