// The binary trees by which VP8 codes its symbols (RFC 6386, section 8.1).
#pragma once

#include <cstddef>
#include <cstdint>

namespace accelir::vp8 {

// Where a 0 leads and where a 1 leads: another node, or the complement of a leaf's value.
using TreeNode = int8_t[2];

// The way from the root, or from another node, to a leaf.
struct Path {
  uint8_t length = 0;
  uint8_t node[10] = {}, bit[10] = {};
};

template <size_t N>
constexpr Path path_to(const TreeNode (&tree)[N], int leaf) {
  Path up;
  for (int target = ~leaf; target != 0;)
    for (int n = 0; n < static_cast<int>(N); ++n)
      for (uint8_t bit = 0; bit < 2; ++bit)
        if (tree[n][bit] == target && (target < 0 || n < target)) {
          up.node[up.length] = static_cast<uint8_t>(n);
          up.bit[up.length++] = bit;
          target = n;
          n = static_cast<int>(N);
          break;
        }
  Path down;
  for (int i = up.length - 1; i >= 0; --i) {
    down.node[down.length] = up.node[i];
    down.bit[down.length++] = up.bit[i];
  }
  return down;
}

// The paths to leaves 0 to Leaves - 1.
template <size_t Leaves>
struct Paths {
  Path path[Leaves];
  constexpr const Path& operator[](size_t leaf) const { return path[leaf]; }
};

template <size_t Leaves, size_t N>
constexpr Paths<Leaves> paths_of(const TreeNode (&tree)[N]) {
  Paths<Leaves> out{};
  for (size_t leaf = 0; leaf < Leaves; ++leaf) out.path[leaf] = path_to(tree, static_cast<int>(leaf));
  return out;
}

}  // namespace accelir::vp8
