// RawClient: a client that is a bare Transport: its RTP and RTCP are authentic, and can say anything at all.
// So the bytes that reach the parsers behind SRTP are tested. Owner: the test. Thread: the test's.
#pragma once

#include "rtp/rtcp_build.hpp"
#include "sim/test_call.hpp"

namespace plenum::sim {

struct RawClient final : Receiver, peer::TransportSink {
  explicit RawClient(Call& world)
      : call(world), credentials(ice::make_credentials(call.random)),
        transport(call.env, *call.browser_kit.dtls, call.sctp, ice::Role::full, credentials, *this) {
    call.browser.party.hang_up();
    call.network.attach(call.browser.address, *this);
    std::string offer(offer_template());
    const auto lines =
        "a=ice-ufrag:" + credentials.ufrag + "\r\na=ice-pwd:" + std::string(credentials.password.reveal()) +
        "\r\na=fingerprint:" + call.browser_kit.certificate.fingerprint().text() + "\r\na=setup:actpass\r\n";
    offer.insert(offer.find("m=audio"), lines);
    EXPECT_TRUE(call.server.party.open(call.now(), offer, {}));
    auto& server = call.server.party.peer();
    transport.agent().add_local_address(call.now(), call.browser.address);
    transport.start(call.now());
    transport.set_remote(call.now(), {server.credentials(),
                                      {call.server_kit.certificate.fingerprint()},
                                      secure::DtlsRole::client,
                                      std::nullopt});
    transport.agent().add_remote_candidate(call.now(), ice::make_host_candidate(call.server.address, 8000));
    run(2s);
    EXPECT_TRUE(call.server.party.in_phase(Phase::connected));
    video_ssrc = server.negotiated().local.section("1")->ssrcs.front().ssrc;
  }

  void run(base::Duration time) {
    for (const auto end = call.now() + time; call.now() < end;) {
      call.run_for(5ms);
      if (transport.next_deadline() <= call.now()) transport.on_deadline(call.now());
    }
  }
  void send(base::Bytes bytes, bool control) {
    std::array<std::uint8_t, 2048> buffer{};
    if (bytes.size() > 1400) return;
    std::copy(bytes.begin(), bytes.end(), buffer.begin());
    if (control) {
      transport.send_rtcp(buffer, bytes.size());
    } else {
      transport.send_rtp(buffer, bytes.size());
    }
  }
  template <class Write>
  void send_rtcp(Write&& write) {
    std::array<std::uint8_t, 1200> buffer{};
    rtp::RtcpBuilder builder(buffer);
    write(builder);
    send(builder.bytes(), true);
    run(100ms);
  }

  void on_network(base::Timestamp now, const ice::PairKey& pair, base::Bytes datagram) override {
    auto packet = call.browser_kit.packets.get();
    std::copy(datagram.begin(), datagram.end(), packet->buffer().begin());
    packet->resize(datagram.size());
    if (transport.on_datagram(now, pair, *packet) == peer::Transport::Got::rtcp) {
      rtp::RtcpReader reader(packet->bytes());
      while (const auto message = reader.next())
        plis += std::holds_alternative<rtp::PictureLoss>(*message);
    }
  }
  void transmit(const ice::PairKey& pair, base::Bytes datagram) override {
    call.network.send(call.now(), pair, datagram);
  }
  void on_pair_closed(const ice::PairKey&) override {}
  void on_transport_phase(Phase, std::string_view) override {}
  void on_data_open() override {}
  void on_data_text(std::string_view) override {}

  Call& call;
  ice::Credentials credentials;
  peer::Transport transport;
  std::uint32_t video_ssrc = 0;
  int plis = 0;
};

} // namespace plenum::sim
