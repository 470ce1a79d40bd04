#include "metrics/ssimulacra2.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/simd.h"
#include "metrics/blur.h"
#include "metrics/maps.h"

namespace accelir::metrics {
namespace {

// By channel, scale, power and map. Smaller pictures have fewer scales and use the first of the weights.
constexpr std::array<double, 3 * kScales * kSums> kWeights = {0,
                                                              0.0007376606707406586,
                                                              0,
                                                              0,
                                                              0.0007793481682867309,
                                                              0,
                                                              0,
                                                              0.0004371155730107379,
                                                              0,
                                                              1.1041726426657346,
                                                              0.00066284834129271,
                                                              0.00015231632783718752,
                                                              0,
                                                              0.0016406437456599754,
                                                              0,
                                                              1.8422455520539298,
                                                              11.441172603757666,
                                                              0,
                                                              0.0007989109436015163,
                                                              0.000176816438078653,
                                                              0,
                                                              1.8787594979546387,
                                                              10.94906990605142,
                                                              0,
                                                              0.0007289346991508072,
                                                              0.9677937080626833,
                                                              0,
                                                              0.00014003424285435884,
                                                              0.9981766977854967,
                                                              0.00031949755934435053,
                                                              0.0004550992113792063,
                                                              0,
                                                              0,
                                                              0.0013648766163243398,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              7.466890328078848,
                                                              0,
                                                              17.445833984131262,
                                                              0.0006235601634041466,
                                                              0,
                                                              0,
                                                              6.683678146179332,
                                                              0.00037724407979611296,
                                                              1.027889937768264,
                                                              225.20515300849274,
                                                              0,
                                                              0,
                                                              19.213238186143016,
                                                              0.0011401524586618361,
                                                              0.001237755635509985,
                                                              176.39317598450694,
                                                              0,
                                                              0,
                                                              24.43300999870476,
                                                              0.28520802612117757,
                                                              0.0004485436923833408,
                                                              0,
                                                              0,
                                                              0,
                                                              34.77906344483772,
                                                              44.835625328877896,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0.0008680556573291698,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0.0005313191874358747,
                                                              0,
                                                              0.00016533814161379112,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0.0004179171803251336,
                                                              0.0017290828234722833,
                                                              0,
                                                              0.0020827005846636437,
                                                              0,
                                                              0,
                                                              8.826982764996862,
                                                              23.19243343998926,
                                                              0,
                                                              95.1080498811086,
                                                              0.9863978034400682,
                                                              0.9834382792465353,
                                                              0.0012286405048278493,
                                                              171.2667255897307,
                                                              0.9807858872435379,
                                                              0,
                                                              0,
                                                              0,
                                                              0.0005130064588990679,
                                                              0,
                                                              0.00010854057858411537};

double score_of(double sum) {
  const double x = 0.9562382616834844 * sum;
  const double error = 2.326765642916932 * x - 0.020884521182843837 * x * x + 6.248496625763138e-05 * x * x * x;
  return error > 0 ? 100 - 10 * std::pow(error, 0.6276336467831387) : 100;
}

ACCELIR_MULTIVERSION
void square(const float* __restrict value, std::ptrdiff_t n, float* __restrict out) {
  for (std::ptrdiff_t x = 0; x < n; ++x) out[x] = value[x] * value[x];
}

ACCELIR_MULTIVERSION
void square_difference(const float* __restrict a, const float* __restrict b, std::ptrdiff_t n, float* __restrict out) {
  for (std::ptrdiff_t x = 0; x < n; ++x) out[x] = (a[x] - b[x]) * (a[x] - b[x]);
}

ACCELIR_MULTIVERSION
void subtract_square(const float* __restrict value, std::ptrdiff_t n, float* __restrict out) {
  for (std::ptrdiff_t x = 0; x < n; ++x) out[x] -= value[x] * value[x];
}

// Calls push(y) for a plane's rows in order, and pull(y) as soon as all is there that row y of its blur depends on.
template <class Push, class Pull>
void stream(int height, const Push& push, const Pull& pull) {
  for (int y = 0; y < height + Blur::kRadius; ++y) {
    if (y < height) push(y);
    if (y >= Blur::kRadius) pull(y - Blur::kRadius);
  }
}

void analyse(const Plane& value, Plane& mean, Plane& variance) {
  const int width = value.width, height = value.height;
  mean = variance = Plane(width, height);
  Blur means(width, height), squares(width, height);
  std::vector<float> row(width);
  const auto push = [&](int y) {
    means.push(value.row(y));
    square(value.row(y), width, row.data());
    squares.push(row.data());
  };
  const auto pull = [&](int y) {
    means.pull(y, mean.row(y));
    squares.pull(y, variance.row(y));
    subtract_square(mean.row(y), width, variance.row(y));
  };
  stream(height, push, pull);
}

using CellSums = Grid<std::array<double, kSums>>;

// Adds columns to the cells of a row, and makes them 0.
void move_to_cells(ColumnSums& columns, int side, CellSums& cells, int row) {
  for (int i = 0; i < kSums; ++i) {
    for (size_t x = 0; x < columns[i].size(); ++x) cells.at(row, static_cast<int>(x) / side)[i] += columns[i][x];
    std::fill(columns[i].begin(), columns[i].end(), 0.0f);
  }
}

// Sums of the maps of one channel at one scale, by cells of side x side of its pixels.
CellSums compare(const Plane& value1, const Plane& mean1, const Plane& variance1, const Plane& value2, int side) {
  const int width = value1.width, height = value1.height;
  Blur means(width, height), squares(width, height), squares_apart(width, height);
  std::vector<float> row(width), mean(width), variance(width), square_apart(width);
  CellSums cells((height + side - 1) / side, (width + side - 1) / side);
  ColumnSums columns;
  columns.fill(std::vector<float>(width));
  const auto push = [&](int y) {
    means.push(value2.row(y));
    square(value2.row(y), width, row.data());
    squares.push(row.data());
    square_difference(value1.row(y), value2.row(y), width, row.data());
    squares_apart.push(row.data());
  };
  const auto pull = [&](int y) {
    means.pull(y, mean.data());
    squares.pull(y, variance.data());
    subtract_square(mean.data(), width, variance.data());
    squares_apart.pull(y, square_apart.data());
    add_maps({value1.row(y), mean1.row(y), variance1.row(y)},
             {value2.row(y), mean.data(), variance.data(), square_apart.data()}, columns);
    if ((y + 1) % side == 0 || y + 1 == height) move_to_cells(columns, side, cells, y / side);
  };
  stream(height, push, pull);
  return cells;
}

// Adds a share of the sums of a kind to cells. covered: how many of these a sum's are wide and high; the border may
// cut.
void share_out(const CellSums& sums, int kind, double share, int covered, Grid<double>& cells) {
  for (int y = 0; y < cells.rows; ++y) {
    const int high = std::min(covered, cells.rows - y / covered * covered);
    for (int x = 0; x < cells.columns; ++x) {
      const int wide = std::min(covered, cells.columns - x / covered * covered);
      cells.at(y, x) += share * sums.at(y / covered, x / covered)[kind] / (high * wide);
    }
  }
}

// What a map's mean or 4-norm adds to the weighted sum, from its weight, the sum over its pixels and their number.
double weighted(double weight, bool norm, double sum, double pixels) {
  return weight * (norm ? std::pow(sum / pixels, 0.25) : sum / pixels);
}

}  // namespace

Ssimulacra2::Ssimulacra2(const float* reference, int width, int height) : width_(width), height_(height) {
  Planes linear = planes_of(reference, width, height);
  for (int s = 0; s < kScales && std::min(linear[0].width, linear[0].height) >= kSmallest; ++s) {
    Scale& scale = scales_.emplace_back();
    scale.value = to_xyb(linear);
    for (int c = 0; c < 3; ++c) analyse(scale.value[c], scale.mean[c], scale.variance[c]);
    linear = halved(linear);
  }
}

// Visits the sums by cell of each channel at each scale, with their weights and their number of pixels.
template <class Visit>
void Ssimulacra2::visit_scales(const float* picture, int side, const Visit& visit) const {
  if (scales_.empty()) return;
  Planes linear = planes_of(picture, width_, height_);
  for (size_t s = 0; s < scales_.size(); ++s) {
    if (s) linear = halved(linear);
    const Planes value = to_xyb(linear);
    const Scale& scale = scales_[s];
    for (int c = 0; c < 3; ++c)
      visit(compare(scale.value[c], scale.mean[c], scale.variance[c], value[c], std::max(side >> s, 1)),
            &kWeights[(c * scales_.size() + s) * kSums], static_cast<double>(value[c].samples.size()), s);
  }
}

double Ssimulacra2::score(const float* picture) const {
  double sum = 0;
  visit_scales(picture, 1 << kScales, [&](const CellSums& cells, const double* weights, double pixels, size_t) {
    std::array<double, kSums> total{};
    for (const auto& cell : cells)
      for (int i = 0; i < kSums; ++i) total[i] += cell[i];
    for (int i = 0; i < kSums; ++i) sum += weighted(weights[i], i >= kMaps, total[i], pixels);
  });
  return score_of(sum);
}

Grid<double> Ssimulacra2::errors(const float* picture, int side) const {
  Grid<double> out((height_ + side - 1) / side, (width_ + side - 1) / side);
  visit_scales(picture, side, [&](const CellSums& cells, const double* weights, double pixels, size_t scale) {
    const int covered = std::max((1 << scale) / side, 1);
    for (int i = 0; i < kSums; ++i) {
      double total = 0;
      for (const auto& cell : cells) total += cell[i];
      if (total == 0) continue;
      const double share = weighted(weights[i], i >= kMaps, total, pixels) / total;
      share_out(cells, i, share, covered, out);
    }
  });
  return out;
}

}  // namespace accelir::metrics
