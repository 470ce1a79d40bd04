#include "vp8/bands.h"

#include <algorithm>

namespace accelir::vp8 {
namespace {

constexpr int kBand = 3;  // rows of macroblocks; a band's first row is predicted worse than the picture's

template <class T>
void copy_rows(const std::vector<T>& from, size_t row, const Band& band, std::vector<T>& to) {
  to.insert(to.end(), from.begin() + static_cast<ptrdiff_t>(row * band.first),
            from.begin() + static_cast<ptrdiff_t>(row * (band.first + band.rows)));
}

}  // namespace

std::vector<Band> bands(int mb_y, int n) {
  std::vector<Band> out;
  const int rows = std::min(kBand, mb_y);
  // In the middle of what each stands for.
  for (int y = 0; y < mb_y; y += kBand * n) out.push_back({std::min(y + kBand * (n - 1) / 2, mb_y - rows), rows});
  return out;
}

YuvPlanes thin(const YuvPlanes& picture, const std::vector<Band>& bands) {
  YuvPlanes out;
  out.mb_x = picture.mb_x;
  for (const Band& band : bands) {
    copy_rows(picture.y, static_cast<size_t>(picture.mb_x) * 256, band, out.y);
    copy_rows(picture.u, static_cast<size_t>(picture.mb_x) * 64, band, out.u);
    copy_rows(picture.v, static_cast<size_t>(picture.mb_x) * 64, band, out.v);
    out.mb_y += band.rows;
  }
  out.width = picture.width;
  out.height = out.mb_y * 16;
  return out;
}

Grid<float> thin(const Grid<float>& macroblocks, const std::vector<Band>& bands) {
  Grid<float> out;
  out.columns = macroblocks.columns;
  for (const Band& band : bands) {
    copy_rows(macroblocks.values, static_cast<size_t>(macroblocks.columns), band, out.values);
    out.rows += band.rows;
  }
  return out;
}

}  // namespace accelir::vp8
