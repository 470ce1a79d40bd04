#include "jpeg/reader.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "jpeg/reader_arithmetic_scan.h"
#include "jpeg/reader_huffman.h"

namespace accelir::jpeg {
namespace {

[[noreturn]] void fail(const std::string& what, size_t offset) {
  throw std::invalid_argument("damaged JPEG: " + what + " at byte " + std::to_string(offset));
}

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  size_t at() const { return at_; }
  size_t left() const { return size_ - at_; }
  int u8() {
    if (at_ >= size_) fail("the file ends early", at_);
    return data_[at_++];
  }
  int u16() {
    const int high = u8();
    return high << 8 | u8();
  }
  // The payload of the segment that starts here.
  Bytes segment() {
    const int length = u16();
    if (length < 2 || static_cast<size_t>(length - 2) > left()) fail("a segment longer than the file", at_ - 2);
    Bytes inner(data_, at_ + length - 2);
    inner.at_ = at_;
    at_ += length - 2;
    return inner;
  }
  const uint8_t* here() const { return data_ + at_; }
  void skip(size_t n) { at_ += n; }

 private:
  const uint8_t* data_;
  size_t size_, at_ = 0;
};

// Decisions of arithmetic-coded data that a file may take, whatever its size, and for each of its bytes. 49 megapixels
// of one colour take 2.3 million; a decoder makes some 100 million a second.
constexpr uint64_t kDecisions = uint64_t{1} << 26, kDecisionsPerByte = 256;

class Reader {
 public:
  Reader(const uint8_t* data, size_t size, uint64_t max_pixels, bool keep)
      : in_(data, size), max_pixels_(max_pixels), keep_(keep), decisions_left_(kDecisions + size * kDecisionsPerByte) {}

  ReadPicture read() {
    if (in_.u16() != 0xFFD8) fail("no SOI marker", 0);
    for (int marker; (marker = next_marker()) != 0xD9;)
      if (marker != 0x01 && (marker < 0xD0 || marker > 0xD7)) segment(marker);
    if (!scans_) fail("no scan before the end", in_.at());
    for (auto& component : out_.levels.components)
      for (size_t i = 0; i < component.nonzero.size(); ++i)
        component.nonzero[i] = nonzero_mask(component.values.data() + i * 64);
    return std::move(out_);
  }
  size_t padding() const { return padding_; }

 private:
  // Passes over stray bytes, FF 00 among them, as other decoders do.
  int next_marker() {
    for (;;) {
      int code = in_.u8();
      if (code != 0xFF) continue;
      while (code == 0xFF) code = in_.u8();
      if (code) return code;
    }
  }

  void segment(int marker) {
    Bytes body = in_.segment();
    switch (marker) {
      case 0xDB: return read_tables(body);
      case 0xC4: return read_huffman(body);
      case 0xCC: return read_conditioning(body);
      case 0xC0:
      case 0xC1:
      case 0xC2:
      case 0xC9:
      case 0xCA: return read_frame(body, marker);
      case 0xDD: restart_interval_ = static_cast<size_t>(body.u16()); return;
      case 0xDA: return read_scan(body);
      case 0xC3:
      case 0xC5:
      case 0xC6:
      case 0xC7:
      case 0xCB:
      case 0xCD:
      case 0xCE:
      case 0xCF: throw std::invalid_argument("a JPEG of a kind that isn't read: lossless or hierarchical");
      default: return;
    }
  }

  void read_tables(Bytes& body) {
    while (body.left()) {
      const int id = body.u8();
      if ((id & 15) > 3 || id >> 4 > 1) fail("a quantisation table's number", body.at() - 1);
      std::vector<uint16_t>& table = dqt_[id & 15];
      table.resize(64);
      for (uint16_t& step : table) step = static_cast<uint16_t>(id >> 4 ? body.u16() : body.u8());
    }
  }

  void read_huffman(Bytes& body) {
    while (body.left()) {
      const int id = body.u8();
      if ((id & 15) > 3 || id >> 4 > 1) fail("a Huffman table's number", body.at() - 1);
      HuffmanTable table;
      int total = 0;
      for (int i = 1; i <= 16; ++i) total += table.counts[i] = static_cast<uint8_t>(body.u8());
      if (total > 256) fail("a Huffman table of more than 256 symbols", body.at());
      for (int i = 0; i < total; ++i) table.symbols.push_back(static_cast<uint8_t>(body.u8()));
      if (!assign_codes(table)) fail("a Huffman table that is no prefix code", body.at());
      huffman_[static_cast<size_t>(id >> 4)][static_cast<size_t>(id & 15)] = HuffmanDecoder(table);
    }
  }

  void read_conditioning(Bytes& body) {
    while (body.left()) {
      const int id = body.u8(), value = body.u8();
      if ((id & 15) > 3 || id >> 4 > 1) fail("a conditioning table's number", body.at() - 2);
      const size_t slot = static_cast<size_t>(id & 15);
      const int lower = value & 15, upper = value >> 4;
      if (id >> 4 ? value < 1 || value > 63 : lower > upper) fail("a conditioning table's value", body.at() - 1);
      if (id >> 4) {
        conditioning_.low_places[slot] = value;
      } else {
        conditioning_.lower[slot] = lower;
        conditioning_.upper[slot] = upper;
      }
    }
  }

  void read_frame(Bytes& body, int marker) {
    if (!components_.empty()) fail("a second frame", body.at());
    if (body.u8() != 8) fail("a precision other than 8 bits", body.at() - 1);
    const int height = body.u16(), width = body.u16(), n = body.u8();
    if (!width || !height) fail("a picture without a size", body.at());
    if (static_cast<uint64_t>(width) * static_cast<uint64_t>(height) > max_pixels_)
      throw std::invalid_argument("a JPEG of " + std::to_string(width) + " x " + std::to_string(height) +
                                  " pixels, more than the limit of " + std::to_string(max_pixels_));
    if (n < 1 || n > 4) throw std::invalid_argument("a JPEG of " + std::to_string(n) + " components; 1 to 4 are read");
    out_.progressive = marker == 0xC2 || marker == 0xCA;
    arithmetic_ = marker >= 0xC9;
    components_.resize(static_cast<size_t>(n));
    for (ReadComponent& c : components_) read_component(c, body);
    lay_out(static_cast<size_t>(width), static_cast<size_t>(height));
    if (keep_) keep_levels(width, height);
  }

  static void read_component(ReadComponent& c, Bytes& body) {
    c.id = body.u8();
    const int factors = body.u8();
    c.h = factors >> 4;
    c.v = factors & 15;
    if (c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4) fail("a sampling factor", body.at() - 1);
    c.quantisation = body.u8();
    if (c.quantisation > 3) fail("a quantisation table's number", body.at() - 1);
    c.accuracy.fill(-1);
  }

  // T.81, A.1.1 and A.2. The blocks of a single component are in no MCUs.
  void lay_out(size_t width, size_t height) {
    size_t h_max = 1, v_max = 1;
    if (components_.size() == 1) components_[0].h = components_[0].v = 1;
    for (const ReadComponent& c : components_) {
      h_max = std::max(h_max, static_cast<size_t>(c.h));
      v_max = std::max(v_max, static_cast<size_t>(c.v));
    }
    const auto ceil_div = [](size_t a, size_t b) { return (a + b - 1) / b; };
    mcus_x_ = ceil_div(width, 8 * h_max);
    mcus_y_ = ceil_div(height, 8 * v_max);
    for (ReadComponent& c : components_) {
      c.blocks_x = ceil_div(ceil_div(width * static_cast<size_t>(c.h), h_max), 8);
      c.blocks_y = ceil_div(ceil_div(height * static_cast<size_t>(c.v), v_max), 8);
      c.padded_x = mcus_x_ * static_cast<size_t>(c.h);
      c.padded_y = mcus_y_ * static_cast<size_t>(c.v);
      if (out_.progressive) c.nonzero.assign(c.padded_x * c.padded_y, 0);
    }
  }

  void keep_levels(int width, int height) {
    out_.levels = Levels(make_geometry(width, height, subsampling()));
    out_.levels.zero();
    for (size_t c = 0; c < components_.size(); ++c) components_[c].values = out_.levels.components[c].values.data();
  }

  std::string subsampling() const {
    const auto is = [&](size_t c, int h, int v) { return components_[c].h == h && components_[c].v == v; };
    if (components_.size() == 1) return "gray";
    if (components_.size() == 3 && is(1, 1, 1) && is(2, 1, 1)) {
      if (is(0, 1, 1)) return "4:4:4";
      if (is(0, 2, 1)) return "4:2:2";
      if (is(0, 2, 2)) return "4:2:0";
    }
    throw std::invalid_argument("a JPEG of " + std::to_string(components_.size()) +
                                " components in other than the usual samplings; gray, 4:4:4, 4:2:2 and 4:2:0 are read");
  }

  ScanHeader read_scan_header(Bytes& body) {
    ScanHeader h;
    h.progressive = out_.progressive;
    const int n = body.u8();
    if (n < 1 || n > static_cast<int>(components_.size())) fail("a scan of unknown components", body.at() - 1);
    for (int i = 0; i < n; ++i) {
      const int id = body.u8(), tables = body.u8();
      const auto found =
          std::find_if(components_.begin(), components_.end(), [&](const auto& c) { return c.id == id; });
      if (found == components_.end()) fail("a scan of an unknown component", body.at() - 2);
      if (!h.components.empty() && &*found <= h.components.back())
        fail("a scan's components out of order", body.at() - 2);
      h.components.push_back(&*found);
      h.dc.push_back(tables >> 4 & 3);
      h.ac.push_back(tables & 3);
    }
    h.first = body.u8();
    h.last = body.u8();
    h.high = body.u8();
    h.low = h.high & 15;
    h.high >>= 4;
    check_band(h, body.at());
    return h;
  }

  static void check_band(const ScanHeader& h, size_t offset) {
    if (!h.progressive) {
      if (h.first || h.last != 63 || h.high || h.low) fail("a sequential scan of a part of the spectrum", offset);
      return;
    }
    const bool dc = h.first == 0 && h.last == 0;
    const bool ac = h.first >= 1 && h.first <= h.last && h.last <= 63 && h.components.size() == 1;
    if (!(dc || ac) || h.low > 13 || (h.high && h.high != h.low + 1)) fail("a scan's spectral band", offset);
    for (ReadComponent* c : h.components) check_order(h, *c, offset);
  }

  // A scan goes on where those before it ended, bit by bit, DC before AC (T.81, G.1.1.1).
  static void check_order(const ScanHeader& h, ReadComponent& c, size_t offset) {
    if (h.first && c.accuracy[0] < 0) fail("a scan of AC levels before any of DC", offset);
    for (int k = h.first; k <= h.last; ++k) {
      int8_t& sent = c.accuracy[static_cast<size_t>(k)];
      if (h.high != std::max<int>(sent, 0)) fail("a scan of bits that don't follow those sent before", offset);
      sent = static_cast<int8_t>(h.low);
    }
  }

  void read_scan(Bytes& body) {
    if (components_.empty()) fail("a scan before the frame header", body.at());
    const ScanHeader h = read_scan_header(body);
    for (const ReadComponent* c : h.components) take_table(*c);
    if (arithmetic_) {
      ArithmeticScan scan(h, conditioning_, in_.here(), in_.left(), decisions_left_);
      finish(h, scan);
      decisions_left_ -= std::min(scan.decisions(), decisions_left_);
    } else {
      HuffmanScan scan(h, huffman_, in_.here(), in_.left());
      finish(h, scan);
    }
  }

  template <class Scan>
  void finish(const ScanHeader& h, Scan& scan) {
    walk(h, mcus_x_, mcus_y_, restart_interval_, scan);
    scan.finish();
    in_.skip(scan.consumed());
    padding_ += scan.padding();
    ++scans_;
  }

  // A table may be sent again for a later component; what counts is the one in force at its first scan.
  void take_table(const ReadComponent& c) {
    const size_t at = static_cast<size_t>(&c - components_.data());
    out_.tables.resize(components_.size());
    if (!out_.tables[at].empty()) return;
    out_.tables[at] = dqt_[c.quantisation];
    if (out_.tables[at].empty()) throw std::invalid_argument("damaged JPEG: a quantisation table is missing");
  }

  Bytes in_;
  const uint64_t max_pixels_;
  const bool keep_;
  ReadPicture out_;
  std::vector<ReadComponent> components_;
  size_t mcus_x_ = 0, mcus_y_ = 0;
  std::array<std::vector<uint16_t>, 4> dqt_;
  HuffmanTables huffman_;
  Conditioning conditioning_;
  bool arithmetic_ = false;
  size_t restart_interval_ = 0;
  uint64_t decisions_left_;
  size_t scans_ = 0, padding_ = 0;
};

}  // namespace

ReadPicture read_jpeg(const uint8_t* data, size_t size, uint64_t max_pixels) {
  return Reader(data, size, max_pixels, true).read();
}

size_t check_jpeg(const uint8_t* data, size_t size, uint64_t max_pixels) {
  Reader reader(data, size, max_pixels, false);
  reader.read();
  return reader.padding();
}

}  // namespace accelir::jpeg
