// The search for a progressive file's scans.
#pragma once

#include <vector>

#include "jpeg/levels.h"
#include "jpeg/scan.h"

namespace accelir::jpeg {

std::vector<Scan> sequential_script(const Geometry& geometry);
// DC of all components, then each component's AC in the bands and bit planes that cost least. breadth: how many ways
// are tried, 0 (one fixed script) to 2.
std::vector<Scan> progressive_script(const Levels& levels, int breadth, int threads = 1);

}  // namespace accelir::jpeg
