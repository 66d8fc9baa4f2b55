#include "apps/plenum_load/picture_reader.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

namespace plenum::load {

PictureReader::PictureReader() : codec_(std::make_unique<vpx_codec_ctx>()) {
  const vpx_codec_dec_cfg_t one_thread{1, 0, 0};
  CHECK(vpx_codec_dec_init(codec_.get(), vpx_codec_vp8_dx(), &one_thread, 0) == VPX_CODEC_OK);
}

PictureReader::~PictureReader() {
  vpx_codec_destroy(codec_.get());
}

bool PictureReader::decode(base::Bytes frame) {
  luma_ = nullptr;
  if (vpx_codec_decode(codec_.get(), frame.data(), static_cast<unsigned>(frame.size()), nullptr, 0) !=
      VPX_CODEC_OK)
    return false;
  vpx_codec_iter_t at = nullptr;
  const auto* image = vpx_codec_get_frame(codec_.get(), &at);
  if (image == nullptr) return false;
  luma_ = image->planes[VPX_PLANE_Y];
  stride_ = image->stride[VPX_PLANE_Y];
  width_ = static_cast<int>(image->d_w);
  height_ = static_cast<int>(image->d_h);
  return true;
}

std::optional<std::uint32_t> PictureReader::read(const PictureRect& tile) const {
  if (luma_ == nullptr) return std::nullopt;
  return read_barcode(luma_, stride_, width_, height_, tile);
}

} // namespace plenum::load
