// One attempt at a frame: a base quantiser and a strength become a coded frame, and that bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/parallel.h"
#include "common/strength.h"
#include "vp8/frame.h"
#include "vp8/loop_filter.h"
#include "vp8/pace.h"
#include "vp8/planes.h"
#include "vp8/quantizer.h"
#include "vp8/settings.h"
#include "vp8/tally.h"
#include "vp8/writer.h"

namespace accelir::vp8 {

// At least one trellis of each kind, so that any level can become 0, and nothing left out.
void make_thorough(Search& search);

class Trials {
 public:
  Trials(const YuvPlanes& picture, const Settings& settings);

  // Codes the frame by the probabilities learnt so far -> how large it would be, or one of which it is a share.
  double measure(int base, const Strength& strength, double share = 1.0);
  // The same, written with the present filter levels. Data is empty where the frame can't be written: too much for the
  // format's fields.
  WrittenFrame attempt(int base, const Strength& strength);
  // What `measure` coded, written.
  WrittenFrame write_measured(const Strength& strength);
  // The same for the rows of macroblocks from the first on, at the quantiser of the last attempt.
  WrittenFrame attempt_end(int first_row, float strength);
  // Codes the frame at a pace that leads to a size, and its end again until that is near enough, if that can be.
  WrittenFrame attempt_paced(int base, Pace& pace, double bytes, double near);
  // Takes the probabilities over that the last frame asks for.
  void learn();
  // Measures the loop filter on the last frame, for the next writes.
  void choose_filter();
  // From now on, whatever the settings say.
  void make_thorough() { vp8::make_thorough(search_); }
  // Takes over what another has learnt and measured.
  void learn_from(const Trials& other);
  WrittenFrame write() const { return write_frame(frame_, tally_, header_, threads()); }

  // What each row of macroblocks of the last frame takes, roughly.
  std::vector<double> row_bytes() const;

  const FrameHeader& header() const { return header_; }
  const Frame& frame() const { return frame_; }
  // Over the picture, parts of it added up, to the nearest.
  int passes() const { return static_cast<int>((2 * rows_ + picture_.mb_y) / (2 * picture_.mb_y)); }

 private:
  int threads() const { return useful_threads(settings_.threads, 256.0 * picture_.mb_x * picture_.mb_y); }
  void code(const Strength& strength);
  void code_rows(int first, int end, const Strength& strength);
  // Where a part of a frame begins: with a row of macroblocks, above which is so much.
  struct Stripe {
    int row;
    Tally above;
    double bytes;
  };
  // From the last of the stripes on. bytes: of the frame that is wanted.
  void code_stripes(Pace& pace, double bytes, std::vector<Stripe>& stripes);
  // From now on modes count more -> whether that can help yet.
  bool shorten_modes();
  WrittenFrame write_if_modes_fit() const;
  void set_segments(int base);
  void set_filter_levels();

  const YuvPlanes& picture_;
  const Settings& settings_;
  Search search_;
  Costs costs_;
  Frame frame_;
  FrameHeader header_;
  Tally tally_;  // of the frame
  std::vector<uint8_t> segments_;
  float filter_strength_ = 1.0f;  // as measured, times which the profile's strength is taken
  int64_t rows_ = 0;              // of macroblocks, that were coded
};

// The reconstruction as decoders show it.
YuvPlanes filtered(const Frame& frame, const FrameHeader& header);

}  // namespace accelir::vp8
