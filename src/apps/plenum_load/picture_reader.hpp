// PictureReader: decodes a received VP8 stream and reads the barcodes that its tiles show.
//
// libvpx, not FFmpeg: plenum-load stays free of GPL code (architecture 6). Only verifying members have one.
// Owner: Member. Thread: main.
#pragma once

#include "apps/plenum_load/barcode.hpp"
#include "base/bytes.hpp"

#include <memory>

struct vpx_codec_ctx;

namespace plenum::load {

class PictureReader {
 public:
  PictureReader();
  ~PictureReader();
  PictureReader(const PictureReader&) = delete;
  PictureReader& operator=(const PictureReader&) = delete;

  // False: the frame does not decode. The picture stays readable until the next call.
  bool decode(base::Bytes frame);
  std::optional<std::uint32_t> read(const PictureRect& tile) const;
  int width() const { return width_; }
  int height() const { return height_; }

 private:
  std::unique_ptr<vpx_codec_ctx> codec_;
  const std::uint8_t* luma_ = nullptr; // the decoder's
  int stride_ = 0, width_ = 0, height_ = 0;
};

} // namespace plenum::load
