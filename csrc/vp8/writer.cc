#include "vp8/writer.h"

#include <algorithm>

#include "common/parallel.h"
#include "vp8/bool_coder.h"
#include "vp8/probabilities.h"
#include "vp8/tokens.h"

namespace accelir::vp8 {
namespace {

using Bytes = std::vector<uint8_t>;

// Section 9.3: all segments are the frame's quantiser and filter level, and no map follows. Without any segments, 11
// bits less, the decoder of Rust's `image` 0.24.3 takes the finest quantiser in the place of the frame's.
void put_neutral_segments(BoolCoder& out) {
  constexpr int kValues = 4 + 4;  // quantisers and filter levels
  out.put(true, 128);             // there are segments
  out.put(false, 128);            // but no map
  out.put(true, 128);             // values follow
  out.put(false, 128);            // to be added to the frame's
  for (int i = 0; i < kValues; ++i) out.put_optional_signed(0, 7);
}

// Section 9.3. Segments' values are absolute.
void put_segments(const FrameHeader& h, const std::array<uint8_t, 3>& probabilities, BoolCoder& out) {
  if (h.segments == 1) return put_neutral_segments(out);
  out.put(true, 128);  // there are segments
  out.put(true, 128);  // the map follows
  out.put(true, 128);  // so do the values
  out.put(true, 128);  // absolute
  for (int q : h.quantizer) out.put_optional_signed(q, 7);
  for (int level : h.filter_level) out.put_optional_signed(level, 6);
  for (uint8_t p : probabilities) {
    out.put(p != 255, 128);
    if (p != 255) out.put_literal(p, 8);
  }
}

// Section 9.6.
void put_filter(const FrameHeader& h, BoolCoder& out) {
  out.put(h.filter == LoopFilter::kSimple, 128);
  // 0 would turn the filter off for all segments.
  out.put_literal(static_cast<uint32_t>(*std::max_element(h.filter_level.begin(), h.filter_level.end())), 6);
  out.put_literal(static_cast<uint32_t>(h.sharpness), 3);
  out.put(false, 128);  // no adjustments by mode
}

void put_quantizers(const FrameHeader& h, BoolCoder& out) {
  out.put_literal(static_cast<uint32_t>(h.quantizer[0]), 7);
  for (int delta : {h.deltas.luma_dc, h.deltas.y2_dc, h.deltas.y2_ac, h.deltas.chroma_dc, h.deltas.chroma_ac})
    out.put_optional_signed(delta, 4);
}

void put_probabilities(const Probabilities& p, BoolCoder& out) {
  for (int t = 0; t < 4; ++t)
    for (int b = 0; b < 8; ++b)
      for (int c = 0; c < 3; ++c)
        for (int i = 0; i < 11; ++i) {
          const bool updated = p.p[t][b][c][i] != kDefaultProbabilities.p[t][b][c][i];
          out.put(updated, kUpdateProbabilities.p[t][b][c][i]);
          if (updated) out.put_literal(p.p[t][b][c][i], 8);
        }
}

// Section 19.3: every macroblock's segment, flag and modes.
void put_macroblocks(const Frame& frame, const FrameHeader& h, const std::array<uint8_t, 3>& segment_probabilities,
                     uint8_t coded, BoolCoder& out) {
  const int mb_x = frame.reconstruction.mb_x;
  std::vector<SubblockEdge> above(mb_x, kFrameEdge);
  SubblockEdge left{};
  for (size_t i = 0; i < frame.macroblocks.size(); ++i) {
    const Macroblock& mb = frame.macroblocks[i];
    SubblockEdge& up = above[i % mb_x];
    if (i % mb_x == 0) left = kFrameEdge;
    if (h.segments > 1) out.put_path(kSegmentPaths[mb.segment], segment_probabilities.data());
    if (coded) out.put(!mb.coded, coded);
    out.put_path(kLumaModePaths[mb.luma_mode], kLumaModeProbabilities);
    if (mb.has_y2()) {
      up.fill(implied_mode(mb.luma_mode));
      left = up;
    } else {
      for (int b = 0; b < 16; ++b) {
        const uint8_t mode = mb.subblock_modes[b];
        out.put_path(kSubblockModePaths[mode], kSubblockModeProbabilities[up[b % 4]][left[b / 4]]);
        up[b % 4] = left[b / 4] = mode;
      }
    }
    out.put_path(kChromaModePaths[mb.chroma_mode], kChromaModeProbabilities);
  }
}

// A sink of tokens.h.
struct TokenWriter {
  struct Block {
    const Probabilities& probabilities;
    BoolCoder& out;
    BoolCoder::Interval interval;

    ACCELIR_INLINE void token(BlockType type, int band, int context, int token, int start) {
      out.put_path(kTokenPaths[token], probabilities.p[type][band][context], start, interval);
    }
    ACCELIR_INLINE void level(int level) {
      const int magnitude = std::abs(level), token = kTokenOf[magnitude];
      if (token >= kFirstCategory) {
        const int category = token - kFirstCategory, extra = magnitude - kCategoryBase[category];
        for (int i = 0, bits = kExtraBits[category]; i < bits; ++i)
          out.put(extra >> (bits - 1 - i) & 1, kExtraProbabilities[category][i], interval);
      }
      out.put(level < 0, 128, interval);
    }
  };

  const Probabilities& probabilities;
  BoolCoder& out;

  Block begin_block() { return {probabilities, out, out.begin_block()}; }
  void end_block(const Block& block) { out.end_block(block.interval); }
};

// Of `count`, that with the rows of macroblocks first, first + count, and so on.
Bytes token_partition(const Frame& frame, const Probabilities& p, int first, int count) {
  BoolCoder out;
  TokenWriter tokens{p, out};
  for (int y = first; y < frame.reconstruction.mb_y; y += count) walk_tokens(frame, y, y + 1, tokens);
  return out.finish();
}

std::vector<Bytes> token_partitions(const Frame& frame, const Probabilities& p, int count, int threads) {
  std::vector<Bytes> out(count);
  run_tasks(threads, count, [&](int i) { out[i] = token_partition(frame, p, i, count); });
  return out;
}

Bytes first_partition(const Frame& frame, const Tally& tally, const FrameHeader& h, const Probabilities& probabilities,
                      int partitions) {
  const std::array<uint8_t, 3> segments = segment_probabilities(tally);
  const uint8_t coded = coded_probability(tally);
  BoolCoder out;
  out.put(false, 128);  // color space
  out.put(false, 128);  // decoders clip
  put_segments(h, segments, out);
  put_filter(h, out);
  out.put_literal(static_cast<uint32_t>(__builtin_ctz(partitions)), 2);
  put_quantizers(h, out);
  out.put(true, 128);  // probabilities are kept for later frames, of which there are none
  put_probabilities(probabilities, out);
  out.put(coded != 0, 128);
  if (coded) out.put_literal(coded, 8);
  const size_t header = out.size();
  put_macroblocks(frame, h, segments, coded, out);
  Bytes partition = out.finish();
  // libwebp's incremental decoder refuses a partition of which the header alone makes it load every byte: it takes what
  // is left for an empty partition (idec_dec.c). One macroblock's modes may well need no byte of their own.
  if (partition.size() <= header) partition.push_back(0);
  return partition;
}

void append_number(Bytes& out, size_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

// Section 9.1.
void append_frame_tag(Bytes& out, size_t first_partition, const YuvPlanes& picture) {
  constexpr size_t kKeyFrame = 0, kShown = 1 << 4;
  append_number(out, kKeyFrame | kShown | first_partition << 5, 3);
  for (uint8_t start : {0x9d, 0x01, 0x2a}) out.push_back(start);
  append_number(out, static_cast<size_t>(picture.width), 2);
  append_number(out, static_cast<size_t>(picture.height), 2);
}

bool fits(const std::vector<Bytes>& partitions) {
  return std::all_of(partitions.begin(), partitions.end() - 1,
                     [](const Bytes& p) { return p.size() <= kMaxTokenPartition; });
}

}  // namespace

WrittenFrame write_frame(const Frame& frame, const Tally& tally, const FrameHeader& header, int threads) {
  const Probabilities probabilities = choose_probabilities(tally);
  int count = header.token_partitions;
  std::vector<Bytes> tokens = token_partitions(frame, probabilities, count, threads);
  while (!fits(tokens) && count < kMaxTokenPartitions)
    tokens = token_partitions(frame, probabilities, count *= 2, threads);
  const Bytes first = first_partition(frame, tally, header, probabilities, count);
  WrittenFrame out;
  out.first_partition = first.size();
  if (first.size() > kMaxFirstPartition || !fits(tokens)) return out;
  append_frame_tag(out.data, first.size(), frame.reconstruction);
  out.data.insert(out.data.end(), first.begin(), first.end());
  for (int i = 0; i + 1 < count; ++i) append_number(out.data, tokens[i].size(), 3);
  for (const Bytes& t : tokens) out.data.insert(out.data.end(), t.begin(), t.end());
  return out;
}

}  // namespace accelir::vp8
