#include "vp8/sample.h"

#include <algorithm>

namespace accelir::vp8 {
namespace {

constexpr int kBand = 4;  // rows of macroblocks; a band's first row is predicted worse than the picture's

template <class T>
void copy_rows(const std::vector<T>& from, size_t row, const Band& band, std::vector<T>& to) {
  if (from.empty()) return;
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

ThinnedPicture thin(const YuvPlanes& picture, const Demand& demand, int n) {
  const std::vector<Band> taken = bands(picture.mb_y, n);
  ThinnedPicture out;
  out.picture = thin(picture, taken);
  for (const Band& band : taken) {
    copy_rows(demand.octaves, picture.mb_x, band, out.demand.octaves);
    copy_rows(demand.weights, picture.mb_x, band, out.demand.weights);
  }
  out.share = static_cast<double>(out.picture.mb_y) / picture.mb_y;
  return out;
}

}  // namespace accelir::vp8
