#include "jpeg/trial.h"

#include <algorithm>
#include <cmath>

#include "common/parallel.h"
#include "jpeg/block_weights.h"
#include "jpeg/dc_trellis.h"
#include "jpeg/scan_script.h"

namespace accelir::jpeg {
namespace {

// The dead zone whose levels resemble the trellis's most: its level histogram gives the first code lengths.
constexpr float kGuessDeadZone = 0.62f;

// One kind of file over the other, less 1: of nearer ones a sample isn't sure, nor a plan, which has no stuffed zeros.
constexpr double kCloseInSample = 0.01, kCloseInPlan = 0.003;

// Of log sizes: scans chosen for a file of half the size made the final one 0.4 % larger, a kind chosen for one of a
// third 3.6 %. A sample's scans are no file's.
constexpr double kSameChoice = 0.05, kSameChoiceOfSample = 0.3;

std::vector<Table> make_tables(const Settings& settings, size_t components, float step) {
  std::vector<Table> tables{make_table(settings.relative_steps[0], step)};
  if (components == 1) return tables;
  const Table chroma = make_table(settings.relative_steps[1], step);
  if (chroma != tables[0]) tables.push_back(chroma);
  return tables;
}

}  // namespace

Trials::Trials(const Coefficients& coefficients, const Settings& settings, double share)
    : coefficients_(coefficients),
      settings_(settings),
      share_(share),
      threads_(useful_threads(settings.threads,
                              static_cast<double>(coefficients.geometry.width) * coefficients.geometry.height)),
      levels_(coefficients.geometry),
      frame_{&levels_, {}, false, settings.restart_interval, settings.segments, threads_},
      block_weights_(settings.block_weights ? weights_of_blocks(coefficients.geometry, *settings.block_weights)
                                            : std::vector<Grid<float>>{}),
      bits_(2, ac_bits(Histogram{}, false)),
      dc_bits_(2, dc_bits(Histogram{})),
      kinds_(allowed_kinds()) {}

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
  job.block_weights = block_weights_.empty() ? nullptr : &block_weights_;
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
  const bool progressive = kinds_.front().progressive;
  const std::vector<Scan> scans = progressive ? progressive_script(levels_, 0) : sequential_script(levels_.geometry);
  ScanCount count;
  for (const Scan& scan : scans) count += count_scan(levels_, scan, progressive, 0, threads_);
  return count;
}

void Trials::learn_code_lengths(const ScanCount& count) {
  for (int i = 0; i < 2; ++i) {
    dc_bits_[i] = dc_bits(count.histogram[i], share_);
    bits_[i] = ac_bits(count.histogram[2 + i], kinds_.front().progressive, share_);
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
  kinds_ = sample.kinds_;
  stop_learning();
}

std::vector<Trials::Kind> Trials::allowed_kinds() const {
  if (settings_.progressive != Progressive::kAuto) return {{settings_.progressive == Progressive::kAlways, {}, {}}};
  return {{false, {}, {}}, {true, {}, {}}};
}

void Trials::choose_scans(Kind& kind) const {
  kind.script = kind.progressive ? progressive_script(levels_, settings_.scan_breadth, threads_, share_)
                                 : sequential_script(levels_.geometry);
}

void Trials::plan_kinds() {
  for (Kind& kind : kinds_) {
    frame_.progressive = kind.progressive;
    kind.scans = plan_scans(frame_, kind.script);
    const auto coded = static_cast<double>(entropy_coded_bytes(kind.scans));
    kind.bytes = static_cast<double>(planned_bytes(frame_, kind.scans)) - coded + coded / share_;
  }
  std::stable_sort(kinds_.begin(), kinds_.end(), [](const Kind& a, const Kind& b) { return a.bytes < b.bytes; });
}

double Trials::plan() {
  if (chosen_at_ > 0) {
    plan_kinds();
    const double moved = std::abs(std::log(kinds_.front().bytes / chosen_at_));
    if (moved < (share_ < 1 ? kSameChoiceOfSample : kSameChoice)) return kinds_.front().bytes;
    kinds_ = allowed_kinds();
  }
  for (Kind& kind : kinds_) choose_scans(kind);
  plan_kinds();
  const double close = share_ < 1 ? kCloseInSample : kCloseInPlan;
  if (kinds_.back().bytes > kinds_.front().bytes * (1 + close)) kinds_.pop_back();
  return chosen_at_ = kinds_.front().bytes;
}

std::vector<uint8_t> Trials::write() {
  std::vector<uint8_t> smallest;
  for (size_t i = 0; i < kinds_.size(); ++i) {
    frame_.progressive = kinds_[i].progressive;
    std::vector<uint8_t> data = write_jpeg(frame_, kinds_[i].scans);
    if (i && data.size() >= smallest.size()) continue;
    smallest = std::move(data);
    std::swap(kinds_[i], kinds_.front());
  }
  return smallest;
}

}  // namespace accelir::jpeg
