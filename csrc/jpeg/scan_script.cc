#include "jpeg/scan_script.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "common/parallel.h"
#include "jpeg/band_counts.h"

namespace accelir::jpeg {
namespace {

constexpr int kQuickBlocks = 2048;  // on about as many of a component's blocks a quick search counts
constexpr double kHopeless = 1.03;  // of bits with one plane over those without, above which a second is not tried

std::vector<int> all_components(const Geometry& g) {
  std::vector<int> components(g.components.size());
  std::iota(components.begin(), components.end(), 0);
  return components;
}

// A component's blocks, or those of some rows, which stand for the others.
struct Part {
  int component;
  double times;  // as many blocks as are here has the picture's component
  std::vector<BandBlock> blocks;
};

// Bits of the whole component's scan with a table of its own, headers included.
double scan_bits(const Part& part, const BandCount& count) {
  const HuffmanCost cost = huffman_cost(count.histogram);
  return static_cast<double>(cost.bits + count.extra_bits) * part.times + 8 * (10 + 4 + cost.header_bytes);
}

struct Candidate {
  std::vector<Scan> scans;
  double bits;
};

// The spectrum down to bit `low`, in one scan or two.
Candidate best_bands(const Part& part, int low) {
  const SplitCounts counts = count_splits(part.blocks, low);
  Candidate best{{{{part.component}, 1, 63, 0, low}}, scan_bits(part, counts.back().lower)};
  for (size_t i = 0; i + 1 < kSplits.size(); ++i) {
    const double bits = scan_bits(part, counts[i].lower) + scan_bits(part, counts[i].upper);
    if (bits >= best.bits) continue;
    const Scan lower{{part.component}, 1, kSplits[i], 0, low}, upper{{part.component}, kSplits[i] + 1, 63, 0, low};
    best = {{lower, upper}, bits};
  }
  return best;
}

// A bit plane more is sent by a refinement scan over the whole spectrum.
Candidate refinement_to(const Part& part, int low) {
  return {{{{part.component}, 1, 63, low + 1, low}}, scan_bits(part, count_refinement(part.blocks, low))};
}

Candidate followed_by(Candidate first, const Candidate& rest) {
  first.bits += rest.bits;
  first.scans.insert(first.scans.end(), rest.scans.begin(), rest.scans.end());
  return first;
}

// Bit planes are split off until one loses more than the next has won back.
std::vector<Scan> best_ac_scans(const Part& part) {
  Candidate best = best_bands(part, 0), refinements{{}, 0};
  for (int low = 1; low <= kMostPlanes; ++low) {
    refinements = followed_by(refinement_to(part, low - 1), refinements);
    Candidate candidate = followed_by(best_bands(part, low), refinements);
    if (candidate.bits > kHopeless * best.bits) break;
    if (candidate.bits < best.bits) best = std::move(candidate);
  }
  return best.scans;
}

std::vector<Scan> ac_scans(const Levels& levels, int component, int breadth, double share) {
  if (breadth == 0) return {{{component}, 1, 63, 0, 0}};
  const ComponentGeometry& k = levels.geometry.components[component];
  const int n = breadth == 1 ? std::clamp(k.blocks_x * k.blocks_y / kQuickBlocks, 1, k.blocks_y) : 1;
  return best_ac_scans({component, n / share, band_blocks(levels, component, n)});
}

}  // namespace

std::vector<Scan> sequential_script(const Geometry& geometry) { return {{all_components(geometry), 0, 63, 0, 0}}; }

std::vector<Scan> progressive_script(const Levels& levels, int breadth, int threads, double share) {
  std::vector<Scan> script{{all_components(levels.geometry), 0, 0, 0, 0}};
  std::vector<std::vector<Scan>> parts(levels.components.size());
  run_tasks(threads, static_cast<int>(parts.size()), [&](int c) { parts[c] = ac_scans(levels, c, breadth, share); });
  for (const std::vector<Scan>& scans : parts) script.insert(script.end(), scans.begin(), scans.end());
  return script;
}

}  // namespace accelir::jpeg
