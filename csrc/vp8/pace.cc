#include "vp8/pace.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace accelir::vp8 {
namespace {

constexpr double kTrust = 0.4;     // in what is expected, beside what rows took: as if so much had come out as said
constexpr double kOfRoom = 0.25;   // how much of what strengths can do rows that are coded again are asked for
constexpr double kCaution = 1.2;   // size may react more strongly than the slope says: rows follow one another
constexpr double kBoldness = 0.8;  // or less: when a rewind falls short, the next counts on so much less
constexpr double kLeastBytes = 1.0;

}  // namespace

Pace::Pace(const std::vector<double>& activities, double bytes, int stripes, double slope, double lowest)
    : stripe_(1.0 / stripes),
      slope_(kCaution * slope),
      lowest_(lowest),
      trusted_(kTrust * bytes),
      bytes_(activities),
      strengths_(activities.size(), 0.0) {
  const double scale = bytes / expected(0, rows());
  for (double& b : bytes_) b *= scale;
}

double Pace::expected(int first, int end) const {
  double sum = 0.0;
  for (int row = first; row < end; ++row) sum += bytes_[row] * std::exp(-slope_ * strengths_[row]);
  return sum;
}

int Pace::end_of_stripe(int row) const {
  double left = stripe_ * expected(0, rows());
  for (; row < rows() && left > 0.0; ++row) left -= expected(row, row + 1);
  return row;
}

double Pace::strength(int row, double bytes) const {
  const double rate = (came_ + trusted_) / (told_ + trusted_);
  const int unknown = std::max(row, known_);
  const double usual = expected(row, unknown) + rate * expected(unknown, rows());
  return std::clamp(std::log(std::max(bytes, kLeastBytes) / usual) / slope_, lowest_, kReach);
}

void Pace::take(int first, int end, double strength, double bytes) {
  const double told = expected(first, end), came = bytes * std::exp(-slope_ * strength);
  if (first >= known_) {
    told_ += told;
    came_ += came;
    known_ = end;
  }
  for (int row = first; row < end; ++row) {
    bytes_[row] = expected(row, row + 1) * bytes / told;
    strengths_[row] = strength;
  }
}

std::optional<int> Pace::rewind(double bytes) {
  slope_ *= bytes * missing_ > 0.0 ? kBoldness : kCaution;
  missing_ = bytes;
  const double farthest = bytes > 0.0 ? lowest_ : kReach;
  double room = 0.0;
  int row = rows();
  while (row > 0 && kOfRoom * room < std::abs(bytes)) {
    --row;
    room += bytes_[row] * std::abs(std::expm1(slope_ * (farthest - strengths_[row])));
  }
  if (room < std::abs(bytes)) return std::nullopt;
  return row;
}

double Pace::mean_strength() const {
  return std::inner_product(bytes_.begin(), bytes_.end(), strengths_.begin(), 0.0) /
         std::accumulate(bytes_.begin(), bytes_.end(), 0.0);
}

}  // namespace accelir::vp8
