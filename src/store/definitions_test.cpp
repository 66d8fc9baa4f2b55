#include "store/test_store.hpp"

namespace plenum::store {
namespace {

using base::ErrorCode;
using namespace testing;
using namespace std::chrono_literals;

Definition definition(std::uint64_t n) {
  Definition made;
  made.id = {{30, n}};
  made.account = account_id();
  made.name = "Consultation " + std::to_string(n);
  made.options.lock_available = true;
  made.options.exit_url = "https://bye.example/";
  made.options.layout_map = {{{10, 20, 30, 40}, room::BoxFit::contain}};
  made.options.custom_fields["logo"] = "x";
  made.created_at = kNow + std::chrono::seconds(n);
  made.guest_token = "GUEST" + std::to_string(n);
  made.hosts = {{"drjones", "Dr. Jones", std::nullopt, "HOST" + std::to_string(n), kNow}};
  return made;
}

struct DefinitionsTest : StoreTest {
  base::Result<void> create(Definition made) {
    return wait<void>([&](auto done) { store->definitions().create(std::move(made), std::move(done)); });
  }
  base::Result<Definition> find(std::uint64_t n) {
    return wait<Definition>([&](auto done) { store->definitions().find({{30, n}}, std::move(done)); });
  }
  base::Result<FoundDefinition> by_token(std::string token) {
    return wait<FoundDefinition>(
        [&](auto done) { store->definitions().find_by_token(token, std::move(done)); });
  }
  base::Result<Host> add(std::uint64_t n, Host host) {
    return wait<Host>([&](auto done) { store->definitions().add_host({{30, n}}, host, std::move(done)); });
  }
  DefinitionPage list(DefinitionFilter filter, base::AccountId account = account_id()) {
    return wait<DefinitionPage>(
               [&](auto done) { store->definitions().list(account, filter, std::move(done)); })
        .value();
  }
  static std::vector<std::uint64_t> ids(const DefinitionPage& page) {
    std::vector<std::uint64_t> out;
    for (const auto& item : page.items)
      out.push_back(item.id.bits.random);
    return out;
  }
  using Ids = std::vector<std::uint64_t>;
};

TEST_F(DefinitionsTest, ComeBackAsTheyWere) {
  ASSERT_TRUE(create(definition(1)));
  EXPECT_EQ(create(definition(1)).error().code, ErrorCode::conflict);
  reopen();
  EXPECT_EQ(find(1).value(), definition(1));
  EXPECT_EQ(find(2).error().code, ErrorCode::not_found);
}

TEST_F(DefinitionsTest, TokensFindThem) {
  ASSERT_TRUE(create(definition(1)));
  ASSERT_TRUE(create(definition(2)));
  EXPECT_EQ(by_token("HOST2")->definition, definition(2));
  EXPECT_EQ(by_token("HOST2")->host, definition(2).hosts[0]);
  EXPECT_EQ(by_token("GUEST1")->definition, definition(1));
  EXPECT_FALSE(by_token("GUEST1")->host);
  EXPECT_EQ(by_token("").error().code, ErrorCode::not_found);
  EXPECT_EQ(by_token("nobody").error().code, ErrorCode::not_found);
}

TEST_F(DefinitionsTest, AnUpdateLeavesHostsAndTokens) {
  ASSERT_TRUE(create(definition(1)));
  auto changed = definition(1);
  changed.name = "Other";
  changed.options = {};
  changed.expires_at = kNow + 1h;
  changed.guest_token = "ignored";
  changed.hosts.clear();
  const auto update = [&](Definition to) {
    return wait<void>([&](auto done) { store->definitions().update(std::move(to), std::move(done)); });
  };
  ASSERT_TRUE(update(changed));
  changed.guest_token = "GUEST1";
  changed.hosts = definition(1).hosts;
  EXPECT_EQ(find(1).value(), changed);
  EXPECT_EQ(update(definition(2)).error().code, ErrorCode::not_found);
}

TEST_F(DefinitionsTest, HostsComeAndGo) {
  ASSERT_TRUE(create(definition(1)));
  const Host second{"ann", "Ann", "https://a.example/", "HOSTA", kNow + 1s};
  EXPECT_EQ(add(1, second).value(), second);
  EXPECT_EQ(add(2, second).error().code, ErrorCode::not_found);
  const Host again{"ann", "Anne", std::nullopt, "UNUSED", kNow + 2s};
  EXPECT_EQ(add(1, again).value(), (Host{"ann", "Anne", std::nullopt, "HOSTA", kNow + 1s}));
  EXPECT_EQ(by_token("UNUSED").error().code, ErrorCode::not_found);
  ASSERT_EQ(find(1)->hosts.size(), 2u);
  EXPECT_EQ(find(1)->hosts[0].external_id, "drjones");
  EXPECT_EQ(find(1)->hosts[1].name, "Anne");
  const auto remove = [&](std::string token) {
    return wait<void>(
        [&](auto done) { store->definitions().remove_host({{30, 1}}, token, std::move(done)); });
  };
  ASSERT_TRUE(remove("HOST1"));
  EXPECT_EQ(remove("HOST1").error().code, ErrorCode::not_found);
  EXPECT_EQ(remove("GUEST1").error().code, ErrorCode::not_found);
  EXPECT_EQ(by_token("HOST1").error().code, ErrorCode::not_found);
  EXPECT_TRUE(by_token("HOSTA"));
}

TEST_F(DefinitionsTest, ARemovedOneTakesItsTokensAlong) {
  ASSERT_TRUE(create(definition(1)));
  const auto remove = [&] {
    return wait<void>([&](auto done) { store->definitions().remove({{30, 1}}, std::move(done)); });
  };
  ASSERT_TRUE(remove());
  EXPECT_EQ(remove().error().code, ErrorCode::not_found);
  EXPECT_EQ(by_token("HOST1").error().code, ErrorCode::not_found);
  EXPECT_EQ(by_token("GUEST1").error().code, ErrorCode::not_found);
}

TEST_F(DefinitionsTest, ListsHavePagesAndKnowWhatHasExpired) {
  for (std::uint64_t n = 1; n <= 5; ++n) {
    auto made = definition(n);
    if (n == 2) made.expires_at = kNow;
    if (n == 4) made.expires_at = kNow + 1h;
    ASSERT_TRUE(create(std::move(made)));
  }
  const auto all = list({.page = 0, .limit = 2, .now = kNow});
  EXPECT_EQ(ids(all), (Ids{5, 4}));
  EXPECT_EQ(all.total, 5u);
  EXPECT_EQ(all.items[0].hosts.size(), 1u);
  EXPECT_EQ(ids(list({.page = 2, .limit = 2, .now = kNow})), (Ids{1}));
  EXPECT_EQ(ids(list({.expired = true, .now = kNow})), (Ids{2}));
  EXPECT_EQ(list({.expired = true, .now = kNow}).total, 1u);
  EXPECT_EQ(ids(list({.expired = false, .now = kNow})), (Ids{5, 4, 3, 1}));
  EXPECT_EQ(ids(list({.expired = true, .now = kNow + 2h})), (Ids{4, 2}));
  EXPECT_EQ(list({}, account_id(2)).total, 0u);
}

} // namespace
} // namespace plenum::store
