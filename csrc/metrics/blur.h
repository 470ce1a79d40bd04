// Gaussian blur of a plane whose rows come one after the other.
#pragma once

#include <vector>

namespace accelir::metrics {

// Sigma 1.5, cut off at 5 samples. Left and right of the plane is 0; above and below, the plane is mirrored.
class Blur {
 public:
  static constexpr int kRadius = 5;

  // A plane of at least kRadius rows.
  Blur(int width, int height);

  // Takes the plane's next row.
  void push(const float* row);
  // Row y of the blurred plane. The last row pushed is y + kRadius, or the plane's last.
  void pull(int y, float* out) const;

 private:
  static constexpr int kRows = 2 * kRadius + 1;

  const float* kept(int y) const;

  int width_, height_, pushed_ = 0;
  std::vector<float> padded_;  // a row between zeros
  std::vector<float> ring_;    // the last kRows rows, blurred along the row
};

}  // namespace accelir::metrics
