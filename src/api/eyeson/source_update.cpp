#include "api/eyeson/source_update.hpp"

#include "api/eyeson/sepp_messages.hpp"
#include "base/check.hpp"

#include <algorithm>
#include <unordered_map>

namespace plenum::api::eyeson {
namespace {

json::object rectangle(const room::Rect& rect) {
  return {{"x", rect.x}, {"y", rect.y}, {"w", rect.w}, {"h", rect.h}};
}

// Members first, then what is played; each has an index.
struct Sources {
  json::array ids;
  std::unordered_map<base::MemberId, std::int64_t> members;
  std::unordered_map<std::string_view, std::int64_t> playbacks;

  explicit Sources(const room::State& state) {
    for (const auto* member : state.present()) {
      members.emplace(member->id, static_cast<std::int64_t>(ids.size()));
      ids.emplace_back(member->id.hex());
    }
    for (const auto& playback : state.playbacks) {
      playbacks.emplace(playback.id, static_cast<std::int64_t>(ids.size()));
      ids.emplace_back(media_id(playback.id));
    }
  }
  std::int64_t of(base::MemberId member) const {
    const auto at = members.find(member);
    return at == members.end() ? -1 : at->second;
  }
  // A playback hides the member that it replaces.
  std::int64_t of(const room::Tile& tile) const {
    const auto at = playbacks.find(tile.playback);
    return at == playbacks.end() ? of(tile.member) : at->second;
  }
};

bool is_card(const room::Layer& layer) {
  return !layer.title.empty() || !layer.text.empty();
}

} // namespace

json::object source_update(const room::State& state) {
  const Sources sources(state);
  json::array asrc, vsrc, dims;
  for (const auto* member : state.present())
    asrc.emplace_back(sources.of(member->id));
  for (const auto& playback : state.playbacks)
    if (playback.audio) asrc.emplace_back(sources.playbacks.at(playback.id));
  for (const auto& tile : state.tiles) {
    vsrc.emplace_back(sources.of(tile));
    dims.push_back(rectangle(tile.rect));
  }
  json::object out{{"src", sources.ids},
                   {"asrc", std::move(asrc)},
                   {"vsrc", std::move(vsrc)},
                   {"dims", std::move(dims)},
                   {"l", 0},
                   {"bcast", !state.broadcasts.empty()},
                   {"tovl", std::ranges::any_of(state.layers, is_card)}};
  if (state.presenter && sources.of(state.presenter) >= 0) {
    out["psrc"] = sources.of(state.presenter);
    out["dsrc"] = sources.of(state.presenter);
  }
  for (const auto& layer : state.layers) // the browser tests for presence
    out[layer.z == room::kInFront ? "fg_img_id" : "bg_img_id"] = layer.id;
  return out;
}

template <class Render>
std::string SharedNews::write(std::string_view type, const Client& client, Newest& newest, Newest wanted,
                              Render&& render) {
  if (newest != wanted) {
    const auto text = base::write_json(render());
    newest = std::move(wanted);
    newest.members = text.substr(1, text.size() - 2);
    ++rendered_;
  }
  auto text = write_sepp(random_, type, client.conference, client.id, {{"call_id", client.call}});
  CHECK(text.ends_with("}}")); // `data` comes last
  text.resize(text.size() - 2);
  return text.append(",").append(newest.members).append("}}");
}

std::string SharedNews::source_update(const Client& client, const room::State& state) {
  return write("source_update", client, sources_, {state.id, state.revision, {}, {}, {}},
               [&] { return eyeson::source_update(state); });
}

std::string SharedNews::memberlist(const Client& client, const room::State& state,
                                   const std::vector<base::MemberId>& add,
                                   const std::vector<base::MemberId>& gone) {
  return write("memberlist", client, members_, {state.id, state.revision, add, gone, {}},
               [&] { return eyeson::memberlist(state, add, gone); });
}

} // namespace plenum::api::eyeson
