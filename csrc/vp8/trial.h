// One attempt at a frame: a base quantiser and a strength become a coded frame, and that bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vp8/frame.h"
#include "vp8/loop_filter.h"
#include "vp8/quantizer.h"
#include "vp8/writer.h"
#include "vp8/yuv.h"

namespace accelir::vp8 {

constexpr int kCoarsest = 127;  // quantiser index

struct Settings {
  float rdo = 0.115f;  // Lagrangian, in squared luma steps per bit
  Weights luma_weights, chroma_weights;
  QuantizerDeltas deltas;
  float filter = 1.0f;  // of the loop filter's level; 0: none
  int sharpness = 0;
  bool measure_filter = true;  // levels by the error that they leave, else by the quantiser alone
  LoopFilter filter_kind = LoopFilter::kNormal;
  Search search;
  int loops = 2;             // passes over a sample, each with the probabilities of the one before
  int passes = 8;            // over the whole picture that the size search may make
  double tolerance = 0.002;  // how far below the budget the search may stop, as a share of it
  int token_partitions = 1;
  size_t max_first_partition = kMaxFirstPartition;  // bytes; less only to try what happens then
};

// What is asked of each macroblock, in raster order.
struct Demand {
  std::vector<float> octaves;  // by how many doublings its step is above the base quantiser's, 0 or more
  std::vector<float> weights;  // of its squared errors; empty: 1
};

// What multiplies the Lagrangian: one factor for the first macroblocks, in raster order, one for the rest.
struct Strength {
  float first = 1.0f, rest = 1.0f;
  size_t split = 0;  // macroblocks that have the first
};

class Trials {
 public:
  Trials(const YuvPlanes& picture, const Demand& demand, const Settings& settings);

  // Codes the frame by the probabilities learnt so far, and writes it with the present filter levels. Data is empty
  // where the frame can't be written: too much for the format's fields.
  WrittenFrame attempt(int base, const Strength& strength);
  // Takes the probabilities over that the last frame asks for.
  void learn();
  // Measures the loop filter on the last frame, for the next writes.
  void choose_filter();
  // Takes over what another has learnt and measured.
  void learn_from(const Trials& other);
  WrittenFrame write() const { return write_frame(frame_, header_); }

  const FrameHeader& header() const { return header_; }
  const Frame& frame() const { return frame_; }
  int passes() const { return passes_; }

 private:
  void set_segments(int base);
  void set_filter_levels();

  const YuvPlanes& picture_;
  const Demand& demand_;
  const Settings& settings_;
  Costs costs_;
  Frame frame_;
  FrameHeader header_;
  std::vector<uint8_t> segments_;
  float filter_strength_ = 1.0f;  // as measured, times which the profile's strength is taken
  int passes_ = 0;
};

// The reconstruction as decoders show it.
YuvPlanes filtered(const Frame& frame, const FrameHeader& header);

}  // namespace accelir::vp8
