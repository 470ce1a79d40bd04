// One try of the encoder: quantise cached coefficients at a base step, plan the file, learn its code lengths.
#pragma once

#include <optional>
#include <vector>

#include "common/strength.h"
#include "jpeg/coefficients.h"
#include "jpeg/quantize.h"
#include "jpeg/settings.h"
#include "jpeg/writer.h"

namespace accelir::jpeg {

bool uses_trellis(const Settings& settings);

class Trials {
 public:
  // share: of the picture that is to be coded, whose size decides on the kind of file.
  Trials(const Coefficients& coefficients, const Settings& settings, double share = 1);

  // Quantises without a trellis, which needs no code lengths, and learns a first guess of them. -> the bits of the
  // scans, in single bands.
  double guess_at(float step);
  // Quantises, then learns the code lengths that the result asks for.
  void quantize_at(float step, const Strength& strength);
  // Plans the file of the present levels: the smaller of the kinds that the settings allow. -> the bytes of the whole
  // picture's, but for stuffed zeros.
  double plan();
  // Which kind is smaller with its stuffed zeros is seen here where they are close.
  std::vector<uint8_t> write();

  int passes() const { return passes_; }
  bool progressive() const { return kinds_.front().progressive; }  // of the file planned or written last
  const std::vector<Table>& tables() const { return frame_.tables; }
  const Levels& levels() const { return levels_; }
  // Takes over code lengths, and the kind of file or both where they are close. Chooses the scans anew, since a sample
  // chose its own. Learns no more.
  void learn_from(const Trials& sample);
  // Code lengths stay: only so is the size a function of step and strength that can be searched.
  void stop_learning() { learns_ = false; }

 private:
  // A kind of file, with the scans that were chosen for it.
  struct Kind {
    bool progressive;
    std::vector<Scan> script;
    std::vector<PlannedScan> scans;
    double bytes = 0;  // as plan() gives them
  };

  void quantize_with(float step, const Strength& strength, bool trellis);
  std::vector<BlockQuantizer> quantizers(size_t component, float step, float strength, bool trellis) const;
  ScanCount count_single_bands() const;
  void learn_code_lengths(const ScanCount& count);
  std::vector<Kind> allowed_kinds() const;
  void choose_scans(Kind& kind) const;
  void plan_kinds();

  const Coefficients& coefficients_;
  const Settings& settings_;
  const double share_;
  const int threads_;
  Levels levels_;
  Frame frame_;
  std::vector<Grid<float>> block_weights_;  // by component; empty: 1
  std::vector<AcBits> bits_;
  std::vector<DcBits> dc_bits_;
  bool learns_ = true;
  std::vector<Kind> kinds_;  // that may be the smallest, the best first
  double chosen_at_ = 0;     // bytes of the file for which kinds and scans were chosen; 0: none yet
  int passes_ = 0;
};

}  // namespace accelir::jpeg
