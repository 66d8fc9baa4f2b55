#include "api/eyeson/webhook_view.hpp"

#include "api/eyeson/test_dialect.hpp"
#include "net/signature.hpp"
#include "room/evolve.hpp"

namespace plenum::api::eyeson::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using namespace std::chrono_literals;

const base::WallTime kBegin{1'760'000'000'417'000us};

// A meeting as a list of events, told to the owner one by one.
struct Webhooks : ::testing::Test {
  Api api;
  WebhookView view{api.dialect};
  room::State room;
  base::WallTime now = kBegin;
  base::MemberId mike = base::MemberId::parse("68e778003f1c2a0012ab45c2").value();
  base::RecordingId recording = base::RecordingId::parse("68e77850a91e4d0031c0ff01").value();
  base::SnapshotId snapshot = base::SnapshotId::parse("68e7788ca91e4d0031c0ff07").value();

  std::vector<store::OutboxEvent> tell(const room::Event& event) {
    room::evolve(room, event);
    return view.render(event, room, now);
  }
  std::string body(const room::Event& event, const std::string& type) {
    const auto told = tell(event);
    EXPECT_THAT(told, SizeIs(1));
    if (told.empty()) return {};
    EXPECT_EQ(told[0].type, type);
    EXPECT_EQ(Contract::get().check_webhook(parsed(told[0].body)), "") << told[0].body;
    return told[0].body;
  }
  Links links() const { return {api.dialect, "https://api.example.org", now}; }
  std::string opened() {
    room::RoomOpened event;
    event.room = base::RoomId::parse("68e778003f1c2a0012ab45c0").value();
    event.external_id = "daily";
    event.name = "Daily sync";
    event.guest_token = "Gq2mTn7Rk4Wz9Xc1Vb5Ls8Pd";
    event.at = kBegin;
    return body(event, "room_update");
  }
  void registered() {
    room::MemberRegistered event;
    event.member = mike;
    event.external_id = "mike@acme.example";
    event.name = "Mike";
    event.access_token = "Qm7Rk2Wz9Xc4Vb1Ls8PdTn5G";
    event.at = kBegin + 2'187ms;
    EXPECT_THAT(tell(event), IsEmpty());
  }
};

TEST_F(Webhooks, the_signature_is_the_one_of_the_contract) {
  const std::string body =
      R"({"timestamp":1760000000,"type":"room_update","room":{"id":"demo","name":"Acme","ready":true,"started_at":"2025-10-09T08:53:20.000Z","shutdown":false,"guest_token":"Gq2mTn7Rk4Wz9Xc1Vb5Ls8Pd"}})";
  ASSERT_EQ(body.size(), 191U);
  store::Delivery delivery;
  delivery.id = base::DeliveryId::parse("68e77a9fc2d1b70044aa9344").value();
  const auto headers =
      view.headers(body, base::Secret("test-api-key-0001"), delivery, base::WallTime(1'760'000'005s));
  ASSERT_THAT(headers, SizeIs(3));
  EXPECT_EQ(headers[0],
            std::pair(std::string("X-Eyeson-Signature"),
                      std::string("3c58278f9409bb1c11d84b4b38a55f36c57625618d47a5ab3fba055cc8fd07ca")));
  EXPECT_EQ(headers[1], std::pair(std::string("X-Plenum-Delivery"), std::string("68e77a9fc2d1b70044aa9344")));
  EXPECT_EQ(headers[2].first, "X-Plenum-Signature");
  EXPECT_EQ(headers[2].second,
            "t=1760000005,v1=" + net::hmac_sha256_hex(base::Secret("test-api-key-0001"),
                                                      "68e77a9fc2d1b70044aa9344.1760000005." + body));
  for (const auto& [name, value] : headers)
    EXPECT_THAT(value, Not(HasSubstr("test-api-key"))) << name;
}

TEST_F(Webhooks, room_update_when_it_is_ready_and_when_it_is_over) {
  EXPECT_EQ(
      opened(),
      R"({"timestamp":1760000000,"type":"room_update","room":{"id":"daily","name":"Daily sync","ready":true,"started_at":"2025-10-09T08:53:20.417Z","shutdown":false,"guest_token":"Gq2mTn7Rk4Wz9Xc1Vb5Ls8Pd"}})");
  now = kBegin + 1h;
  EXPECT_EQ(
      body(room::RoomEnded{room::EndReason::requested, now}, "room_update"),
      R"({"timestamp":1760003600,"type":"room_update","room":{"id":"daily","name":"Daily sync","ready":false,"started_at":null,"shutdown":true}})");
}

TEST_F(Webhooks, participant_update_at_join_and_leave) {
  opened(), registered();
  room::MemberJoined joined;
  joined.member = mike;
  joined.at = now;
  const std::string about =
      R"({"timestamp":1760000000,"type":"participant_update","participant":{"id":"mike@acme.example","room_id":"daily","name":"Mike","avatar":null,"guest":false,"online":)";
  EXPECT_EQ(body(joined, "participant_update"), about + "true}}");
  room::MemberLeft left;
  left.member = mike;
  left.at = now;
  EXPECT_EQ(body(left, "participant_update"), about + "false}}");
}

TEST_F(Webhooks, recording_update_only_when_the_file_is_there) {
  opened(), registered();
  room::Recording started;
  started.id = recording;
  started.by = mike;
  started.started_at = kBegin + 80s;
  EXPECT_THAT(tell(room::RecordingStarted{started}), IsEmpty());
  EXPECT_THAT(tell(room::RecordingStopped{recording, now, 56}), IsEmpty());
  EXPECT_EQ(
      body(room::RecordingReady{recording, 56, "68e77850a91e4d0031c0ff01.webm", 1000}, "recording_update"),
      R"({"timestamp":1760000000,"type":"recording_update","recording":{"id":"68e77850a91e4d0031c0ff01","created_at":1760000080,"duration":56,"links":{"self":"https://api.example.org/recordings/68e77850a91e4d0031c0ff01","download":)" +
          base::write_json(links().recording_file(room.id, recording.bits, "x")) +
          R"(},"user":{"id":"mike@acme.example","name":"Mike","avatar":null,"guest":false,"joined_at":"2025-10-09T08:53:22.604Z"},"room":{"id":"daily","name":"Daily sync","ready":true,"started_at":"2025-10-09T08:53:20.417Z","shutdown":false,"guest_token":"Gq2mTn7Rk4Wz9Xc1Vb5Ls8Pd"}}})");
}

TEST_F(Webhooks, snapshot_update_has_one_snapshot) {
  opened(), registered();
  now = kBegin + 140s - 305ms;
  EXPECT_THAT(tell(room::SnapshotWanted{snapshot, mike, now}), IsEmpty());
  EXPECT_EQ(
      body(room::SnapshotTaken{snapshot, "1760000140.jpg", 10}, "snapshot_update"),
      R"({"timestamp":1760000140,"type":"snapshot_update","snapshot":{"id":"68e7788ca91e4d0031c0ff07","name":"1760000140","links":{"download":)" +
          base::write_json(links().snapshot_file(room.id, kBegin + 140s, "x")) +
          R"(},"creator":{"id":"mike@acme.example","name":"Mike","avatar":null,"guest":false,"joined_at":"2025-10-09T08:53:22.604Z"},"created_at":"2025-10-09T08:55:40.112Z","room":{"id":"daily","name":"Daily sync","ready":true,"started_at":"2025-10-09T08:53:20.417Z","shutdown":false,"guest_token":"Gq2mTn7Rk4Wz9Xc1Vb5Ls8Pd"}}})");
}

// Receivers that parse and write the body again must find the same bytes: no escape that is not needed.
TEST_F(Webhooks, bodies_are_compact_json) {
  room::RoomOpened event;
  event.external_id = "a/b&c\x1f";
  event.name = "Grüße \"heute\" \\ \n\t";
  event.guest_token = "x";
  event.at = kBegin;
  EXPECT_THAT(body(event, "room_update"),
              HasSubstr(R"("id":"a/b&c\u001f","name":"Grüße \"heute\" \\ \n\t",)"));
}

TEST_F(Webhooks, nothing_else_is_told_and_no_secret_ever) {
  opened(), registered();
  room::Broadcast broadcast;
  broadcast.id = "b";
  broadcast.stream_url = "rtmp://stream.example/live/secret";
  for (const room::Event& event : std::vector<room::Event>{
           room::BroadcastStarted{broadcast}, room::RoomLocked{mike}, room::OptionsChanged{},
           room::LegConnected{mike, {}}, room::MessageSent{{{}, mike, "chat", "hello", now}},
           room::PlaybackStarted{}, room::LayoutChanged{}})
    EXPECT_THAT(tell(event), IsEmpty()) << room::name_of(event);
  const auto joined = body(room::MemberJoined{mike, {}, "web", true, now}, "participant_update");
  const auto ended = body(room::RoomEnded{room::EndReason::requested, now}, "room_update");
  for (const auto& text : {joined, ended}) {
    EXPECT_THAT(text, Not(HasSubstr("Qm7Rk2Wz9Xc4Vb1Ls8PdTn5G")));
    EXPECT_THAT(text, Not(HasSubstr(api.key)));
  }
}

} // namespace
} // namespace plenum::api::eyeson::testing
