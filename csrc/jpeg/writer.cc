#include "jpeg/writer.h"

#include <algorithm>

#include "common/parallel.h"

namespace accelir::jpeg {
namespace {

enum Marker : uint8_t {
  kSof0 = 0xC0,
  kSof2 = 0xC2,
  kDht = 0xC4,
  kSoi = 0xD8,
  kEoi = 0xD9,
  kSos = 0xDA,
  kDqt = 0xDB,
  kDri = 0xDD
};

Histogram sum(const Histogram& a, const Histogram& b) {
  Histogram s;
  for (int i = 0; i < 256; ++i) s[i] = a[i] + b[i];
  return s;
}

bool empty(const Histogram& h) {
  return std::all_of(h.begin(), h.end(), [](uint64_t n) { return n == 0; });
}

// A histogram's table, and the bits of table and symbols together.
struct CostedTable {
  HuffmanTable table;
  uint64_t bits;
  explicit CostedTable(const Histogram& h)
      : table(build_huffman(h)), bits(coded_bits(h, table) + 8 * table.header_bytes()) {}
};

void define(PlannedScan& plan, int slot_class, int id, const std::vector<int>& slots, const HuffmanTable& table) {
  plan.definitions.push_back({slot_class, id, table});
  for (int slot : slots) {
    plan.tables[slot] = table;
    plan.id[slot] = id;
  }
}

// Luma's and chroma's tables of one class, in one if that is smaller.
void define_class(PlannedScan& plan, const ScanCount& count, int slot_class) {
  const int luma = 2 * slot_class, chroma = luma + 1;
  const CostedTable first(count.histogram[luma]);
  if (empty(count.histogram[chroma])) return define(plan, slot_class, 0, {luma}, first.table);
  const CostedTable second(count.histogram[chroma]);
  const CostedTable both(sum(count.histogram[luma], count.histogram[chroma]));
  if (both.bits <= first.bits + second.bits) return define(plan, slot_class, 0, {luma, chroma}, both.table);
  define(plan, slot_class, 0, {luma}, first.table);
  define(plan, slot_class, 1, {chroma}, second.table);
}

void count_segment_bits(PlannedScan& plan, const ScanCount& count) {
  plan.bits = count.extra_bits + 8 * 2 * count.markers;
  for (int slot = 0; slot < kSlots; ++slot) plan.bits += coded_bits(count.histogram[slot], plan.tables[slot]);
}

bool is_ac_scan(const Scan& scan) { return scan.first > 0; }
int ac_slot_of(const Scan& scan) { return scan.components[0] ? 3 : 2; }

// A run of AC scans that use one table, sent before the first of them.
struct AcGroup {
  size_t first, last;  // scans
  Histogram histogram;
  uint64_t bits;
};

// Neighbouring AC scans of a progressive file share a table wherever that saves more than it costs.
void define_ac_tables(std::vector<PlannedScan>& plans, const std::vector<ScanCount>& counts) {
  std::vector<AcGroup> groups;
  for (size_t i = 0; i < plans.size(); ++i) {
    if (!is_ac_scan(plans[i].scan)) continue;
    const Histogram& histogram = counts[i].histogram[ac_slot_of(plans[i].scan)];
    if (empty(histogram)) continue;  // a refinement of bare bits only
    groups.push_back({i, i, histogram, CostedTable(histogram).bits});
    if (groups.size() < 2) continue;
    AcGroup& before = groups[groups.size() - 2];
    const Histogram both = sum(before.histogram, histogram);
    const uint64_t bits = CostedTable(both).bits;
    if (bits > before.bits + groups.back().bits) continue;
    before = {before.first, i, both, bits};
    groups.pop_back();
  }
  for (const AcGroup& group : groups) {
    const HuffmanTable table = build_huffman(group.histogram);
    define(plans[group.first], 1, 0, {2, 3}, table);
    for (size_t i = group.first; i <= group.last; ++i) plans[i].tables[2] = plans[i].tables[3] = table;
  }
}

class Bytes {
 public:
  explicit Bytes(std::vector<uint8_t>& out) : out_(out) {}
  void u8(int v) { out_.push_back(static_cast<uint8_t>(v)); }
  void u16(int v) {
    u8(v >> 8);
    u8(v);
  }
  void marker(uint8_t m) {
    u8(0xFF);
    u8(m);
  }
  void segment(uint8_t m, int payload) {
    marker(m);
    u16(payload + 2);
  }
  template <class Range>
  void all(const Range& bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }

 private:
  std::vector<uint8_t>& out_;
};

void write_tables(Bytes& out, const Frame& frame) {
  out.segment(kDqt, 65 * static_cast<int>(frame.tables.size()));
  for (size_t i = 0; i < frame.tables.size(); ++i) {
    out.u8(static_cast<int>(i));
    out.all(frame.tables[i]);
  }
}

void write_frame_header(Bytes& out, const Frame& frame) {
  const Geometry& g = frame.levels->geometry;
  const int n = static_cast<int>(g.components.size());
  out.segment(frame.progressive ? kSof2 : kSof0, 6 + 3 * n);
  out.u8(8);
  out.u16(g.height);
  out.u16(g.width);
  out.u8(n);
  for (int i = 0; i < n; ++i) {
    out.u8(i + 1);
    out.u8(g.components[i].h << 4 | g.components[i].v);
    out.u8(std::min<int>(i > 0, static_cast<int>(frame.tables.size()) - 1));
  }
  if (frame.restart_interval) {
    out.segment(kDri, 2);
    out.u16(frame.restart_interval);
  }
}

void write_scan_header(Bytes& out, const PlannedScan& plan, bool progressive) {
  if (!plan.definitions.empty()) {
    int payload = 0;
    for (const auto& d : plan.definitions) payload += d.table.header_bytes();
    out.segment(kDht, payload);
    for (const auto& d : plan.definitions) {
      out.u8(d.slot_class << 4 | d.id);
      for (int i = 1; i <= 16; ++i) out.u8(d.table.counts[i]);
      out.all(d.table.symbols);
    }
  }
  const int n = static_cast<int>(plan.scan.components.size());
  out.segment(kSos, 4 + 2 * n);
  out.u8(n);
  for (int c : plan.scan.components) {
    out.u8(c + 1);
    const int dc = is_ac_scan(plan.scan) ? 0 : plan.id[c > 0];
    const int ac = progressive && !is_ac_scan(plan.scan) ? 0 : plan.id[2 + (c > 0)];
    out.u8(dc << 4 | ac);
  }
  out.u8(plan.scan.first);
  out.u8(plan.scan.last);
  out.u8(plan.scan.high << 4 | plan.scan.low);
}

std::vector<uint8_t> write_scan(const Frame& frame, const PlannedScan& plan) {
  std::vector<uint8_t> data;
  data.reserve(plan.bits / 8 + plan.bits / 512 + 1024);
  Bytes out(data);
  write_scan_header(out, plan, frame.progressive);
  ScanEmitter emitter(data, plan.tables);
  code_scan(*frame.levels, plan.scan, frame.progressive, frame.restart_interval, emitter);
  emitter.finish();
  return data;
}

}  // namespace

std::vector<PlannedScan> plan_scans(const Frame& frame, const std::vector<Scan>& script) {
  std::vector<PlannedScan> plans(script.size());
  std::vector<ScanCount> counts(script.size());
  for (size_t i = 0; i < script.size(); ++i) {
    plans[i].scan = script[i];
    counts[i] = count_scan(*frame.levels, script[i], frame.progressive, frame.restart_interval, frame.threads);
    if (is_ac_scan(script[i])) continue;
    if (script[i].high == 0) define_class(plans[i], counts[i], 0);
    if (!frame.progressive) define_class(plans[i], counts[i], 1);
  }
  define_ac_tables(plans, counts);
  for (size_t i = 0; i < script.size(); ++i) count_segment_bits(plans[i], counts[i]);
  return plans;
}

size_t entropy_coded_bytes(const std::vector<PlannedScan>& scans) {
  size_t bytes = 0;
  for (const PlannedScan& plan : scans) bytes += (plan.bits + 7) / 8;
  return bytes;
}

size_t planned_bytes(const Frame& frame, const std::vector<PlannedScan>& scans) {
  const size_t n = frame.levels->geometry.components.size();
  size_t bytes = entropy_coded_bytes(scans) + 2 + frame.segments.size() + 4 + 65 * frame.tables.size() + 10 + 3 * n + 2;
  if (frame.restart_interval) bytes += 6;
  for (const PlannedScan& plan : scans) {
    if (!plan.definitions.empty()) bytes += 4;
    for (const auto& d : plan.definitions) bytes += d.table.header_bytes();
    bytes += 8 + 2 * plan.scan.components.size();
  }
  return bytes;
}

std::vector<uint8_t> write_jpeg(const Frame& frame, const std::vector<PlannedScan>& scans) {
  std::vector<uint8_t> data;
  const size_t bytes = planned_bytes(frame, scans);
  data.reserve(bytes + bytes / 64 + 64);
  Bytes out(data);
  out.marker(kSoi);
  out.all(frame.segments);
  write_tables(out, frame);
  write_frame_header(out, frame);
  std::vector<std::vector<uint8_t>> parts(scans.size());
  run_tasks(frame.threads, static_cast<int>(scans.size()), [&](int i) { parts[i] = write_scan(frame, scans[i]); });
  for (const std::vector<uint8_t>& part : parts) out.all(part);
  out.marker(kEoi);
  return data;
}

}  // namespace accelir::jpeg
