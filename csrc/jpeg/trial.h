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
  Trials(const Coefficients& coefficients, const Settings& settings);

  // Quantises without a trellis, which needs no code lengths, and learns a first guess of them. -> the bits of the
  // scans, in single bands.
  double guess_at(float step);
  // Quantises, then learns the code lengths that the result asks for.
  void quantize_at(float step, const Strength& strength);
  // Plans the file of the present levels: the smaller of the kinds that the settings allow.
  size_t plan();
  std::vector<uint8_t> write() const;
  // Of the planned file without its headers.
  size_t entropy_coded() const { return entropy_coded_bytes(scans_); }

  int passes() const { return passes_; }
  bool progressive() const { return frame_.progressive; }
  const std::vector<Table>& tables() const { return frame_.tables; }
  const Levels& levels() const { return levels_; }
  // Takes over code lengths and the kind of file, unless the other kind came near: then the next plan decides. It
  // chooses the scans anew in any case, since a sample chose its own at its first step. Learns no more.
  void learn_from(const Trials& sample);
  // Code lengths stay: only so is the size a function of step and strength that can be searched.
  void stop_learning() { learns_ = false; }

 private:
  void quantize_with(float step, const Strength& strength, bool trellis);
  std::vector<BlockQuantizer> quantizers(size_t component, float step, float strength, bool trellis) const;
  ScanCount count_single_bands() const;
  void learn_code_lengths(const ScanCount& count);
  size_t plan_progressive();

  const Coefficients& coefficients_;
  const Settings& settings_;
  const int threads_;
  Levels levels_;
  Frame frame_;
  std::vector<AcBits> bits_;
  std::vector<DcBits> dc_bits_;
  bool learns_ = true;
  std::vector<Scan> script_;  // the progressive scans, kept while files have about the size they were chosen at
  size_t script_bytes_ = 0;
  std::optional<bool> kind_;  // once found, progressive or not is kept
  bool kinds_are_close_ = false;
  std::vector<PlannedScan> scans_;
  int passes_ = 0;
};

}  // namespace accelir::jpeg
