// All that a JPEG file depends on but the picture and its size. csrc/python/jpeg.cc has the ranges.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/grid.h"
#include "jpeg/quantizer.h"

namespace accelir::jpeg {

enum class Progressive { kNever, kAlways, kAuto };  // auto: whichever file is smaller

struct Settings {
  std::array<FloatTable, 2> relative_steps;  // luma's and chroma's, over the base step
  std::vector<ComponentWeights> weights;     // a mode: what a squared error costs
  std::vector<Mode> modes;                   // at least one
  Grid<int32_t> mode_map;                    // a cell: index into modes
  std::optional<Grid<float>> block_weights;  // of squared errors in squares of 8x8 pixels, over `weights`; none: 1
  Progressive progressive = Progressive::kAuto;
  bool dc_trellis = true;
  int scan_breadth = 1;           // of the scan search
  int loops = 2;                  // quantisations at a fixed step, each with the code lengths of the one before
  int passes = 8;                 // whole-picture quantisations that the size search may make
  double tolerance = 0.002;       // how far below the budget the size search may stop, a share of it
  int restart_interval = 0;       // MCUs, 0: none
  int threads = 1;                // at most; the file doesn't depend on them
  std::vector<uint8_t> segments;  // complete APPn and COM segments
};

}  // namespace accelir::jpeg
