#include "jpeg/reader.h"

#include <array>
#include <stdexcept>
#include <string>

#include "jpeg/huffman.h"

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

// A Huffman decoder by the canonical tables of T.81, F.2.2.3.
struct Decoder {
  bool defined = false;
  std::vector<uint8_t> symbols;
  std::array<int32_t, 17> min_code{}, max_code{}, first{};
};

Decoder make_decoder(const HuffmanTable& table) {
  Decoder d;
  d.defined = true;
  d.symbols = table.symbols;
  int32_t code = 0, next = 0;
  for (int length = 1; length <= 16; ++length, code <<= 1) {
    d.first[length] = next;
    d.min_code[length] = code;
    code += table.counts[length];
    next += table.counts[length];
    d.max_code[length] = code - 1;
  }
  return d;
}

// The bits of one scan; stuffing is removed, a marker ends it. Past the end it gives zeros, and says so once too many
// were asked for.
class BitReader {
 public:
  BitReader(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  int bit() {
    if (!count_) load();
    return byte_ >> --count_ & 1;
  }
  int bits(int n) {
    int value = 0;
    while (n--) value = value << 1 | bit();
    return value;
  }
  int symbol(const Decoder& d) {
    int code = 0;
    for (int length = 1; length <= 16; ++length) {
      code = code << 1 | bit();
      if (code <= d.max_code[length] && code >= d.min_code[length])
        return d.symbols[d.first[length] + code - d.min_code[length]];
    }
    throw std::invalid_argument("damaged JPEG: a Huffman code that no table has");
  }
  int extend(int size) {
    if (!size) return 0;
    const int value = bits(size);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }
  void restart() {
    count_ = 0;
    while (at_ + 1 < size_ && data_[at_] == 0xFF && data_[at_ + 1] == 0xFF) ++at_;
    if (at_ + 1 >= size_ || data_[at_] != 0xFF || (data_[at_ + 1] & 0xF8) != 0xD0)
      throw std::invalid_argument("damaged JPEG: a restart marker is missing");
    at_ += 2;
  }
  size_t consumed() const { return at_; }

 private:
  void load() {
    if (at_ >= size_) throw std::invalid_argument("damaged JPEG: a scan ends early");
    byte_ = data_[at_];
    if (byte_ == 0xFF) {
      if (at_ + 1 >= size_ || data_[at_ + 1] != 0) throw std::invalid_argument("damaged JPEG: a scan ends early");
      ++at_;
    }
    ++at_;
    count_ = 8;
  }

  const uint8_t* data_;
  size_t size_, at_ = 0;
  int byte_ = 0, count_ = 0;
};

struct ScanHeader {
  std::vector<int> components, dc, ac;
  int first, last, high, low;
};

class Reader {
 public:
  Reader(const uint8_t* data, size_t size, uint64_t max_pixels) : in_(data, size), max_pixels_(max_pixels) {}

  ReadPicture read() {
    if (in_.u16() != 0xFFD8) fail("no SOI marker", 0);
    for (;;) {
      int marker = in_.u8();
      if (marker != 0xFF) fail("a marker was expected", in_.at() - 1);
      while (marker == 0xFF) marker = in_.u8();
      if (marker == 0xD9) break;
      if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) continue;
      segment(marker);
    }
    if (!scans_) fail("no scan before the end", in_.at());
    for (auto& component : out_.levels.components)
      for (size_t i = 0; i < component.nonzero.size(); ++i)
        component.nonzero[i] = nonzero_mask(component.values.data() + i * 64);
    return std::move(out_);
  }

 private:
  void segment(int marker) {
    Bytes body = in_.segment();
    switch (marker) {
      case 0xDB: return read_tables(body);
      case 0xC4: return read_huffman(body);
      case 0xC0:
      case 0xC1:
      case 0xC2: return read_frame(body, marker == 0xC2);
      case 0xDD: restart_interval_ = body.u16(); return;
      case 0xDA: return read_scan(body);
      case 0xC3:
      case 0xC5:
      case 0xC6:
      case 0xC7:
      case 0xC9:
      case 0xCA:
      case 0xCB:
      case 0xCD:
      case 0xCE:
      case 0xCF:
        throw std::invalid_argument("a JPEG of a kind that isn't read: lossless, hierarchical or arithmetic-coded");
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
      huffman_[id >> 4][id & 15] = make_decoder(table);
    }
  }

  void read_frame(Bytes& body, bool progressive) {
    if (!component_id_.empty()) fail("a second frame", body.at());
    if (body.u8() != 8) fail("a precision other than 8 bits", body.at() - 1);
    const int height = body.u16(), width = body.u16(), n = body.u8();
    if (!width || !height) fail("a picture without a size", body.at());
    if (static_cast<uint64_t>(width) * height > max_pixels_)
      throw std::invalid_argument("a JPEG of " + std::to_string(width) + " x " + std::to_string(height) +
                                  " pixels, more than the limit of " + std::to_string(max_pixels_));
    if (n != 1 && n != 3)
      throw std::invalid_argument("a JPEG of " + std::to_string(n) + " components; 1 or 3 are read");
    std::string sampling;
    for (int i = 0; i < n; ++i) {
      component_id_.push_back(body.u8());
      sampling += static_cast<char>(body.u8());
      dqt_of_.push_back(body.u8());
      if (dqt_of_.back() > 3) fail("a quantisation table's number", body.at() - 1);
    }
    out_.progressive = progressive;
    out_.levels = Levels(make_geometry(width, height, subsampling_of(sampling)));
    seen_.assign(n, false);
  }

  static std::string subsampling_of(const std::string& s) {
    if (s.size() == 1) return "gray";
    if (s == "\x11\x11\x11") return "4:4:4";
    if (s == "\x21\x11\x11") return "4:2:2";
    if (s == "\x22\x11\x11") return "4:2:0";
    throw std::invalid_argument("a JPEG with sampling factors other than 4:4:4, 4:2:2 and 4:2:0");
  }

  ScanHeader read_scan_header(Bytes& body) {
    ScanHeader h;
    const int n = body.u8();
    if (n < 1 || n > static_cast<int>(component_id_.size())) fail("a scan of unknown components", body.at() - 1);
    for (int i = 0; i < n; ++i) {
      const int id = body.u8(), tables = body.u8();
      size_t c = 0;
      while (c < component_id_.size() && component_id_[c] != id) ++c;
      if (c == component_id_.size()) fail("a scan of an unknown component", body.at() - 2);
      if (!h.components.empty() && static_cast<int>(c) <= h.components.back())
        fail("a scan's components out of order", body.at() - 2);
      h.components.push_back(static_cast<int>(c));
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

  void check_band(const ScanHeader& h, size_t offset) const {
    if (!out_.progressive) {
      if (h.first || h.last != 63 || h.high || h.low) fail("a sequential scan of a part of the spectrum", offset);
      return;
    }
    const bool dc = h.first == 0 && h.last == 0;
    const bool ac = h.first >= 1 && h.first <= h.last && h.last <= 63 && h.components.size() == 1;
    if (!(dc || ac) || h.low > 13 || (h.high && h.high != h.low + 1)) fail("a scan's spectral band", offset);
  }

  const Decoder& table(int slot_class, int id) const {
    const Decoder& d = huffman_[slot_class][id];
    if (!d.defined) throw std::invalid_argument("damaged JPEG: a scan names a Huffman table that was not sent");
    return d;
  }

  void read_scan(Bytes& body) {
    if (component_id_.empty()) fail("a scan before the frame header", body.at());
    const ScanHeader h = read_scan_header(body);
    for (int c : h.components) take_table(c);
    BitReader bits(in_.here(), in_.left());
    int previous[3] = {0, 0, 0}, end_of_band = 0;
    size_t last_mcu = 0;
    for_each_block(out_.levels.geometry, h.components, [&](int c, size_t index, size_t mcu) {
      if (restart_interval_ && mcu != last_mcu && mcu % restart_interval_ == 0) {
        bits.restart();
        previous[0] = previous[1] = previous[2] = end_of_band = 0;
      }
      last_mcu = mcu;
      int16_t* block = out_.levels.block(c, index);
      size_t i = 0;
      while (h.components[i] != c) ++i;
      if (h.first == 0) read_dc(h, h.dc[i], bits, previous[c], block);
      if (!out_.progressive)
        read_ac(h, table(1, h.ac[i]), bits, block);
      else if (h.first && !h.high)
        read_ac_first(h, table(1, h.ac[i]), bits, end_of_band, block);
      else if (h.first)
        read_ac_refinement(h, huffman_[1][h.ac[i]], bits, end_of_band, block);
    });
    in_.skip(bits.consumed());
    ++scans_;
  }

  // A table may be sent again for a later component; what counts is the one in force at its first scan.
  void take_table(int c) {
    if (seen_[c]) return;
    seen_[c] = true;
    if (dqt_[dqt_of_[c]].empty()) throw std::invalid_argument("damaged JPEG: a quantisation table is missing");
    out_.tables.resize(component_id_.size());
    out_.tables[c] = dqt_[dqt_of_[c]];
  }

  void read_dc(const ScanHeader& h, int id, BitReader& bits, int& previous, int16_t* block) {
    if (h.high) {
      block[0] = static_cast<int16_t>(block[0] | bits.bit() << h.low);
      return;
    }
    const int size = bits.symbol(table(0, id));
    if (size > 11) throw std::invalid_argument("damaged JPEG: a DC difference of more than 11 bits");
    previous += bits.extend(size);
    if (previous < -32768 || previous > 32767) throw std::invalid_argument("damaged JPEG: a DC level out of range");
    block[0] = static_cast<int16_t>(previous * (1 << h.low));
  }

  static void put_in_band(const ScanHeader& h, int16_t* block, int k, int value) {
    if (k > h.last) throw std::invalid_argument("damaged JPEG: a coefficient beyond its scan's band");
    block[k] = static_cast<int16_t>(value);
  }

  static void read_ac(const ScanHeader& h, const Decoder& d, BitReader& bits, int16_t* block) {
    for (int k = 1; k < 64; ++k) {
      const int symbol = bits.symbol(d), size = symbol & 15;
      if (!size && symbol != 0xF0) return;
      k += symbol >> 4;
      if (size) put_in_band(h, block, k, bits.extend(size));
    }
  }

  static void read_ac_first(const ScanHeader& h, const Decoder& d, BitReader& bits, int& end_of_band, int16_t* block) {
    if (end_of_band) {
      --end_of_band;
      return;
    }
    for (int k = h.first; k <= h.last; ++k) {
      const int symbol = bits.symbol(d), run = symbol >> 4, size = symbol & 15;
      if (!size && run < 15) {
        end_of_band = (1 << run) - 1 + (run ? bits.bits(run) : 0);
        return;
      }
      k += run;
      if (size) put_in_band(h, block, k, bits.extend(size) * (1 << h.low));
    }
  }

  static void correct(const ScanHeader& h, BitReader& bits, int16_t& level) {
    if (bits.bit()) level = static_cast<int16_t>(level + (level < 0 ? -(1 << h.low) : 1 << h.low));
  }

  static void read_ac_refinement(const ScanHeader& h, const Decoder& d, BitReader& bits, int& end_of_band,
                                 int16_t* block) {
    int k = h.first;
    for (; !end_of_band && k <= h.last; ++k) {
      if (!d.defined) throw std::invalid_argument("damaged JPEG: a scan names a Huffman table that was not sent");
      const int symbol = bits.symbol(d);
      int run = symbol >> 4, fresh = 0;
      if ((symbol & 15) > 1) throw std::invalid_argument("damaged JPEG: a refinement of more than one bit");
      if (symbol & 15) {
        fresh = bits.bit() ? 1 << h.low : -(1 << h.low);
      } else if (run < 15) {
        end_of_band = (1 << run) + (run ? bits.bits(run) : 0);
        break;
      }
      for (; k <= h.last; ++k) {
        if (block[k])
          correct(h, bits, block[k]);
        else if (run-- == 0)
          break;
      }
      if (fresh) put_in_band(h, block, k, fresh);
    }
    if (!end_of_band) return;
    for (; k <= h.last; ++k)
      if (block[k]) correct(h, bits, block[k]);
    --end_of_band;
  }

  Bytes in_;
  const uint64_t max_pixels_;
  ReadPicture out_;
  std::vector<int> component_id_, dqt_of_;
  std::vector<bool> seen_;
  std::vector<uint16_t> dqt_[4];
  Decoder huffman_[2][4];
  int restart_interval_ = 0;
  int scans_ = 0;
};

}  // namespace

ReadPicture read_jpeg(const uint8_t* data, size_t size, uint64_t max_pixels) {
  return Reader(data, size, max_pixels).read();
}

}  // namespace accelir::jpeg
