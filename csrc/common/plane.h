// A plane of float samples, rows one after the other.
#pragma once

#include <cstddef>
#include <vector>

namespace accelir {

struct Plane {
  int width = 0, height = 0;
  std::vector<float> samples;

  Plane() = default;
  Plane(int w, int h) : width(w), height(h), samples(static_cast<size_t>(w) * h) {}
  float* row(int y) { return samples.data() + static_cast<size_t>(y) * width; }
  const float* row(int y) const { return samples.data() + static_cast<size_t>(y) * width; }
};

}  // namespace accelir
