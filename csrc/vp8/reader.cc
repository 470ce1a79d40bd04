#include "vp8/reader.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "vp8/bool_reader.h"
#include "vp8/macroblock.h"
#include "vp8/segments.h"
#include "vp8/tables.h"

namespace accelir::vp8 {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::invalid_argument("damaged WebP: " + what); }

size_t number(const uint8_t* from, int bytes) {
  size_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= static_cast<size_t>(from[i]) << (8 * i);
  return value;
}

// What the first partition says before the macroblocks.
struct Header {
  bool has_map = false;
  std::array<uint8_t, 3> segment_probabilities = {255, 255, 255};
  std::array<int, kMaxSegments> quantizer{};
  int token_partitions = 1;
  Probabilities probabilities = kDefaultProbabilities;
  bool has_skip = false;
  uint8_t coded_probability = 0;
};

// Section 9.3. Returns whether the segments' quantisers are added to the frame's.
bool read_segments(BoolReader& in, Header& h) {
  if (!in.get(128)) return true;
  h.has_map = in.get(128);
  bool added = true;
  if (in.get(128)) {
    added = !in.get(128);
    for (int& q : h.quantizer) q = in.optional_signed(7);
    for (int i = 0; i < kMaxSegments; ++i) in.optional_signed(6);
  }
  if (h.has_map)
    for (uint8_t& p : h.segment_probabilities) p = in.get(128) ? static_cast<uint8_t>(in.literal(8)) : uint8_t{255};
  return added;
}

// Section 9.6.
void skip_filter(BoolReader& in) {
  in.literal(1 + 6 + 3);
  if (in.get(128) && in.get(128))
    for (int i = 0; i < 8; ++i) in.optional_signed(6);
}

void read_probabilities(BoolReader& in, Probabilities& p) {
  for (int t = 0; t < 4; ++t)
    for (int b = 0; b < 8; ++b)
      for (int c = 0; c < 3; ++c)
        for (int i = 0; i < 11; ++i)
          if (in.get(kUpdateProbabilities.p[t][b][c][i])) p.p[t][b][c][i] = static_cast<uint8_t>(in.literal(8));
}

Header read_header(BoolReader& in) {
  Header h;
  in.literal(2);  // color space, clipping
  const bool added = read_segments(in, h);
  skip_filter(in);
  h.token_partitions = 1 << in.literal(2);
  const int base = static_cast<int>(in.literal(7));
  for (int i = 0; i < 5; ++i) in.optional_signed(4);
  for (int& q : h.quantizer) q = std::clamp(added ? base + q : q, 0, kQuantizers - 1);
  in.get(128);  // whether later frames keep the probabilities
  read_probabilities(in, h.probabilities);
  h.has_skip = in.get(128);
  if (h.has_skip) h.coded_probability = static_cast<uint8_t>(in.literal(8));
  return h;
}

using Modes = std::array<uint8_t, 4>;

// Section 19.3. above, left: the subblock modes of the neighbours.
Macroblock read_modes(BoolReader& in, const Header& h, Modes& above, Modes& left) {
  Macroblock mb;
  if (h.has_map) mb.segment = static_cast<uint8_t>(in.leaf(kSegmentTree, h.segment_probabilities.data()));
  mb.coded = !(h.has_skip && in.get(h.coded_probability));
  mb.luma_mode = static_cast<uint8_t>(in.leaf(kLumaModeTree, kLumaModeProbabilities));
  if (mb.has_y2()) {
    above.fill(implied_mode(mb.luma_mode));
    left = above;
  } else {
    for (int b = 0; b < 16; ++b)
      above[b % 4] = left[b / 4] =
          static_cast<uint8_t>(in.leaf(kSubblockModeTree, kSubblockModeProbabilities[above[b % 4]][left[b / 4]]));
  }
  in.leaf(kChromaModeTree, kChromaModeProbabilities);
  return mb;
}

// Section 13. Returns the place behind the last token before the end of the block.
int read_block(BoolReader& in, const Probabilities& p, BlockType type, int first, int context) {
  bool after_zero = false;
  for (int n = first; n < 16; ++n) {
    // After a zero the block can't end: the tree's first node is skipped.
    const int token = in.leaf(kTokenTree, p.p[type][kBands[n]][context], after_zero);
    if (token == kEndOfBlock) return n;
    if (token >= kFirstCategory) {
      const int category = token - kFirstCategory;
      for (int i = 0; i < kExtraBits[category]; ++i) in.get(kExtraProbabilities[category][i]);
    }
    if (token) in.get(128);
    after_zero = token == 0;
    context = std::min(token, 2);
  }
  return 16;
}

// Section 9.5: the sizes of all partitions but the last stand before the first.
std::vector<BoolReader> token_partitions(const uint8_t* data, size_t size, int count) {
  const size_t sizes = 3 * static_cast<size_t>(count - 1);
  if (size < sizes) fail("the sizes of its token partitions are cut short");
  std::vector<BoolReader> out;
  for (size_t i = 0, at = sizes; i < static_cast<size_t>(count); ++i) {
    const size_t left = size - at, length = 3 * i < sizes ? std::min(number(data + 3 * i, 3), left) : left;
    out.emplace_back(data + at, length);
    at += length;
  }
  return out;
}

}  // namespace

ReadFrame read_frame(const uint8_t* data, size_t size) {
  constexpr size_t kTag = 10;  // section 9.1
  if (size < kTag || (data[0] & 1) || data[3] != 0x9d || data[4] != 0x01 || data[5] != 0x2a)
    fail("a VP8 chunk that holds no key frame");
  const size_t first = number(data, 3) >> 5;
  const int width = static_cast<int>(number(data + 6, 2)) & 0x3fff, height = number(data + 8, 2) & 0x3fff;
  if (first > size - kTag || !width || !height) fail("a VP8 frame without a first partition, or of no size");
  BoolReader modes(data + kTag, first);
  const Header header = read_header(modes);
  std::vector<BoolReader> tokens = token_partitions(data + kTag + first, size - kTag - first, header.token_partitions);

  ReadFrame out{(width + 15) / 16, (height + 15) / 16, {}, {}};
  std::vector<NonzeroEdge> above(out.mb_x);
  std::vector<Modes> modes_above(out.mb_x, Modes{kBDcPred, kBDcPred, kBDcPred, kBDcPred});
  for (int y = 0; y < out.mb_y; ++y) {
    BoolReader& in = tokens[static_cast<size_t>(y % header.token_partitions)];
    NonzeroEdge left;
    Modes modes_left{};
    for (int x = 0; x < out.mb_x; ++x) {
      const size_t before = modes.taken() + in.taken();
      Macroblock mb = read_modes(modes, header, modes_above[x], modes_left);
      for_each_block(mb, above[x], left, [&](BlockType type, int block, int start, int context) {
        mb.end[block] = static_cast<uint8_t>(read_block(in, header.probabilities, type, start, context));
      });
      if (modes.overrun() || in.overrun()) fail("a VP8 frame that ends early");
      out.bits.push_back(static_cast<float>(modes.taken() + in.taken() - before));
      out.quantizer.push_back(static_cast<uint8_t>(header.quantizer[mb.segment]));
    }
  }
  return out;
}

}  // namespace accelir::vp8
