#include "jpeg/coefficients.h"

#include <algorithm>
#include <functional>

#include "common/downsample.h"
#include "common/parallel.h"
#include "common/plane.h"
#include "jpeg/color.h"
#include "jpeg/dct.h"

namespace accelir::jpeg {
namespace {

struct Pixels {
  const uint8_t* data;
  int width, height, channels;
  const uint8_t* row(int y) const { return data + static_cast<size_t>(std::min(y, height - 1)) * width * channels; }
};

// fill(y, row) writes row y of a component, `width` samples; edges are replicated to whole blocks here.
void transform_component(const ComponentGeometry& c, int width, const std::function<void(int, float*)>& fill,
                         int threads, FreshVector<int16_t>& blocks) {
  blocks.resize(static_cast<size_t>(c.blocks_x) * c.blocks_y * 64);
  const int stride = c.blocks_x * 8;
  run_rows(threads, c.blocks_y, [&](int first, int last) {
    std::vector<float> strip(static_cast<size_t>(stride) * 8);
    for (int by = first; by < last; ++by) {
      for (int y = 0; y < 8; ++y) {
        float* row = strip.data() + static_cast<size_t>(y) * stride;
        fill(8 * by + y, row);
        std::fill(row + width, row + stride, row[width - 1]);
      }
      forward_dct_strip(strip.data(), stride, c.blocks_x, blocks.data() + static_cast<size_t>(by) * c.blocks_x * 64);
    }
  });
}

void transform_luma(const Pixels& pixels, int threads, Coefficients& out) {
  const auto fill = [&](int y, float* row) {
    (pixels.channels == 1 ? gray_row : luma_row)(pixels.row(y), pixels.width, row);
  };
  transform_component(out.geometry.components[0], pixels.width, fill, threads, out.blocks[0]);
}

void transform_full_chroma(const Pixels& pixels, int threads, Coefficients& out) {
  for (int i = 1; i < 3; ++i) {
    const auto fill = [&](int y, float* row) {
      std::vector<float> other(pixels.width);
      float* cb = i == 1 ? row : other.data();
      float* cr = i == 2 ? row : other.data();
      chroma_row(pixels.row(y), pixels.width, cb, cr);
    };
    transform_component(out.geometry.components[i], pixels.width, fill, threads, out.blocks[i]);
  }
}

// A decoder clamps samples to 8 bits before it upsamples, so overshoot of the least-squares filter would be lost.
float clamp_sample(float s) { return std::min(std::max(s, -128.0f), 127.0f); }

void transform_halved_chroma(const Pixels& pixels, const Halving& halving, int threads, Coefficients& out) {
  const int half = (pixels.width + 1) / 2;
  Plane planes[2] = {Plane(half, pixels.height), Plane(half, pixels.height)};
  run_rows(threads, pixels.height, [&](int first, int last) {
    std::vector<float> full[2] = {std::vector<float>(pixels.width), std::vector<float>(pixels.width)};
    std::vector<float> scratch(half + 64);
    for (int y = first; y < last; ++y) {
      chroma_row(pixels.row(y), pixels.width, full[0].data(), full[1].data());
      for (int i = 0; i < 2; ++i) halve_row(halving, full[i].data(), pixels.width, planes[i].row(y), scratch.data());
    }
  });
  for (int i = 0; i < 2; ++i) {
    Plane& plane = planes[i];
    if (out.geometry.chroma_y() == 2) halve_columns(halving, plane, threads);
    const auto fill = [&](int y, float* row) {
      const float* from = plane.row(std::min(y, plane.height - 1));
      std::transform(from, from + half, row, clamp_sample);
    };
    transform_component(out.geometry.components[i + 1], half, fill, threads, out.blocks[i + 1]);
    plane = Plane();
  }
}

}  // namespace

Coefficients analyse(const uint8_t* data, int width, int height, int channels, const std::string& subsampling,
                     double chroma_smoothing, int threads) {
  threads = useful_threads(threads, static_cast<double>(width) * height);
  const Pixels pixels{data, width, height, channels};
  Coefficients out;
  out.geometry = make_geometry(width, height, channels == 1 ? "gray" : subsampling);
  out.blocks.resize(out.geometry.components.size());
  transform_luma(pixels, threads, out);
  if (channels == 1) return out;
  if (out.geometry.chroma_x() == 1)
    transform_full_chroma(pixels, threads, out);
  else
    transform_halved_chroma(pixels, Halving(chroma_smoothing), threads, out);
  return out;
}

}  // namespace accelir::jpeg
