// A compound RTCP datagram: every message touched, every list inside the datagram, the walk ends.
#include "fuzz/input.hpp"
#include "rtp/rtcp_parse.hpp"
#include "rtp/twcc.hpp"

using namespace plenum;

namespace {

struct Reading {
  base::Bytes whole;
  std::uint64_t touched = 0;

  void blocks(const rtp::ReportBlocks& list) {
    for (std::size_t i = 0; i < list.size(); ++i)
      touched += list[i].jitter;
  }
  void operator()(const rtp::SenderReport& m) { blocks(m.blocks); }
  void operator()(const rtp::ReceiverReport& m) { blocks(m.blocks); }
  void operator()(const rtp::SourceDescription& m) {
    CHECK(m.count <= m.chunks.size());
    for (std::size_t i = 0; i < m.count; ++i)
      CHECK(fuzz::inside(m.chunks[i].cname, whole));
  }
  void operator()(const rtp::Goodbye& m) {
    for (std::size_t i = 0; i < m.ssrcs.size(); ++i)
      touched += m.ssrcs[i];
  }
  void operator()(const rtp::Nack& m) {
    std::size_t asked = 0;
    m.for_each([&](std::uint16_t) { ++asked; });
    CHECK(asked <= 17 * m.items.size() && m.items.size() * 4 <= whole.size());
  }
  void operator()(const rtp::PictureLoss&) {}
  void operator()(const rtp::FullIntra& m) {
    for (std::size_t i = 0; i < m.entries.size(); ++i)
      touched += m.entries[i].sequence;
  }
  void operator()(const rtp::Remb& m) {
    CHECK(m.bitrate.bps >= 0);
    for (std::size_t i = 0; i < m.ssrcs.size(); ++i)
      touched += m.ssrcs[i];
  }
  void operator()(const rtp::TransportFeedback& m) {
    auto feedback = rtp::TwccFeedback::parse(m.content);
    if (!feedback) return;
    std::uint32_t statuses = 0;
    while (feedback->next())
      ++statuses;
    CHECK(statuses == feedback->status_count());
  }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::Bytes bytes(data, size);
  rtp::RtcpReader reader(bytes);
  Reading reading{bytes};
  std::size_t messages = 0;
  while (const auto message = reader.next()) {
    std::visit(reading, *message);
    ++messages;
  }
  CHECK(messages + reader.malformed() + reader.skipped() <= size / 4 + 1);
  return 0;
}
