// The file: markers, tables, scans (ITU-T T.81, Annex B). A JFIF segment is one of the settings' segments; without it
// components 1, 2, 3 are read as YCbCr all the same (libjpeg, jdapimin.c's default_decompress_parms).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "jpeg/levels.h"
#include "jpeg/quantizer.h"
#include "jpeg/scan.h"

namespace accelir::jpeg {

// A scan with the Huffman tables that precede it.
struct PlannedScan {
  Scan scan;
  struct Definition {
    int slot_class;  // 0 DC, 1 AC
    int id;
    HuffmanTable table;
  };
  std::vector<Definition> definitions;
  std::array<HuffmanTable, kSlots> tables;  // what each slot codes with
  std::array<int, kSlots> id{};
  uint64_t bits = 0;  // of the entropy-coded segment
};

struct Frame {
  const Levels* levels;
  std::vector<Table> tables;  // one for all components, or luma and chroma
  bool progressive;
  int restart_interval;           // MCUs, 0: none
  std::vector<uint8_t> segments;  // complete APPn and COM segments
  int threads = 1;                // at most, to count and to write by
};

// Optimal Huffman tables for a script, merged where one table for two costs less.
std::vector<PlannedScan> plan_scans(const Frame& frame, const std::vector<Scan>& script);
// Bytes of the scans' entropy-coded segments.
size_t entropy_coded_bytes(const std::vector<PlannedScan>& scans);
// The file's size, but for the zeros that will be stuffed after 0xFF bytes.
size_t planned_bytes(const Frame& frame, const std::vector<PlannedScan>& scans);
constexpr double kStuffing = 1.003;  // of photographs: file size over planned size
std::vector<uint8_t> write_jpeg(const Frame& frame, const std::vector<PlannedScan>& scans);

}  // namespace accelir::jpeg
