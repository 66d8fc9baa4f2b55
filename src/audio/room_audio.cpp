#include "audio/room_audio.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace plenum::audio {
namespace {
constexpr std::uint64_t kLevelTicks = 10; // 200 ms

template <class Names>
auto lower(Names& names, SourceHandle handle) {
  return std::lower_bound(names.begin(), names.end(), handle,
                          [](const auto& named, SourceHandle wanted) { return named.handle < wanted; });
}
} // namespace

RoomAudio::RoomAudio(const RoomAudioOptions& options)
    : options_(options), slots_(options.max_sources),
      selection_(options.max_sources, options.decode_all_up_to, options.decode_loudest),
      speakers_(options.max_sources), plan_(options.contributors), outputs_(options.contributors),
      mix_index_(options.max_sources, kNoMix), shared_{.encoder = Encoder(options.encoder)},
      rtp_time_(options.first_rtp_time) {
  CHECK(options.encoder.channels == 1);
  used_slots_.reserve(options.max_sources);
  names_.reserve(options.max_sources);
  candidates_.reserve(options.max_sources);
  levels_.reserve(options.max_sources);
  receivers_.reserve(options.max_receivers);
  grouped_.reserve(options.max_receivers);
  private_.reserve(MixOutputs::kMost);
  for (std::size_t i = 0; i < 2 * options.contributors; ++i)
    private_.push_back({.encoder = Encoder(options.encoder)});
}
RoomAudio::~RoomAudio() = default;

// --- who is here ---

std::optional<std::size_t> RoomAudio::slot_of(SourceHandle source) const {
  const auto at = lower(names_, source);
  if (at == names_.end() || at->handle != source) return std::nullopt;
  return at->slot;
}

bool RoomAudio::add_source(SourceHandle source) {
  if (slot_of(source)) return false;
  const auto free = std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) { return !s.used; });
  if (free == slots_.end()) return false;
  const auto index = static_cast<std::size_t>(free - slots_.begin());
  if (!free->source) free->source = std::make_unique<AudioSource>();
  free->source->reset();
  free->source->gain().set_automatic(options_.automatic_gain);
  free->handle = source;
  free->used = true;
  free->leaving = false;
  free->own_receivers = static_cast<std::size_t>(std::count_if(
      receivers_.begin(), receivers_.end(), [&](const Receiver& r) { return r.own == source; }));
  names_.insert(lower(names_, source), {source, index});
  used_slots_.push_back(index);
  selection_.add(index);
  speakers_.add(index);
  return true;
}

void RoomAudio::remove_source(SourceHandle source) {
  const auto index = slot_of(source);
  if (!index) return;
  names_.erase(lower(names_, source));
  slots_[*index].leaving = true;
  speakers_.remove(*index);
  plan_.expel(*index);
}

void RoomAudio::set_volume(SourceHandle source, float linear) {
  if (const auto index = slot_of(source)) slots_[*index].source->gain().set_volume(linear);
}

bool RoomAudio::add_receiver(ReceiverHandle receiver, std::optional<SourceHandle> own) {
  const bool taken = std::any_of(receivers_.begin(), receivers_.end(),
                                 [&](const Receiver& r) { return r.handle == receiver; });
  if (taken || receivers_.size() == options_.max_receivers) return false;
  receivers_.push_back({.handle = receiver, .own = own});
  if (own)
    if (const auto index = slot_of(*own)) ++slots_[*index].own_receivers;
  regroup_ = true;
  return true;
}

void RoomAudio::remove_receiver(ReceiverHandle receiver) {
  const auto at = std::find_if(receivers_.begin(), receivers_.end(),
                               [&](const Receiver& r) { return r.handle == receiver; });
  if (at == receivers_.end()) return;
  const auto own = at->own;
  receivers_.erase(at);
  regroup_ = true;
  const auto index = own ? slot_of(*own) : std::nullopt;
  if (index && --slots_[*index].own_receivers == 0 && outputs_.release(*index)) ++stats_.switches;
}

void RoomAudio::set_encoding(int bitrate_kbps, int expected_loss_percent) {
  const auto apply = [&](Encoder& encoder) {
    encoder.set_bitrate(bitrate_kbps);
    encoder.set_expected_loss(expected_loss_percent);
  };
  apply(shared_.encoder);
  for (auto& output : private_)
    apply(output.encoder);
}

void RoomAudio::put(base::Timestamp now, SourceHandle source, const AudioPacket& packet) {
  const auto index = slot_of(source);
  if (!index) {
    ++stats_.unknown_source;
    return;
  }
  selection_.note_level(*index, packet.level);
  slots_[*index].source->put(now, packet);
}

// --- one tick ---

void RoomAudio::tick(base::Timestamp now, RoomAudioListener& listener) {
  ++stats_.ticks;
  play_sources(now);
  report_speech(listener);
  if (stats_.ticks % kLevelTicks == 0) report_levels(listener);
  mix_sources();
  if (regroup_) group_receivers();
  encode_shared(listener);
  for (std::size_t i = 0; i < private_.size(); ++i)
    if (outputs_.mixes()[i].used) encode_private(i, listener);
  last_limited_ = limited_;
  free_leavers();
  rtp_time_ += static_cast<std::uint32_t>(kFrameSamples);
}

void RoomAudio::play_sources(base::Timestamp now) {
  selection_.tick();
  candidates_.clear();
  stats_.decoding = 0;
  for (const auto index : used_slots_) {
    auto& slot = slots_[index];
    const bool decode = selection_.selected(index);
    const auto& frame = slot.source->tick(now, decode);
    stats_.decoding += decode ? 1 : 0;
    if (!slot.leaving && decode && frame.level_dbov >= options_.audible_dbov)
      candidates_.push_back({index, frame.level_dbov});
  }
}

void RoomAudio::report_speech(RoomAudioListener& listener) {
  for (const auto index : used_slots_) {
    auto& slot = slots_[index];
    if (slot.leaving) continue;
    const bool speech = slot.source->speech() && slot.source->gain().volume() > 0.0F;
    if (speakers_.update(index, slot.source->input_dbov(), speech))
      listener.on_talking(slot.handle, speakers_.talking(index));
  }
  if (!speakers_.decide()) return;
  const auto dominant = speakers_.dominant();
  listener.on_dominant_speaker(dominant ? std::optional(slots_[*dominant].handle) : std::nullopt);
}

void RoomAudio::report_levels(RoomAudioListener& listener) {
  levels_.clear();
  for (const auto index : used_slots_) {
    const auto& slot = slots_[index];
    if (slot.leaving) continue;
    levels_.push_back({.source = slot.handle,
                       .level = rfc6464_level(slot.source->input_dbov()),
                       .talking = speakers_.talking(index)});
  }
  if (!levels_.empty()) listener.on_levels(levels_);
}

void RoomAudio::mix_sources() {
  for (const auto index : used_slots_)
    mix_index_[index] = kNoMix;
  mixer_.begin();
  std::array<std::size_t, Mixer::kMost> heard{};
  std::size_t count = 0;
  const auto plan = plan_.update(candidates_);
  for (const auto& contribution : plan) {
    const auto& slot = slots_[contribution.slot];
    mix_index_[contribution.slot] = mixer_.add(slot.source->frame(), contribution.fade);
    if (slot.own_receivers > 0) heard[count++] = contribution.slot;
  }
  stats_.contributors = plan.size();
  mixer_.shared(mixed_);
  if (outputs_.update(std::span(heard).first(count))) {
    regroup_ = true;
    ++stats_.switches;
  }
  // Until now these receivers heard the shared mix: their limiter goes on where that one is.
  for (std::size_t i = 0; i < private_.size(); ++i) {
    if (!outputs_.mixes()[i].fresh) continue;
    private_[i].limiter = shared_.limiter;
    private_[i].running = false;
  }
  limited_ = mixed_;
  shared_.limiter.process(limited_);
}

void RoomAudio::group_receivers() {
  regroup_ = false;
  const auto group_of = [this](const Receiver& receiver) {
    const auto mixes = outputs_.mixes();
    for (std::size_t i = 0; receiver.own && i < mixes.size(); ++i)
      if (mixes[i].used && slots_[mixes[i].slot].handle == *receiver.own) return i;
    return kSharedGroup;
  };
  for (auto& receiver : receivers_) {
    const auto group = group_of(receiver);
    if (group == receiver.group) continue;
    receiver.group = group;
    (group == kSharedGroup ? shared_ : private_[group]).encoder.disable_prediction_once();
  }
  grouped_.clear();
  for (std::size_t group = 0; group <= kSharedGroup; ++group) {
    for (const auto& receiver : receivers_)
      if (receiver.group == group) grouped_.push_back(receiver.handle);
    group_end_[group] = grouped_.size();
  }
}

std::span<const ReceiverHandle> RoomAudio::receivers_of(std::size_t group) const {
  const auto begin = group == 0 ? 0 : group_end_[group - 1];
  return std::span(grouped_).subspan(begin, group_end_[group] - begin);
}

void RoomAudio::encode_shared(RoomAudioListener& listener) {
  if (receivers_of(kSharedGroup).empty()) {
    shared_.running = false;
    return;
  }
  ++stats_.shared_encodes;
  emit(shared_, limited_, kSharedGroup, listener);
}

void RoomAudio::encode_private(std::size_t mix, RoomAudioListener& listener) {
  auto& output = private_[mix];
  const auto index = mix_index_[outputs_.mixes()[mix].slot];
  if (index == kNoMix) {
    own_frame_ = mixed_;
  } else {
    mixer_.without(index, own_frame_);
  }
  output.limiter.process(own_frame_);
  if (receivers_of(mix).empty()) return;
  ++stats_.private_encodes;
  emit(output, own_frame_, mix, listener);
}

void RoomAudio::emit(Output& output, const AudioFrame& frame, std::size_t group,
                     RoomAudioListener& listener) {
  if (!output.running) {
    output.encoder.reset();
    output.encoder.encode(last_limited_, packet_);
    output.encoder.disable_prediction_once();
    output.running = true;
  }
  const auto size = output.encoder.encode(frame, packet_);
  listener.on_mix({.payload = std::span(packet_).first(size),
                   .rtp_time = rtp_time_,
                   .receivers = receivers_of(group),
                   .shared = group == kSharedGroup,
                   .level = rfc6464_level(frame.level_dbov)});
}

void RoomAudio::free_leavers() {
  const auto gone = std::remove_if(used_slots_.begin(), used_slots_.end(), [this](std::size_t index) {
    auto& slot = slots_[index];
    if (!slot.leaving) return false;
    selection_.remove(index);
    if (outputs_.release(index)) {
      regroup_ = true;
      ++stats_.switches;
    }
    mix_index_[index] = kNoMix;
    slot.used = false;
    return true;
  });
  used_slots_.erase(gone, used_slots_.end());
}

// --- questions ---

std::optional<PlayoutPosition> RoomAudio::position(SourceHandle source) const {
  const auto index = slot_of(source);
  if (!index) return std::nullopt;
  return slots_[*index].source->position();
}

std::optional<SourceStats> RoomAudio::source_stats(SourceHandle source) const {
  const auto index = slot_of(source);
  if (!index) return std::nullopt;
  return slots_[*index].source->stats();
}

RoomAudioStats RoomAudio::stats() const {
  auto stats = stats_;
  stats.sources = names_.size();
  stats.receivers = receivers_.size();
  for (const auto& mix : outputs_.mixes())
    stats.private_mixes += mix.used ? 1 : 0;
  return stats;
}

} // namespace plenum::audio
