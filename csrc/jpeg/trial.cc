#include "jpeg/trial.h"

#include <algorithm>
#include <cmath>

#include "common/parallel.h"
#include "jpeg/dc_trellis.h"
#include "jpeg/scan_script.h"

namespace accelir::jpeg {
namespace {

// The dead zone whose levels resemble the trellis's most: its level histogram gives the first code lengths.
constexpr float kGuessDeadZone = 0.62f;

// Progressive over sequential, less 1: what a sample says of nearer ones isn't sure for the picture.
constexpr double kCloseKinds = 0.01;

// Of log sizes: scans chosen for a file of half the size made the final one 0.4 % larger.
constexpr double kSameScript = 0.2;

std::vector<Table> make_tables(const Settings& settings, size_t components, float step) {
  std::vector<Table> tables{make_table(settings.relative_steps[0], step)};
  if (components == 1) return tables;
  const Table chroma = make_table(settings.relative_steps[1], step);
  if (chroma != tables[0]) tables.push_back(chroma);
  return tables;
}

}  // namespace

Trials::Trials(const Coefficients& coefficients, const Settings& settings)
    : coefficients_(coefficients),
      settings_(settings),
      threads_(useful_threads(settings.threads,
                              static_cast<double>(coefficients.geometry.width) * coefficients.geometry.height)),
      levels_(coefficients.geometry),
      frame_{&levels_, {}, false, settings.restart_interval, settings.segments, threads_},
      bits_(2, ac_bits(Histogram{}, false)),
      dc_bits_(2, dc_bits(Histogram{})) {
  if (settings.progressive != Progressive::kAuto) kind_ = settings.progressive == Progressive::kAlways;
}

bool uses_trellis(const Settings& settings) {
  return std::any_of(settings.modes.begin(), settings.modes.end(), [](const Mode& m) { return m.lambda > 0; });
}

std::vector<BlockQuantizer> Trials::quantizers(size_t component, float step, float strength, bool trellis) const {
  const Table& table = frame_.tables[std::min(component, frame_.tables.size() - 1)];
  std::vector<BlockQuantizer> out;
  for (size_t m = 0; m < settings_.modes.size(); ++m) {
    Mode mode = settings_.modes[m];
    if (mode.lambda > 0 && !trellis) mode = {0.0f, kGuessDeadZone, mode.multiple, mode.cut};
    out.push_back(make_quantizer(mode, table, settings_.weights[m][component], step, strength));
  }
  return out;
}

void Trials::quantize_with(float step, const Strength& strength, bool trellis) {
  const size_t components = coefficients_.geometry.components.size();
  frame_.tables = make_tables(settings_, components, step);
  QuantizeJob job;
  job.bits = bits_;
  job.dc_bits = dc_bits_;
  job.mode_map = settings_.mode_map;
  job.cell_weights = settings_.cell_weights ? &*settings_.cell_weights : nullptr;
  for (size_t i = 0; i < strength.split; ++i) job.mode_map.values[i] += static_cast<int32_t>(settings_.modes.size());
  for (size_t c = 0; c < components; ++c) {
    job.quantizers.push_back(quantizers(c, step, strength.rest, trellis));
    const std::vector<BlockQuantizer> first = quantizers(c, step, strength.first, trellis);
    job.quantizers[c].insert(job.quantizers[c].end(), first.begin(), first.end());
  }
  quantize(coefficients_, job, threads_, levels_);
  if (trellis && settings_.dc_trellis)
    run_tasks(threads_, static_cast<int>(components), [&](int c) { optimize_dc(coefficients_, job, c, levels_); });
  fill_padding(levels_);
}

ScanCount Trials::count_single_bands() const {
  const bool progressive = kind_.value_or(false);
  const std::vector<Scan> scans = progressive ? progressive_script(levels_, 0) : sequential_script(levels_.geometry);
  ScanCount count;
  for (const Scan& scan : scans) count += count_scan(levels_, scan, progressive, 0, threads_);
  return count;
}

void Trials::learn_code_lengths(const ScanCount& count) {
  for (int i = 0; i < 2; ++i) {
    dc_bits_[i] = dc_bits(count.histogram[i]);
    bits_[i] = ac_bits(count.histogram[2 + i], kind_.value_or(false));
  }
}

double Trials::guess_at(float step) {
  quantize_with(step, {}, false);
  const ScanCount count = count_single_bands();
  if (learns_) learn_code_lengths(count);
  double bits = static_cast<double>(count.extra_bits);
  for (const Histogram& h : count.histogram) bits += static_cast<double>(coded_bits(h, build_huffman(h)));
  return bits;
}

void Trials::quantize_at(float step, const Strength& strength) {
  quantize_with(step, strength, true);
  if (uses_trellis(settings_) && learns_) learn_code_lengths(count_single_bands());
  ++passes_;
}

void Trials::learn_from(const Trials& sample) {
  bits_ = sample.bits_;
  dc_bits_ = sample.dc_bits_;
  if (!sample.kinds_are_close_) kind_ = sample.kind_;
  stop_learning();
}

size_t Trials::plan_progressive() {
  const auto planned = [&] {
    scans_ = plan_scans(frame_, script_);
    return planned_bytes(frame_, scans_);
  };
  if (!script_.empty()) {
    const size_t bytes = planned();
    if (std::abs(std::log(static_cast<double>(bytes) / static_cast<double>(script_bytes_))) < kSameScript) return bytes;
  }
  script_ = progressive_script(levels_, settings_.scan_breadth, threads_);
  return script_bytes_ = planned();
}

size_t Trials::plan() {
  const auto plan_kind = [&](bool progressive) {
    frame_.progressive = progressive;
    if (progressive) return plan_progressive();
    scans_ = plan_scans(frame_, sequential_script(levels_.geometry));
    return planned_bytes(frame_, scans_);
  };
  if (kind_) return plan_kind(*kind_);
  const size_t sequential = plan_kind(false);
  const std::vector<PlannedScan> kept = scans_;
  const size_t progressive = plan_kind(true);
  kind_ = progressive < sequential;
  const double ratio = static_cast<double>(progressive) / static_cast<double>(sequential);
  kinds_are_close_ = std::abs(ratio - 1) < kCloseKinds;
  if (*kind_) return progressive;
  frame_.progressive = false;
  scans_ = kept;
  return sequential;
}

std::vector<uint8_t> Trials::write() const { return write_jpeg(frame_, scans_); }

}  // namespace accelir::jpeg
