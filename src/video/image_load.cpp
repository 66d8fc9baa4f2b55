#include "video/image_load.hpp"

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include <jpeglib.h>
#include <png.h>
#include <webp/decode.h>

namespace plenum::video {
namespace {

using base::ErrorCode;
using base::fail;

// B, G, R, A rows without gaps.
struct Pixels {
  int width = 0, height = 0;
  std::vector<std::uint8_t> bgra;
};

base::Result<Pixels> sized(std::int64_t width, std::int64_t height, const ImageLimits& limits) {
  if (width <= 0 || height <= 0) return fail(ErrorCode::invalid, "the image has no size");
  if (width > limits.side || height > limits.side || width * height > limits.pixels) {
    return fail(ErrorCode::too_large, "the image has too many pixels");
  }
  Pixels pixels{static_cast<int>(width), static_cast<int>(height), {}};
  pixels.bgra.resize(static_cast<std::size_t>(width * height) * 4);
  return pixels;
}

base::Result<Pixels> load_png(base::Bytes file, const ImageLimits& limits) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, decltype(&png_image_free)> release(&header, png_image_free);
  if (png_image_begin_read_from_memory(&header, file.data(), file.size()) == 0) {
    return fail(ErrorCode::invalid, "the PNG file is damaged");
  }
  auto pixels = sized(header.width, header.height, limits);
  if (!pixels) return pixels;
  header.format = PNG_FORMAT_BGRA;
  if (png_image_finish_read(&header, nullptr, pixels->bgra.data(), 0, nullptr) == 0) {
    return fail(ErrorCode::invalid, "the PNG file is damaged");
  }
  return pixels;
}

base::Result<Pixels> load_webp(base::Bytes file, const ImageLimits& limits) {
  WebPBitstreamFeatures features{};
  if (WebPGetFeatures(file.data(), file.size(), &features) != VP8_STATUS_OK) {
    return fail(ErrorCode::invalid, "the WebP file is damaged");
  }
  if (features.has_animation != 0) return fail(ErrorCode::invalid, "animated WebP is not supported");
  auto pixels = sized(features.width, features.height, limits);
  if (!pixels) return pixels;
  if (WebPDecodeBGRAInto(file.data(), file.size(), pixels->bgra.data(), pixels->bgra.size(),
                         pixels->width * 4) == nullptr) {
    return fail(ErrorCode::invalid, "the WebP file is damaged");
  }
  return pixels;
}

// libjpeg reports errors by longjmp. Between setjmp and the jump only C frames and trivial objects may live,
// so the two steps below own nothing: the pixels belong to the caller.
class JpegFile {
 public:
  explicit JpegFile(base::Bytes file) : file_(file) {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) {
      longjmp(static_cast<JpegFile*>(info->client_data)->back_, 1);
    };
    errors_.output_message = [](j_common_ptr) {};
    // Damaged data only warns and is filled with grey: treated as an error here.
    errors_.emit_message = [](j_common_ptr info, int level) {
      if (level < 0) longjmp(static_cast<JpegFile*>(info->client_data)->back_, 1);
    };
  }
  ~JpegFile() { jpeg_destroy_decompress(&info_); }
  JpegFile(const JpegFile&) = delete;
  JpegFile& operator=(const JpegFile&) = delete;

  bool read_header() {
    if (setjmp(back_) != 0) return false;
    jpeg_create_decompress(&info_);
    info_.mem->max_memory_to_use = 64L << 20; // progressive files keep all coefficients
    jpeg_mem_src(&info_, file_.data(), file_.size());
    jpeg_read_header(&info_, TRUE);
    return info_.num_components == 1 || info_.num_components == 3;
  }
  bool read_pixels(std::uint8_t* to) {
    if (setjmp(back_) != 0) return false;
    info_.out_color_space = JCS_EXT_BGRA;
    info_.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = to + std::size_t{info_.output_scanline} * info_.output_width * 4;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    return true;
  }
  std::int64_t width() const { return info_.image_width; }
  std::int64_t height() const { return info_.image_height; }

 private:
  base::Bytes file_;
  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf back_{};
};

base::Result<Pixels> load_jpeg(base::Bytes file, const ImageLimits& limits) {
  JpegFile jpeg(file);
  if (!jpeg.read_header()) return fail(ErrorCode::invalid, "the JPEG file is damaged");
  auto pixels = sized(jpeg.width(), jpeg.height(), limits);
  if (!pixels) return pixels;
  if (!jpeg.read_pixels(pixels->bgra.data())) return fail(ErrorCode::invalid, "the JPEG file is damaged");
  return pixels;
}

bool starts_with(base::Bytes file, std::string_view magic, std::size_t at = 0) {
  return file.size() >= at + magic.size() && base::as_text(file.subspan(at, magic.size())) == magic;
}

base::Result<Pixels> load_pixels(base::Bytes file, const ImageLimits& limits) {
  if (starts_with(file, "\x89PNG\r\n\x1a\n")) return load_png(file, limits);
  if (starts_with(file, "\xff\xd8\xff")) return load_jpeg(file, limits);
  if (starts_with(file, "RIFF") && starts_with(file, "WEBP", 8)) return load_webp(file, limits);
  return fail(ErrorCode::invalid, "not a PNG, JPEG or WebP file");
}

} // namespace

base::Result<OverlayImage> load_image(base::Bytes file, ImageLimits limits) {
  if (file.size() > limits.bytes) return fail(ErrorCode::too_large, "the image file is too large");
  const auto pixels = load_pixels(file, limits);
  if (!pixels) return std::unexpected(pixels.error());
  return OverlayImage::from_bgra(pixels->bgra.data(), pixels->width * 4, pixels->width, pixels->height,
                                 false);
}

} // namespace plenum::video
