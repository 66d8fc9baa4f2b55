#include "video/scaler.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <cstring>
#include <libyuv.h>

#if defined(__x86_64__)
#include <tmmintrin.h>
#endif

namespace plenum::video {
namespace {

constexpr int kUnit = 64; // weights of two neighbours add up to this
constexpr std::size_t kLoad = 16;

// Where the centre of output pixel `index` lies in the source, in 1/64 px from the centre of its first.
int position(int index, int source, int target) {
  const auto centre = (std::int64_t{2} * index + 1) * source * (kUnit / 2) / target - kUnit / 2;
  return static_cast<int>(std::clamp<std::int64_t>(centre, 0, std::int64_t{source - 1} * kUnit));
}

void blend_plain(const std::uint8_t* a, const std::uint8_t* b, int weight_b, int width, std::uint8_t* to) {
  for (int x = 0; x < width; ++x)
    to[x] = static_cast<std::uint8_t>((a[x] * (kUnit - weight_b) + b[x] * weight_b + kUnit / 2) / kUnit);
}

template <class Groups>
void filter_plain(const Groups& groups, const std::uint8_t* row, std::uint8_t* to) {
  for (const auto& group : groups) {
    for (std::size_t i = 0; i < 8; ++i) {
      const int left = row[group.from + group.pairs[2 * i]], right = row[group.from + group.pairs[2 * i + 1]];
      *to++ = static_cast<std::uint8_t>(
          (left * group.weights[2 * i] + right * group.weights[2 * i + 1] + kUnit / 2) / kUnit);
    }
  }
}

#if defined(__x86_64__)
// The neighbours of sixteen pixels side by side, as the multiply-add of bytes wants them.
__attribute__((target("ssse3"))) void blend_ssse3(const std::uint8_t* a, const std::uint8_t* b, int weight_b,
                                                  int width, std::uint8_t* to) {
  const auto weights = _mm_set1_epi16(static_cast<short>(weight_b << 8 | (kUnit - weight_b)));
  const auto half = _mm_set1_epi16(kUnit / 2);
  int x = 0;
  for (; x + 16 <= width; x += 16) {
    const auto above = _mm_loadu_si128(reinterpret_cast<const __m128i*>(a + x));
    const auto below = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b + x));
    const auto low = _mm_maddubs_epi16(_mm_unpacklo_epi8(above, below), weights);
    const auto high = _mm_maddubs_epi16(_mm_unpackhi_epi8(above, below), weights);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + x),
                     _mm_packus_epi16(_mm_srli_epi16(_mm_add_epi16(low, half), 6),
                                      _mm_srli_epi16(_mm_add_epi16(high, half), 6)));
  }
  blend_plain(a + x, b + x, weight_b, width - x, to + x);
}

template <class Groups>
__attribute__((target("ssse3"))) void filter_ssse3(const Groups& groups, const std::uint8_t* row,
                                                   std::uint8_t* to) {
  const auto half = _mm_set1_epi16(kUnit / 2);
  for (const auto& group : groups) {
    const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + group.from));
    const auto pairs =
        _mm_shuffle_epi8(bytes, _mm_load_si128(reinterpret_cast<const __m128i*>(group.pairs.data())));
    const auto sums =
        _mm_maddubs_epi16(pairs, _mm_load_si128(reinterpret_cast<const __m128i*>(group.weights.data())));
    const auto pixels = _mm_srli_epi16(_mm_add_epi16(sums, half), 6);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(pixels, pixels));
    to += 8;
  }
}
#endif

} // namespace

void Scaler::make(Plan& plan, int source, int target) {
  plan.source = source;
  plan.target = target;
  plan.groups.assign(static_cast<std::size_t>((target + kGroup - 1) / kGroup), {});
  int index = 0;
  for (auto& group : plan.groups) {
    group.from = position(index, source, target) / kUnit;
    for (std::size_t i = 0; i < kGroup; ++i, ++index) {
      const int at = position(std::min(index, target - 1), source, target);
      const int left = at / kUnit - group.from, right = std::min(left + 1, source - 1 - group.from);
      CHECK(left >= 0 && right < static_cast<int>(kLoad)); // sources are at most twice as wide
      group.pairs[2 * i] = static_cast<std::uint8_t>(left);
      group.pairs[2 * i + 1] = static_cast<std::uint8_t>(right);
      group.weights[2 * i] = static_cast<std::int8_t>(kUnit - at % kUnit);
      group.weights[2 * i + 1] = static_cast<std::int8_t>(at % kUnit);
    }
  }
}

void Scaler::scale_row(const Plan& plan, const std::uint8_t* above, const std::uint8_t* below, int weight) {
  auto* filtered = row_.data() + plan.source + kLoad;
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("ssse3");
  if (fast) {
    blend_ssse3(above, below, weight, plan.source, row_.data());
    filter_ssse3(plan.groups, row_.data(), filtered);
    return;
  }
#endif
  blend_plain(above, below, weight, plan.source, row_.data());
  filter_plain(plan.groups, row_.data(), filtered);
}

void Scaler::scale_plane(Plan& plan, const Plane& plane) {
  if (plan.source != plane.from_width || plan.target != plane.to_width)
    make(plan, plane.from_width, plane.to_width);
  const auto blended = static_cast<std::size_t>(plane.from_width) + kLoad;
  const auto filtered = plan.groups.size() * kGroup;
  if (row_.size() < blended + filtered) row_.resize(blended + filtered);
  for (int y = 0; y < plane.to_height; ++y) {
    const int at = position(y, plane.from_height, plane.to_height);
    const auto* above = plane.from + std::ptrdiff_t{at / kUnit} * plane.from_stride;
    const auto* below = at / kUnit + 1 < plane.from_height ? above + plane.from_stride : above;
    scale_row(plan, above, below, at % kUnit);
    std::memcpy(plane.to + std::ptrdiff_t{y} * plane.to_stride, row_.data() + blended,
                static_cast<std::size_t>(plane.to_width));
  }
}

I420View Scaler::halve(const I420View& from, std::vector<std::uint8_t>& into) {
  const int width = from.width / 2, height = from.height / 2;
  const int chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
  const auto luma = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  const auto chroma = static_cast<std::size_t>(chroma_width) * static_cast<std::size_t>(chroma_height);
  if (into.size() < luma + 2 * chroma) into.resize(luma + 2 * chroma);
  auto *y = into.data(), *u = y + luma, *v = u + chroma;
  // The size is named exactly twice the target: libyuv's fast kernel takes no other.
  libyuv::I420Scale(from.y, from.stride_y, from.u, from.stride_u, from.v, from.stride_v, 2 * width,
                    2 * height, y, width, u, chroma_width, v, chroma_width, width, height,
                    libyuv::kFilterBox);
  return {y, u, v, width, chroma_width, chroma_width, width, height};
}

bool Scaler::takes(int width, int height, int to_width, int to_height) {
  if (to_width < 2 || to_height < 2) return false;
  for (; width > 2 * to_width || height > 2 * to_height; width /= 2, height /= 2)
    if (width < 4 || height < 4) return false;
  return width >= 2 && height >= 2;
}

void Scaler::scale(const I420View& from, const MutableI420View& to) {
  CHECK(takes(from.width, from.height, to.width, to.height));
  auto source = from;
  for (std::size_t round = 0; source.width > 2 * to.width || source.height > 2 * to.height; ++round)
    source = halve(source, halved_[round % 2]);
  const auto half = [](int size) { return (size + 1) / 2; };
  scale_plane(luma_, {source.y, source.stride_y, source.width, source.height, to.y, to.stride_y, to.width,
                      to.height});
  scale_plane(chroma_, {source.u, source.stride_u, half(source.width), half(source.height), to.u, to.stride_u,
                        half(to.width), half(to.height)});
  scale_plane(chroma_, {source.v, source.stride_v, half(source.width), half(source.height), to.v, to.stride_v,
                        half(to.width), half(to.height)});
}

} // namespace plenum::video
