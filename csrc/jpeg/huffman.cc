#include "jpeg/huffman.h"

#include <algorithm>

namespace accelir::jpeg {
namespace {

constexpr int kMaxLength = 16;

struct Leaf {
  uint64_t weight;
  int symbol;
};

// A package is the two cheapest items of the level below; counting how many packages are taken at each level, from
// the shortest codes down, gives every leaf's code length without storing the trees.
std::vector<int> package_merge(const std::vector<Leaf>& leaves) {
  const size_t n = leaves.size();
  std::array<std::vector<uint8_t>, kMaxLength> is_package;
  std::vector<uint64_t> below, merged;
  for (std::vector<uint8_t>& level : is_package) {
    const size_t packages = below.size() / 2;
    merged.resize(n + packages);
    level.resize(n + packages);
    size_t leaf = 0, package = 0;
    for (size_t i = 0; i < merged.size(); ++i) {
      const uint64_t weight = package < packages ? below[2 * package] + below[2 * package + 1] : 0;
      const bool take_package = leaf == n || (package < packages && weight < leaves[leaf].weight);
      level[i] = take_package;
      merged[i] = take_package ? weight : leaves[leaf].weight;
      take_package ? ++package : ++leaf;
    }
    below.swap(merged);
  }
  std::vector<int> length(n, 0);
  size_t take = 2 * n - 2;
  for (int level = kMaxLength - 1; level >= 0 && take > 0; --level) {
    size_t leaf = 0, packages = 0;
    for (size_t i = 0; i < take; ++i) is_package[level][i] ? ++packages : (++length[leaf++], packages);
    take = 2 * packages;
  }
  return length;
}

}  // namespace

bool assign_codes(HuffmanTable& table) {
  uint32_t code = 0;
  size_t next = 0;
  for (int length = 1; length <= kMaxLength; ++length, code <<= 1)
    for (int i = 0; i < table.counts[length]; ++i, ++code, ++next) {
      if (next >= table.symbols.size() || code >= (1u << length)) return false;
      table.code[table.symbols[next]] = static_cast<uint16_t>(code);
      table.length[table.symbols[next]] = static_cast<uint8_t>(length);
    }
  return next == table.symbols.size();
}

HuffmanTable build_huffman(const Histogram& histogram) {
  // A pseudo-symbol of no weight takes the longest code, the all-ones one, and is dropped.
  std::vector<Leaf> leaves{{0, -1}};
  for (int s = 0; s < 256; ++s)
    if (histogram[s]) leaves.push_back({histogram[s], s});
  if (leaves.size() == 1) leaves.push_back({1, 0});
  std::stable_sort(leaves.begin() + 1, leaves.end(), [](const Leaf& a, const Leaf& b) { return a.weight < b.weight; });
  const std::vector<int> length = package_merge(leaves);
  HuffmanTable table;
  for (size_t i = leaves.size() - 1; i > 0; --i) {
    ++table.counts[length[i]];
    table.symbols.push_back(static_cast<uint8_t>(leaves[i].symbol));
  }
  assign_codes(table);
  return table;
}

// Huffman's algorithm by two queues: the bits are the sum of all inner nodes' weights.
HuffmanCost huffman_cost(const Histogram& histogram) {
  std::array<uint64_t, 257> leaves, nodes;
  size_t n = 0;
  leaves[n++] = 0;  // the all-ones code
  for (uint64_t count : histogram)
    if (count) leaves[n++] = count;
  if (n == 1) leaves[n++] = 1;
  std::sort(leaves.begin(), leaves.begin() + n);
  uint64_t bits = 0;
  size_t leaf = 0, node = 0;
  for (size_t made = 0; made + 1 < n; ++made) {
    const auto least = [&] {
      return leaf < n && (node == made || leaves[leaf] <= nodes[node]) ? leaves[leaf++] : nodes[node++];
    };
    const uint64_t first = least();
    bits += nodes[made] = first + least();
  }
  return {bits, 17 + static_cast<int>(n - 1)};
}

uint64_t coded_bits(const Histogram& histogram, const HuffmanTable& table) {
  uint64_t bits = 0;
  for (int s = 0; s < 256; ++s) bits += histogram[s] * table.length[s];
  return bits;
}

}  // namespace accelir::jpeg
