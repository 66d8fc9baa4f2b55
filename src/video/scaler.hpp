// Scaler: one source's pictures to another size, bilinear, at any ratio, at nearly the price of a fixed one.
//
// libyuv has fast kernels for 1/2, 3/4 and 3/8 only; everything else (426×240 of a 640×360 crop) costs ten
// times as much per pixel, because columns are looked up one by one. Here the lookups of a row are made once
// per pair of sizes: for each eight columns one place to load 16 bytes from, a shuffle that pairs the two
// neighbours of each, and their weights in 1/64. A row is then blended from two source rows and filtered with
// three instructions per eight pixels (SSSE3; the same arithmetic in plain C++ elsewhere). Pictures more than
// twice too large are first halved by libyuv's box kernel, so that no source pixel is left out. Allocates
// when sizes change. Owner: engine's video source. Thread: one at a time (codec strand).
#pragma once

#include "video/frame.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace plenum::video {

class Scaler {
 public:
  // False: not for these sizes (below 2×2, or a strip that halving would use up).
  static bool takes(int width, int height, int to_width, int to_height);
  void scale(const I420View& from, const MutableI420View& to); // sizes that it takes

 private:
  static constexpr int kGroup = 8; // columns
  struct Columns {                 // of eight neighbouring output pixels
    alignas(16) std::array<std::uint8_t, 16> pairs{};
    alignas(16) std::array<std::int8_t, 16> weights{};
    int from = 0; // first source column
  };
  struct Plan { // of one plane's rows
    int source = 0, target = 0;
    std::vector<Columns> groups;
  };
  struct Plane {
    const std::uint8_t* from = nullptr;
    int from_stride = 0, from_width = 0, from_height = 0;
    std::uint8_t* to = nullptr;
    int to_stride = 0, to_width = 0, to_height = 0;
  };

  static void make(Plan& plan, int source, int target);
  void scale_row(const Plan& plan, const std::uint8_t* above, const std::uint8_t* below, int weight);
  void scale_plane(Plan& plan, const Plane& plane);
  I420View halve(const I420View& from, std::vector<std::uint8_t>& into);

  Plan luma_, chroma_;
  std::vector<std::uint8_t> row_; // blended, with what a load may read beyond its end; then filtered
  std::array<std::vector<std::uint8_t>, 2> halved_;
};

} // namespace plenum::video
