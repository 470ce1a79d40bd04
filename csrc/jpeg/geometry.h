// How a picture is cut into components, blocks and MCUs (ITU-T T.81, A.1 and A.2).
#pragma once

#include <string>
#include <vector>

namespace accelir::jpeg {

constexpr int kMaxSide = 65535;         // the format's (T.81, B.2.2), for what is read
constexpr int kMaxPictureSide = 65500;  // libjpeg's JPEG_MAX_DIMENSION: what is larger nothing opens
constexpr int kCell = 32;               // side in pixels of the cells that a mode map addresses

struct ComponentGeometry {
  int h, v;                // sampling factors
  int blocks_x, blocks_y;  // blocks that carry picture, all that a non-interleaved scan codes
  int padded_x, padded_y;  // blocks of whole MCUs, what an interleaved scan codes
  int cell_x, cell_y;      // blocks a cell is wide and high
};

struct Geometry {
  int width, height;
  int mcus_x, mcus_y;
  int cells_x, cells_y;
  std::vector<ComponentGeometry> components;  // Y or Y, Cb, Cr

  int chroma_x() const { return components.size() == 1 ? 1 : components[0].h; }
  int chroma_y() const { return components.size() == 1 ? 1 : components[0].v; }
};

// subsampling: "4:4:4", "4:2:2", "4:2:0" or "gray". Throws std::invalid_argument.
Geometry make_geometry(int width, int height, const std::string& subsampling);
std::string subsampling_name(const Geometry& geometry);

}  // namespace accelir::jpeg
