// The constants of VP8 key frames (RFC 6386), under the names that the standard gives their subjects.
#pragma once

#include <cstdint>

#include "vp8/tree.h"

namespace accelir::vp8 {

// How a macroblock's luma or chroma is predicted (sections 8.1 and 11.2). kBPred: each 4x4 subblock on its own.
enum Mode : uint8_t { kDcPred, kVPred, kHPred, kTmPred, kBPred };
// How a subblock is predicted (section 11.2).
enum SubblockMode : uint8_t {
  kBDcPred,
  kBTmPred,
  kBVePred,
  kBHePred,
  kBLdPred,
  kBRdPred,
  kBVrPred,
  kBVlPred,
  kBHdPred,
  kBHuPred
};
constexpr int kModes = 4, kSubblockModes = 10;

// What kind of block a coefficient belongs to (section 13.3): luma without DC, the DCs of luma, chroma, luma with DC.
enum BlockType : uint8_t { kLumaAc, kY2, kChroma, kLuma };

// One probability for every node of the token tree: by block type, band, context (section 13.4).
struct Probabilities {
  uint8_t p[4][8][3][11];
};

extern const uint16_t kDcSteps[128], kAcSteps[128];          // section 14.1
extern const Probabilities kDefaultProbabilities;            // section 13.5
extern const Probabilities kUpdateProbabilities;             // section 13.4
extern const uint8_t kSubblockModeProbabilities[10][10][9];  // section 11.5, by the modes above and to the left

constexpr uint8_t kZigzag[16] = {0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15};  // section 13
constexpr uint8_t kBands[16] = {0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7};         // section 13.3

// Modes' and segments' trees, the modes' with fixed probabilities (sections 10, 11.2 and 11.4).
constexpr TreeNode kLumaModeTree[] = {{~kBPred, 1}, {2, 3}, {~kDcPred, ~kVPred}, {~kHPred, ~kTmPred}};
constexpr uint8_t kLumaModeProbabilities[] = {145, 156, 163, 128};
constexpr TreeNode kChromaModeTree[] = {{~kDcPred, 1}, {~kVPred, 2}, {~kHPred, ~kTmPred}};
constexpr uint8_t kChromaModeProbabilities[] = {142, 114, 183};
constexpr TreeNode kSubblockModeTree[] = {{~kBDcPred, 1}, {~kBTmPred, 2}, {~kBVePred, 3},
                                          {4, 6},         {~kBHePred, 5}, {~kBRdPred, ~kBVrPred},
                                          {~kBLdPred, 7}, {~kBVlPred, 8}, {~kBHdPred, ~kBHuPred}};
constexpr TreeNode kSegmentTree[] = {{1, 2}, {~0, ~1}, {~2, ~3}};
constexpr auto kLumaModePaths = paths_of<5>(kLumaModeTree);
constexpr auto kChromaModePaths = paths_of<4>(kChromaModeTree);
constexpr auto kSubblockModePaths = paths_of<10>(kSubblockModeTree);
constexpr auto kSegmentPaths = paths_of<4>(kSegmentTree);

// Tokens (section 13.2): levels up to 4, six categories of larger ones, which extra bits with probabilities of their
// own tell apart, and the end of the block.
constexpr int kCategories = 6, kFirstCategory = 5, kEndOfBlock = 11, kTokens = 12;
constexpr TreeNode kTokenTree[] = {{~kEndOfBlock, 1}, {~0, 2}, {~1, 3},  {4, 6},   {~2, 5}, {~3, ~4}, {7, 8},
                                   {~5, ~6},          {9, 10}, {~7, ~8}, {~9, ~10}};
constexpr auto kTokenPaths = paths_of<kTokens>(kTokenTree);
constexpr int kCategoryBase[kCategories] = {5, 7, 11, 19, 35, 67};
constexpr int kExtraBits[kCategories] = {1, 2, 3, 4, 5, 11};
constexpr uint8_t kExtraProbabilities[kCategories][11] = {{159},
                                                          {165, 145},
                                                          {173, 148, 140},
                                                          {176, 155, 140, 135},
                                                          {180, 157, 141, 134, 130},
                                                          {254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129}};
constexpr int kMaxLevel = 2047;  // 67 + 2^11 - 1 could be coded; more than this isn't needed

constexpr int token_of(int magnitude) {
  if (magnitude < kFirstCategory) return magnitude;
  int category = 0;
  while (category + 1 < kCategories && magnitude >= kCategoryBase[category + 1]) ++category;
  return kFirstCategory + category;
}

}  // namespace accelir::vp8
