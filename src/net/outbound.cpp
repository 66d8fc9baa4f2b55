#include "net/outbound.hpp"

#include "base/check.hpp"
#include "base/mailbox.hpp"

#include <atomic>
#include <curl/curl.h>
#include <sys/socket.h>
#include <thread>
#include <unordered_map>

namespace plenum::net {

namespace {

constexpr std::size_t kMostHeaderBytes = 32 * 1024;
constexpr std::size_t kNameThreads = 24; // one receiver's slow name servers hold up a few of them
constexpr long kConnectMs = 5000;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

void append(List& list, const std::string& line) {
  auto* longer = curl_slist_append(list.get(), line.c_str());
  CHECK(longer != nullptr);
  static_cast<void>(list.release());
  list.reset(longer);
}

CURLM* make_multi() {
  static const auto kReady = curl_global_init(CURL_GLOBAL_DEFAULT); // before threads use it
  CHECK(kReady == CURLE_OK);
  return curl_multi_init();
}

bool is_clean(std::string_view text) { // no second header inside a header
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

// "+host:port:1.2.3.4,[2001:db8::1]": what libcurl takes instead of asking for the name; + lets it age.
std::string pin(const Url& url, const std::vector<IpAddress>& addresses) {
  std::string line = "+" + url.host + ":" + std::to_string(url.port) + ":";
  for (const auto& address : addresses) {
    if (line.back() != ':') line += ',';
    line += address.v6 ? "[" + address.text() + "]" : address.text();
  }
  return line;
}

std::string_view word(base::ErrorCode code) {
  return code == base::ErrorCode::invalid   ? "refused"
         : code == base::ErrorCode::timeout ? "timeout"
                                            : "failed";
}

} // namespace

struct Outbound::Job {
  OutboundRequest request;
  Completion done;
  base::Timestamp deadline;
  std::vector<IpAddress> addresses;

  std::unique_ptr<CURL, FreeEasy> easy; // from here on the transfers' own
  List headers, pins;
  OutboundAnswer answer;
  std::size_t header_bytes = 0;
  std::size_t most_bytes = 0;
  const UrlGuard* guard = nullptr;
};

// The one thread of libcurl's multi handle. Jobs come in with their addresses.
class Outbound::Transfers {
 public:
  Transfers(const base::Env& env, base::Executor& executor, UrlGuard guard, OutboundOptions options,
            std::shared_ptr<bool> alive)
      : env_(env), executor_(executor), guard_(std::move(guard)), options_(std::move(options)),
        alive_(std::move(alive)), multi_(make_multi()), waiting_(options_.most, env.metrics, "outbound") {
    CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 64L);
    thread_ = std::thread([this] { run(); });
  }
  ~Transfers() {
    stop_.store(true);
    curl_multi_wakeup(multi_);
    thread_.join();
    for (auto& [easy, job] : running_)
      curl_multi_remove_handle(multi_, easy);
    running_.clear();
    curl_multi_cleanup(multi_);
  }

  const UrlGuard& guard() const { return guard_; }
  const OutboundOptions& options() const { return options_; }
  bool enter() { // a place among the most; finish gives it back
    if (inside_ >= options_.most) return false;
    ++inside_;
    return true;
  }
  base::Timestamp now() const { return env_.clock.now(); }

  void add(std::unique_ptr<Job> job) {
    waiting_.post(std::move(job));
  } // any thread; there is a place for each

  void refuse(std::unique_ptr<Job> job, const char* why) { // one that has no place
    ++inside_;
    finish(std::move(job), base::fail(base::ErrorCode::unavailable, why));
  }

  void finish(std::unique_ptr<Job> job, base::Result<OutboundAnswer> result) { // any thread
    --inside_;
    const auto how = result ? std::string_view("answered") : word(result.error().code);
    env_.metrics.counter("plenum_outbound_requests_total", "result=\"" + std::string(how) + "\"").add();
    executor_.post_from_any_thread(
        [alive = alive_, done = std::move(job->done), result = std::move(result)]() mutable {
          if (*alive) done(std::move(result));
        });
  }

 private:
  void run() {
    while (!stop_.load()) {
      start_waiting();
      int running = 0;
      curl_multi_perform(multi_, &running);
      collect();
      curl_waitfd more{waiting_.event_fd(), CURL_WAIT_POLLIN, 0};
      curl_multi_poll(multi_, &more, 1, 1000, nullptr);
    }
  }

  void start_waiting() {
    waiting_.drain([this](std::unique_ptr<Job>& job) {
      const auto left = job->deadline - now();
      if (left <= base::Duration{0})
        return finish(std::move(job), base::fail(base::ErrorCode::timeout, "no answer in time"));
      prepare(*job, std::max<long>(1, static_cast<long>(base::to_ms(left))));
      auto* easy = job->easy.get();
      curl_multi_add_handle(multi_, easy);
      running_[easy] = std::move(job);
    });
  }

  void prepare(Job& job, long left_ms) {
    job.easy.reset(curl_easy_init());
    CHECK(job.easy != nullptr);
    auto* easy = job.easy.get();
    job.guard = &guard_;
    job.most_bytes = options_.answer_bytes;
    for (const auto& [name, value] : job.request.headers)
      append(job.headers, std::string(name).append(": ").append(value));
    append(job.headers, "Expect:"); // no waiting for 100 Continue
    append(job.pins, pin(job.request.url, job.addresses));
    curl_easy_setopt(easy, CURLOPT_URL, to_text(job.request.url).c_str());
    curl_easy_setopt(easy, CURLOPT_RESOLVE, job.pins.get());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, job.request.url.scheme.c_str());
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); // whatever the environment says
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, job.request.method.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, job.headers.get());
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Plenum");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::min(left_ms, kConnectMs));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options_.authorities.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.authorities.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfers::take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &job);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfers::take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &job);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfers::open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &job);
    if (!job.request.body.empty() || job.request.method == "POST") {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, job.request.body.data());
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(job.request.body.size()));
    }
  }

  void collect() {
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const auto code = message->data.result;
      auto node = running_.extract(message->easy_handle);
      curl_multi_remove_handle(multi_, node.key());
      auto result = result_of(*node.mapped(), code);
      finish(std::move(node.mapped()), std::move(result));
    }
  }

  static base::Result<OutboundAnswer> result_of(Job& job, CURLcode code) {
    long status = 0;
    curl_easy_getinfo(job.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && job.answer.cut)) {
      job.answer.status = static_cast<int>(status);
      return std::move(job.answer);
    }
    const auto kind =
        code == CURLE_OPERATION_TIMEDOUT ? base::ErrorCode::timeout : base::ErrorCode::unavailable;
    return base::fail(kind,
                      kind == base::ErrorCode::timeout ? "no answer in time" : curl_easy_strerror(code));
  }

  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* into) {
    auto& job = *static_cast<Job*>(into);
    const auto bytes = size * count;
    const auto room = job.most_bytes - job.answer.body.size();
    job.answer.body.append(data, std::min(bytes, room));
    job.answer.cut = bytes > room;
    return job.answer.cut ? 0 : bytes; // 0 ends the transfer
  }

  static std::size_t take_header(char*, std::size_t size, std::size_t count, void* into) {
    auto& job = *static_cast<Job*>(into);
    job.header_bytes += size * count;
    return job.header_bytes > kMostHeaderBytes ? 0 : size * count;
  }

  // The last lock: whatever libcurl has made of name and pins, it connects nowhere else.
  static curl_socket_t open_socket(void* from, curlsocktype, curl_sockaddr* to) {
    const auto& job = *static_cast<const Job*>(from);
    const auto address = IpAddress::from(to->addr);
    if (!address || !job.guard->allows(*address)) return CURL_SOCKET_BAD;
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  }

  base::Env env_;
  base::Executor& executor_;
  UrlGuard guard_;
  OutboundOptions options_;
  std::shared_ptr<bool> alive_;
  CURLM* multi_;
  std::unordered_map<CURL*, std::unique_ptr<Job>> running_;
  base::Mailbox<std::unique_ptr<Job>> waiting_;
  std::atomic<std::size_t> inside_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// One name that is looked up, on a thread that may wait for it.
class Outbound::Lookup final : public base::Strand {
 public:
  Lookup(Transfers& transfers, std::unique_ptr<Job> job) : transfers_(transfers), job_(std::move(job)) {}

  void run() override {
    if (transfers_.now() >= job_->deadline)
      return transfers_.finish(std::move(job_),
                               base::fail(base::ErrorCode::timeout, "name not resolved in time"));
    auto addresses = transfers_.guard().resolve(job_->request.url);
    if (!addresses) return transfers_.finish(std::move(job_), std::unexpected(std::move(addresses.error())));
    job_->addresses = std::move(*addresses);
    transfers_.add(std::move(job_));
  }

 private:
  Transfers& transfers_;
  std::unique_ptr<Job> job_;
};

Outbound::Outbound(const base::Env& env, base::Executor& executor, UrlGuard guard, OutboundOptions options)
    : transfers_(std::make_unique<Transfers>(env, executor, std::move(guard), std::move(options), alive_)),
      names_(std::make_unique<base::StrandPool>(kNameThreads, transfers_->options().most, env.metrics,
                                                "names", "names")) {}

Outbound::~Outbound() {
  *alive_ = false;
  names_.reset();
  transfers_.reset();
}

void Outbound::send(OutboundRequest request, Completion done) {
  for (const auto& [name, value] : request.headers)
    CHECK(is_clean(name) && is_clean(value));
  auto job = std::make_unique<Job>();
  job->request = std::move(request);
  job->done = std::move(done);
  job->deadline = transfers_->now() + transfers_->options().deadline;
  if (!transfers_->enter()) return transfers_->refuse(std::move(job), "too many requests are under way");
  names_->request(std::make_shared<Lookup>(*transfers_, std::move(job)));
}

} // namespace plenum::net
