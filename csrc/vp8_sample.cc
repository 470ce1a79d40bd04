#include "vp8_sample.h"

#include <algorithm>

namespace accelir::vp8 {
namespace {

constexpr int kBand = 4;  // rows of macroblocks; a band's first row is predicted worse than the picture's

template <class T>
void copy_rows(const std::vector<T>& from, size_t row, int first, int rows, std::vector<T>& to) {
  if (from.empty()) return;
  to.insert(to.end(), from.begin() + static_cast<ptrdiff_t>(row * first),
            from.begin() + static_cast<ptrdiff_t>(row * (first + rows)));
}

}  // namespace

ThinnedPicture thin(const YuvPlanes& picture, const Demand& demand, int n) {
  ThinnedPicture out;
  YuvPlanes& p = out.picture;
  p.mb_x = picture.mb_x;
  for (int y = 0; y < picture.mb_y; y += kBand * n) {
    // In the middle of what it stands for.
    const int rows = std::min(kBand, picture.mb_y), first = std::min(y + kBand * (n - 1) / 2, picture.mb_y - rows);
    const size_t luma = static_cast<size_t>(picture.mb_x) * 256, chroma = static_cast<size_t>(picture.mb_x) * 64;
    copy_rows(picture.y, luma, first, rows, p.y);
    copy_rows(picture.u, chroma, first, rows, p.u);
    copy_rows(picture.v, chroma, first, rows, p.v);
    copy_rows(demand.octaves, picture.mb_x, first, rows, out.demand.octaves);
    copy_rows(demand.weights, picture.mb_x, first, rows, out.demand.weights);
    p.mb_y += rows;
  }
  p.width = picture.width;
  p.height = p.mb_y * 16;
  out.share = static_cast<double>(p.mb_y) / picture.mb_y;
  return out;
}

}  // namespace accelir::vp8
