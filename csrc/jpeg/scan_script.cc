#include "jpeg/scan_script.h"

#include <numeric>

namespace accelir::jpeg {
namespace {

constexpr int kMostPlanes = 2;  // bit planes that are sent by refinement scans

std::vector<int> all_components(const Geometry& g) {
  std::vector<int> components(g.components.size());
  std::iota(components.begin(), components.end(), 0);
  return components;
}

// Bits of a scan with tables of its own, headers included.
uint64_t scan_bits(const Levels& levels, const Scan& scan) {
  ScanCount count;
  code_scan(levels, scan, true, 0, count);
  const Histogram& histogram = count.histogram[scan.components[0] ? 3 : 2];
  const HuffmanTable table = build_huffman(histogram);
  return coded_bits(histogram, table) + count.extra_bits + 8 * (10 + 4 + table.header_bytes());
}

struct Candidate {
  std::vector<Scan> scans;
  uint64_t bits = 0;
  void add(const Levels& levels, const Scan& scan) {
    bits += scan_bits(levels, scan);
    scans.push_back(scan);
  }
};

// The bands 1..split and split+1..63 (split 63: one band) down to bit `low`.
Candidate banded(const Levels& levels, int component, int split, int low) {
  Candidate c;
  c.add(levels, {{component}, 1, split, 0, low});
  if (split < 63) c.add(levels, {{component}, split + 1, 63, 0, low});
  return c;
}

Candidate best_bands(const Levels& levels, int component, const std::vector<int>& splits, int low) {
  Candidate best = banded(levels, component, 63, low);
  for (int split : splits) {
    Candidate candidate = banded(levels, component, split, low);
    if (candidate.bits < best.bits) best = std::move(candidate);
  }
  return best;
}

// A bit plane more is sent by a refinement scan over the whole spectrum.
Candidate refinement_to(const Levels& levels, int component, int low) {
  Candidate c;
  c.add(levels, {{component}, 1, 63, low + 1, low});
  return c;
}

Candidate followed_by(Candidate first, const Candidate& rest) {
  first.bits += rest.bits;
  first.scans.insert(first.scans.end(), rest.scans.begin(), rest.scans.end());
  return first;
}

// All splits at every depth of bit planes.
Candidate thorough_ac_scans(const Levels& levels, int component) {
  const std::vector<int> splits{2, 5, 8, 12, 18};
  Candidate best = best_bands(levels, component, splits, 0), refinements;
  for (int low = 1; low <= kMostPlanes; ++low) {
    refinements = followed_by(refinement_to(levels, component, low - 1), refinements);
    Candidate candidate = followed_by(best_bands(levels, component, splits, low), refinements);
    if (candidate.bits < best.bits) best = std::move(candidate);
  }
  return best;
}

// One split, and bit planes as long as each saves something. With planes lower frequencies stand apart: with a split at
// 8 there too, files of 4 bits a pixel were up to 0.15 % larger.
Candidate quick_ac_scans(const Levels& levels, int component) {
  Candidate best = best_bands(levels, component, {8}, 0), refinements;
  for (int low = 1; low <= kMostPlanes; ++low) {
    refinements = followed_by(refinement_to(levels, component, low - 1), refinements);
    Candidate candidate = followed_by(best_bands(levels, component, {5}, low), refinements);
    if (candidate.bits >= best.bits) break;
    best = std::move(candidate);
  }
  return best;
}

std::vector<Scan> best_ac_scans(const Levels& levels, int component, int breadth) {
  if (breadth == 0) return {{{component}, 1, 63, 0, 0}};
  return (breadth == 1 ? quick_ac_scans(levels, component) : thorough_ac_scans(levels, component)).scans;
}

}  // namespace

std::vector<Scan> sequential_script(const Geometry& geometry) { return {{all_components(geometry), 0, 63, 0, 0}}; }

std::vector<Scan> progressive_script(const Levels& levels, int breadth) {
  std::vector<Scan> script{{all_components(levels.geometry), 0, 0, 0, 0}};
  for (int c : all_components(levels.geometry)) {
    const std::vector<Scan> scans = best_ac_scans(levels, c, breadth);
    script.insert(script.end(), scans.begin(), scans.end());
  }
  return script;
}

}  // namespace accelir::jpeg
