#include "bench/face.hpp"

#include "apps/plenum_load/barcode.hpp"

#include <algorithm>
#include <cmath>

namespace plenum::bench {
namespace {

constexpr double kFps = 25;
constexpr double kNoise = 2.2; // luma steps, standard deviation of a sensor indoors

std::uint32_t hash(std::uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  return x ^ x >> 16;
}

// −1 … 1, constant within a lattice cell, blended between cells.
double lattice(int x, int y, std::uint32_t seed) {
  return hash(static_cast<std::uint32_t>(x) * 7919U ^ static_cast<std::uint32_t>(y) * 104729U ^ seed) /
             2147483648.0 -
         1;
}
double texture(double x, double y, std::uint32_t seed) {
  const double fx = std::floor(x), fy = std::floor(y);
  const int ix = static_cast<int>(fx), iy = static_cast<int>(fy);
  const double u = x - fx, v = y - fy;
  const double top = lattice(ix, iy, seed) * (1 - u) + lattice(ix + 1, iy, seed) * u;
  const double low = lattice(ix, iy + 1, seed) * (1 - u) + lattice(ix + 1, iy + 1, seed) * u;
  return top * (1 - v) + low * v;
}

// Below 1: inside.
double ellipse(double x, double y, double cx, double cy, double rx, double ry) {
  const double u = (x - cx) / rx, v = (y - cy) / ry;
  return u * u + v * v;
}

struct Pose {
  double x, y;  // of the head, 0–1 of the width
  double mouth; // open
  bool eyes_closed;
};

Pose pose_at(std::uint32_t frame, std::uint32_t take) {
  const double t = frame / kFps, own = take * 0.7;
  return {0.5 + 0.035 * std::sin(1.1 * t + own) + 0.008 * std::sin(5.3 * t),
          0.40 + 0.015 * std::sin(1.7 * t + 2 * own) + 0.004 * std::sin(7.1 * t),
          0.012 + 0.012 * std::sin(11 * t + own) * std::sin(2.3 * t), (frame + 31 * take) % 95 < 4};
}

double room_luma(double x, double y, std::uint32_t take) {
  const double wall = 150 - 45 * y + 20 * x;
  const double shelf = y > 0.18 && y < 0.21 ? -50 : 0;
  const double books =
      y > 0.05 && y <= 0.18 && x < 0.35 ? 35 * lattice(static_cast<int>(x * 60), 0, take + 77) : 0;
  return wall + shelf + books + 6 * texture(x * 90, y * 90, take + 11);
}

double face_luma(double x, double y, const Pose& pose, std::uint32_t take) {
  const double u = x - pose.x, v = y - pose.y;
  double luma = 165 - 190 * std::abs(u) - 60 * v + 8 * texture(u * 160, v * 160, take + 5) +
                5 * texture(u * 40, v * 40, take + 6);
  for (const double side : {-1.0, 1.0}) {
    if (ellipse(u, v, side * 0.045, -0.035, 0.022, pose.eyes_closed ? 0.003 : 0.012) < 1) luma = 60;
    if (ellipse(u, v, side * 0.047, -0.065, 0.032, 0.006) < 1) luma = 75;
  }
  if (ellipse(u, v, 0, 0.02, 0.016, 0.035) < 1) luma += 14;
  if (ellipse(u, v, 0, 0.085, 0.042, 0.006 + pose.mouth) < 1)
    luma = 70 + 30 * texture(u * 200, v * 200, take);
  return luma;
}

double luma_at(double x, double y, const Pose& pose, std::uint32_t take) {
  if (ellipse(x, y, pose.x, pose.y + 0.005, 0.115, 0.155) < 1) return face_luma(x, y, pose, take);
  if (ellipse(x, y, pose.x, pose.y - 0.04, 0.135, 0.155) < 1) // hair
    return 55 + 25 * texture((x - pose.x) * 220, (y - pose.y) * 40, take + 3);
  if (ellipse(x, y, pose.x * 0.6 + 0.2, 0.86, 0.34, 0.30) < 1) // shoulders
    return 95 + 22 * texture((x - pose.x * 0.6) * 120, y * 120, take + 9);
  return room_luma(x, y, take);
}

std::uint8_t clamped(double value) {
  return static_cast<std::uint8_t>(std::clamp(value, 16.0, 235.0));
}

} // namespace

void draw_face(video::MutableI420View& onto, std::uint32_t frame, std::uint32_t take) {
  const auto pose = pose_at(frame, take);
  const double unit = onto.width;
  auto dice = hash(frame * 131U + take + 1);
  for (int y = 0; y < onto.height; ++y) {
    auto* row = onto.y + y * onto.stride_y;
    for (int x = 0; x < onto.width; ++x) {
      dice = dice * 1664525U + 1013904223U;
      // The sum of four bytes is nearly a bell curve.
      const auto sum = (dice & 255U) + (dice >> 8 & 255U) + (dice >> 16 & 255U) + (dice >> 24);
      const double noise = (static_cast<double>(sum) - 510) / 148 * kNoise;
      row[x] = clamped(luma_at(x / unit, y / unit, pose, take) + noise);
    }
  }
  for (int y = 0; y < onto.height / 2; ++y)
    for (int x = 0; x < onto.width / 2; ++x) {
      const double px = 2 * x / unit, py = 2 * y / unit;
      const bool skin = ellipse(px, py, pose.x, pose.y + 0.005, 0.115, 0.155) < 1;
      const bool cloth = !skin && ellipse(px, py, pose.x * 0.6 + 0.2, 0.86, 0.34, 0.30) < 1;
      onto.u[y * onto.stride_u + x] = static_cast<std::uint8_t>(skin    ? 112
                                                                : cloth ? 140 + 4 * (take % 5)
                                                                        : 126);
      onto.v[y * onto.stride_v + x] = static_cast<std::uint8_t>(skin ? 150 : cloth ? 118 : 130);
    }
  load::paint_barcode(onto.y, onto.stride_y, onto.width, frame);
}

} // namespace plenum::bench
