// All that a VP8 frame depends on but the picture and its size. csrc/python/vp8.cc has the ranges.
#pragma once

#include <cstddef>
#include <optional>

#include "common/grid.h"
#include "vp8/mode_decision.h"
#include "vp8/quantizer.h"
#include "vp8/writer.h"

namespace accelir::vp8 {

constexpr int kCoarsest = 127;  // quantiser index

struct Settings {
  float lambda = 0;  // Lagrangian, in squared luma steps per bit
  Weights luma_weights{}, chroma_weights{};
  QuantizerDeltas deltas;
  float filter = 1.0f;         // of the loop filter's level over the usual or measured one; 0: none
  int sharpness = 0;           // of the loop filter
  bool simple_filter = false;  // luma alone is filtered
  bool measure_filter = true;  // levels by the error that they leave, else by the quantiser alone
  Search search;
  int loops = 2;             // passes over a sample, each with the probabilities of the one before
  bool paced = false;        // whether the first pass over the picture is led to the size row by row
  int passes = 8;            // over the whole picture that the size search may make
  double tolerance = 0.003;  // how far below the budget the search may stop, as a share of it
  int token_partitions = 1;
  int threads = 1;                                  // at most; the frame doesn't depend on them
  size_t max_first_partition = kMaxFirstPartition;  // bytes; less only to try what happens then
  // Of each macroblock, in raster order:
  std::optional<Grid<float>> octaves;  // by how many doublings its step is above the base quantiser's; none: 0
  std::optional<Grid<float>> weights;  // of its squared errors; none: 1
};

}  // namespace accelir::vp8
