// Pictures with known content for the tests of video/, made without the code under test. Thread: one.
#pragma once

#include "base/env.hpp"
#include "video/frame_pool.hpp"

#include <cmath>
#include <cstdint>
#include <ostream>

namespace plenum::video {

inline void PrintTo(const Yuv& c, std::ostream* out) {
  *out << "yuv(" << int{c.y} << ", " << int{c.u} << ", " << int{c.v} << ")";
}
inline void PrintTo(const Rect& r, std::ostream* out) {
  *out << r.width << "x" << r.height << "+" << r.x << "+" << r.y;
}

namespace testing_pictures {

constexpr Yuv kRed{82, 90, 240}, kGreen{145, 54, 34}, kBlue{41, 240, 110}, kGrey{120, 128, 128};

inline Yuv at(const I420View& v, int x, int y) {
  const int c = (y / 2) * v.stride_u + x / 2, d = (y / 2) * v.stride_v + x / 2;
  return {v.y[y * v.stride_y + x], v.u[c], v.v[d]};
}
inline Yuv at(const FrameRef& f, int x, int y) {
  return at(f->view(), x, y);
}

inline void set(const MutableI420View& v, int x, int y, Yuv c) {
  v.y[y * v.stride_y + x] = c.y;
  v.u[(y / 2) * v.stride_u + x / 2] = c.u;
  v.v[(y / 2) * v.stride_v + x / 2] = c.v;
}

inline FrameRef plain(FramePool& pool, int width, int height, Yuv colour) {
  FrameRef frame = pool.get(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      set(frame->pixels(), x, y, colour);
  return frame;
}

// A moving pattern with detail: gradients, a drifting square, fixed noise; `grain` adds noise that costs
// bits.
inline FrameRef moving(FramePool& pool, int width, int height, int time, unsigned grain = 0) {
  FrameRef frame = pool.get(width, height);
  std::uint32_t noise = 12345 + (grain > 0 ? static_cast<std::uint32_t>(time) * 7919u : 0u);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      noise = noise * 1664525u + 1013904223u;
      const bool square =
          std::abs(x - (time * 7) % width) < width / 8 && std::abs(y - height / 2) < height / 6;
      const int luma = square ? 210
                              : 40 + (x + 2 * time) * 120 / width + y * 40 / height + int(noise >> 29) +
                                    int((noise >> 16) % (grain + 1));
      set(frame->pixels(), x, y,
          {static_cast<std::uint8_t>(std::min(luma, 235)), static_cast<std::uint8_t>(100 + x * 60 / width),
           static_cast<std::uint8_t>(square ? 170 : 110 + y * 30 / height)});
    }
  }
  return frame;
}

// Luma PSNR in dB.
inline double psnr(const I420View& a, const I420View& b) {
  double sum = 0;
  for (int y = 0; y < a.height; ++y)
    for (int x = 0; x < a.width; ++x) {
      const double d = a.y[y * a.stride_y + x] - b.y[y * b.stride_y + x];
      sum += d * d;
    }
  const double mean = sum / (double{1} * a.width * a.height);
  return mean == 0 ? 99 : 10 * std::log10(255.0 * 255.0 / mean);
}

inline bool near(Yuv a, Yuv b, int tolerance = 2) {
  return std::abs(a.y - b.y) <= tolerance && std::abs(a.u - b.u) <= tolerance &&
         std::abs(a.v - b.v) <= tolerance;
}

} // namespace testing_pictures
} // namespace plenum::video
