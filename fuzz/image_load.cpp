// PNG, JPEG and WebP files of strangers.
#include "video/image_load.hpp"
#include "fuzz/input.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr video::ImageLimits kLimits{.bytes = 1U << 20, .side = 512, .pixels = 65'536};
  const auto image = video::load_image({data, size}, kLimits);
  if (!image) return 0;
  CHECK(image->width() > 0 && image->width() <= kLimits.side + 1);
  CHECK(image->height() > 0 && image->height() <= kLimits.side + 1);
  CHECK(image->alpha()[image->width() * image->height() - 1] <= 255);
  return 0;
}
