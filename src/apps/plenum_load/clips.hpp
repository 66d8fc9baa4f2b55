// Clips: pre-encoded pictures from IVF files, cut into RTP payloads once and shared by all cameras.
//
// A file is named codec-WIDTHxHEIGHT-KBPS-TAKE.ivf ("vp8-640x480-1000-0.ivf"); its first frame is a keyframe,
// its n-th frame shows n as a barcode. Who needs a keyframe starts the clip again. The library outlives every
// peer (their retransmission histories hold frames). Owner: the run. Thread: main. plenum-clips makes them.
#pragma once

#include "apps/plenum_load/options.hpp"
#include "base/result.hpp"
#include "rtp/packetized_frame.hpp"

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace plenum::load {

struct Clip {
  int width = 0, height = 0, kbps = 0, take = 0;
  std::vector<rtp::PacketizedFrameRef> frames;
};

class Clips {
 public:
  // `broken`: bits of every frame are damaged, as a bad member sends it.
  static base::Result<std::unique_ptr<Clips>> load(const std::filesystem::path& directory, VideoCodec codec,
                                                   bool broken = false);

  // The best picture that fits in `budget` (the smallest if none does); takes are dealt out by `seed`.
  const Clip& fitting(base::DataRate budget, std::size_t seed) const;
  const Clip& full(std::size_t seed) const; // 640 x 480 or the nearest to it
  const Clip& any(std::size_t index) const { return all_[index % all_.size()]; }

 private:
  base::Result<void> read(const std::filesystem::path& file, VideoCodec codec, bool broken);

  base::EncodedFramePool frames_;
  rtp::PacketizedFramePool packetized_;
  std::vector<Clip> all_; // by rate, then take
};

// The frames of an IVF file, or an error that names it.
base::Result<std::vector<std::vector<std::uint8_t>>> read_ivf(const std::filesystem::path& file);

} // namespace plenum::load
