#include "jpeg/geometry.h"

#include <stdexcept>

namespace accelir::jpeg {
namespace {

int ceil_div(int a, int b) { return (a + b - 1) / b; }

ComponentGeometry make_component(const Geometry& g, int h, int v, int h_max, int v_max) {
  ComponentGeometry c;
  c.h = h;
  c.v = v;
  c.blocks_x = ceil_div(ceil_div(g.width * h, h_max), 8);
  c.blocks_y = ceil_div(ceil_div(g.height * v, v_max), 8);
  c.padded_x = g.mcus_x * h;
  c.padded_y = g.mcus_y * v;
  c.cell_x = kCell / 8 * h / h_max;
  c.cell_y = kCell / 8 * v / v_max;
  return c;
}

}  // namespace

Geometry make_geometry(int width, int height, const std::string& subsampling) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide)
    throw std::invalid_argument("a JPEG picture is 1 to 65535 pixels wide and high, not " + std::to_string(width) +
                                " x " + std::to_string(height));
  const bool gray = subsampling == "gray";
  const bool known = gray || subsampling == "4:4:4" || subsampling == "4:2:2" || subsampling == "4:2:0";
  if (!known)
    throw std::invalid_argument("subsampling must be '4:4:4', '4:2:2', '4:2:0' or 'gray', not '" + subsampling + "'");
  const int h = subsampling == "4:2:0" || subsampling == "4:2:2" ? 2 : 1;
  const int v = subsampling == "4:2:0" ? 2 : 1;
  Geometry g;
  g.width = width;
  g.height = height;
  g.mcus_x = ceil_div(width, 8 * h);
  g.mcus_y = ceil_div(height, 8 * v);
  g.cells_x = ceil_div(width, kCell);
  g.cells_y = ceil_div(height, kCell);
  g.components.push_back(make_component(g, h, v, h, v));
  if (!gray)
    for (int i = 0; i < 2; ++i) g.components.push_back(make_component(g, 1, 1, h, v));
  return g;
}

std::string subsampling_name(const Geometry& g) {
  if (g.components.size() == 1) return "gray";
  if (g.components[0].h == 1) return "4:4:4";
  return g.components[0].v == 1 ? "4:2:2" : "4:2:0";
}

}  // namespace accelir::jpeg
