#include "vp8/trial.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "common/parallel.h"
#include "vp8/filter_choice.h"
#include "vp8/probabilities.h"
#include "vp8/segments.h"

namespace accelir::vp8 {
namespace {

constexpr float kLargestModeScale = 64.0f;
constexpr int kPacings = 8;            // of the end of a frame
constexpr double kLeastOfRow = 1.0;    // bytes
constexpr float kLeastLambda = 1e-6f;  // costs are in bits, so distortion is divided by it

void set_coded_costs(float (&costs)[2], int probability) {
  costs[0] = probability ? bit_cost(true, probability) : 16.0f;
  costs[1] = probability ? bit_cost(false, probability) : 0.0f;
}

}  // namespace

void make_thorough(Search& search) {
  search.doubt = kBothWays;
  search.rank_by_tokens = true;
  search.subblock_trellises = std::max(search.subblock_trellises, 1);
  search.block_trellises = std::max(search.block_trellises, 1);
}

Trials::Trials(const YuvPlanes& picture, const Settings& settings)
    : picture_(picture), settings_(settings), search_(settings.search) {
  costs_.tokens = make_token_costs(kDefaultProbabilities);
  set_coded_costs(costs_.coded, 230);
  header_.deltas = settings.deltas;
  header_.filter = settings.simple_filter ? LoopFilter::kSimple : LoopFilter::kNormal;
  header_.sharpness = settings.sharpness;
  header_.token_partitions = settings.token_partitions;
}

void Trials::set_segments(int base) {
  std::vector<uint8_t> wanted(static_cast<size_t>(picture_.mb_x) * picture_.mb_y, static_cast<uint8_t>(base));
  std::array<double, kQuantizers> weights{};
  for (size_t i = 0; i < wanted.size(); ++i) {
    const float octaves = settings_.octaves ? settings_.octaves->values[i] : 0.0f;
    if (octaves != 0.0f) wanted[i] = static_cast<uint8_t>(nearest_quantizer(luma_step(base) * std::exp2(octaves)));
    ++weights[wanted[i]];
  }
  const Segments clusters = cluster_quantizers(weights, kMaxSegments);
  header_.segments = clusters.count;
  for (int s = 0; s < 4; ++s) header_.quantizer[s] = clusters.quantizer[s];
  segments_.resize(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) segments_[i] = clusters.segment_of[wanted[i]];
  set_filter_levels();
}

void Trials::set_filter_levels() {
  for (int s = 0; s < 4; ++s)
    header_.filter_level[s] = usual_filter_level(header_.quantizer[s], settings_.filter * filter_strength_);
}

double Trials::measure(int base, const Strength& strength, double share) {
  set_segments(base);
  do code(strength);
  while (tally_.mode_bits > 8.0 * settings_.max_first_partition && shorten_modes());
  return foreseen_bytes(tally_, share);
}

WrittenFrame Trials::attempt(int base, const Strength& strength) {
  measure(base, strength);
  return write_measured(strength);
}

WrittenFrame Trials::write_measured(const Strength& strength) {
  for (;;) {
    WrittenFrame written = write();
    if (written.first_partition <= settings_.max_first_partition || !shorten_modes()) return written;
    code(strength);
  }
}

WrittenFrame Trials::attempt_end(int first_row, float strength) {
  code_rows(first_row, picture_.mb_y, {strength, strength, 0});
  tally_ = tally_of(frame_, threads());
  return write_if_modes_fit();
}

WrittenFrame Trials::attempt_paced(int base, Pace& pace, double bytes, double near) {
  set_segments(base);
  std::vector<Stripe> stripes = {{0, {}, foreseen_bytes({})}};
  code_stripes(pace, bytes, stripes);
  for (int again = 0; again < kPacings; ++again) {
    const double missing = bytes - stripes.back().bytes;
    if (std::abs(missing) < near) break;
    const std::optional<int> row = pace.rewind(missing);
    if (!row) break;
    while (stripes.back().row > *row) stripes.pop_back();
    code_stripes(pace, bytes, stripes);
  }
  return write_if_modes_fit();
}

void Trials::code_stripes(Pace& pace, double bytes, std::vector<Stripe>& stripes) {
  tally_ = stripes.back().above;
  while (stripes.back().row < picture_.mb_y) {
    const double before = stripes.back().bytes;
    const int row = stripes.back().row, end = pace.end_of_stripe(row);
    const double x = pace.strength(row, bytes - before);
    const float strength = static_cast<float>(std::exp(x));
    code_rows(row, end, {strength, strength, 0});
    tally_rows(frame_, row, end, tally_);
    stripes.push_back({end, tally_, foreseen_bytes(tally_)});
    pace.take(row, end, x, stripes.back().bytes - before);
  }
}

void Trials::code(const Strength& strength) {
  code_rows(0, picture_.mb_y, strength);
  tally_ = tally_of(frame_, threads());
}

void Trials::code_rows(int first, int end, const Strength& strength) {
  Pass pass;
  pass.threads = useful_threads(settings_.threads, 256.0 * picture_.mb_x * (end - first));
  for (int s = 0; s < 4; ++s) {
    const int index = header_.quantizer[s];
    const float lambda = std::max(settings_.lambda, kLeastLambda) * luma_step(index) * luma_step(index);
    const auto with = [&](float factor) {
      return make_quantizer(index, settings_.deltas, lambda * factor, settings_.luma_weights, settings_.chroma_weights);
    };
    pass.first[s] = with(strength.first);
    pass.rest[s] = with(strength.rest);
  }
  pass.split = strength.split;
  pass.search = search_;
  if (costs_.mode_scale > kLargestModeScale) pass.search.subblock_modes = 0;
  pass.weights = settings_.weights ? &settings_.weights->values : nullptr;
  pass.costs = costs_;
  vp8::code_rows(picture_, segments_, pass, first, end, frame_);
  rows_ += end - first;
}

bool Trials::shorten_modes() {
  const bool possible = costs_.mode_scale <= 2 * kLargestModeScale;
  if (possible) costs_.mode_scale *= 2.0f;
  return possible;
}

WrittenFrame Trials::write_if_modes_fit() const {
  WrittenFrame written = write();
  return written.first_partition <= settings_.max_first_partition ? written : WrittenFrame{};
}

std::vector<double> Trials::row_bytes() const {
  std::vector<double> out;
  Tally above;
  double before = foreseen_bytes(above);
  for (const Tally& row : row_tallies(frame_, threads())) {
    add(row, above);
    const double bytes = foreseen_bytes(above);
    out.push_back(std::max(bytes - before, kLeastOfRow));
    before = bytes;
  }
  return out;
}

void Trials::learn() {
  costs_.tokens = make_token_costs(choose_probabilities(tally_));
  set_coded_costs(costs_.coded, coded_probability(tally_));
}

void Trials::learn_from(const Trials& other) {
  costs_ = other.costs_;
  filter_strength_ = other.filter_strength_;
}

void Trials::choose_filter() {
  if (settings_.filter == 0.0f || !settings_.measure_filter) return;
  filter_strength_ = best_filter_strength(picture_, frame_, header_);
  set_filter_levels();
}

YuvPlanes filtered(const Frame& frame, const FrameHeader& header) {
  YuvPlanes out = frame.reconstruction;
  std::vector<MacroblockFilter> filters(frame.macroblocks.size());
  for (size_t i = 0; i < filters.size(); ++i) filters[i] = macroblock_filter(frame.macroblocks[i], header);
  loop_filter(out, filters, header.filter, header.sharpness);
  return out;
}

}  // namespace accelir::vp8
