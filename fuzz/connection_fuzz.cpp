// Feeds arbitrary bytes to a connection, with a broker and a disk in memory behind it.
//
// Two bytes choose how it begins and ends, the rest is what the client says. Each request gets its
// one reply, what was acknowledged is there after a restart, and nothing else is.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "broker/snapshot.hpp"
#include "requests.hpp"
#include "server/connection.hpp"
#include "server/testing.hpp"
#include "wire/polled_messages.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace {

using namespace iggy;
using namespace iggy::server;

constexpr std::size_t head_size = 2;

void require(bool holds) {
  if (!holds) std::abort();
}

enum class Ending : std::uint8_t { stop, kill, power_loss };

/// The first two bytes of an input.
struct Head {
  bool is_root;
  Ending ending;
  std::size_t split;  // the client pauses before this byte

  explicit Head(const std::uint8_t* data)
      : is_root(data[0] % 4 > 0), ending(Ending{std::uint8_t(data[0] / 4 % 3)}), split(data[1]) {}
};

/// What must be the same after a restart.
struct Kept {
  base::Bytes catalogue;
  // Of each partition with messages: incarnation, start, end, count, bytes, consumer offsets.
  std::vector<std::tuple<Incarnation, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t,
                         std::size_t>>
      partitions;
  bool operator==(const Kept&) const = default;
};

class Host {
 public:
  /// After a loss of power only what a sync promised has to be there.
  explicit Host(Ending ending) : ending_(ending) {
    settings_.log.enforce_fsync = ending == Ending::power_loss;
    start();
    const auto added = shard.run(broker_->commit(
        broker::AddUser{.name = wire::Name("iggy"), .password_hash = "none"}, nobody));
    require(added.has_value());
  }
  ~Host() { shard.run(broker_->stop()); }

  broker::Broker& broker() { return *broker_; }

  void restart() {
    if (ending_ != Ending::stop) disk_.lose_power_after(0);
    shard.run(broker_->stop());
    broker_.reset();
    if (ending_ == Ending::kill) disk_.crash(runtime::MemoryDisk::Crash::process_killed);
    if (ending_ == Ending::power_loss) disk_.crash(runtime::MemoryDisk::Crash::power_loss);
    start();
  }

  Kept kept() {
    shard.run(broker_->here().opening.join());
    shard.run(broker_->here().background.join());
    Kept kept;
    auto catalogue = broker_->catalogue();
    catalogue.journal_index = 0;
    kept.catalogue = broker::encode_snapshot(catalogue);
    for (const auto& open : broker_->here().partitions.all()) {
      const auto& log = *open->log;
      if (!log.has_messages()) continue;
      const auto offsets = ending_ == Ending::power_loss ? 0 : open->offsets->size();
      kept.partitions.emplace_back(open->ref.partition, log.start_offset(), log.end_offset(),
                                   log.messages_count(), log.size_bytes(), offsets);
    }
    return kept;
  }

  runtime::TestShard shard;

 private:
  void start() {
    broker_ = std::make_unique<broker::Broker>(disk_, std::vector{&shard.shard()}, settings_,
                                               [](Error) { std::abort(); });
    require(shard.run(broker_->start()).has_value());
    require(shard.run(broker_->open_partitions()).has_value());
  }

  Ending ending_;
  runtime::MemoryDisk disk_;
  broker::BrokerSettings settings_{.data_path = "data",
                                   .log = {.segment_size = {2048}, .index_interval = {256}}};
  std::unique_ptr<broker::Broker> broker_;
};

constexpr ConnectionLimits limits{
    .frames = {.send_payload_size = 1 << 20, .control_payload_size = 1 << 16}};

Task<> serve(Connection& connection) { (void)co_await connection.serve(); }

/// Has the client say everything and go; gives what it was answered.
base::Bytes talk(Host& host, const Head& head, base::ByteView said) {
  broker::Session session{.client_id = ClientId{1}, .address = "127.0.0.1:50000"};
  const auto* root = host.broker().catalogue().find_user_by_name("iggy");
  if (head.is_root) session.log_in(root->id, root->incarnation);
  server::testing::Peer peer;
  ReceiveBudget budget(500'000);
  const Placement placement({&host.shard.shard()});
  Connection connection(host.broker(), budget, placement, limits,
                        {.stream = std::make_unique<server::testing::PeerStream>(peer),
                         .session = std::move(session)});
  runtime::TaskGroup tasks;
  tasks.spawn(serve(connection));
  const auto first = std::min(head.split, said.size());
  peer.say(said.first(first));
  host.shard.run_ready();
  peer.say(said.subspan(first));
  host.shard.run_ready();
  peer.end();
  host.shard.run(tasks.join());
  require(peer.is_closed && budget.used_bytes() == 0);
  return std::move(peer.taken);
}

void check_polled(base::ByteView payload) {
  auto polled = wire::read_polled_messages(payload);
  require(polled.has_value());
  for (std::uint32_t i = 0; i < polled->head.count; ++i) {
    const auto message = polled->messages.next();
    require(message && *message);
    require((*message)->header.offset <= polled->head.current_offset);
  }
  require(polled->messages.rest().empty());
}

/// Replies of success are what the protocol says.
void check_success(std::uint32_t code, base::ByteView payload) {
  if (code == wire::PollMessages::code) return check_polled(payload);
  const bool is_known = wire::with_command(code, [payload]<class Command>() {
    if constexpr (std::is_void_v<typename Command::Reply>) {
      require(payload.empty());
    } else {
      const auto reply = wire::decode<typename Command::Reply>(payload);
      require(reply && std::ranges::equal(wire::encode(*reply), payload));
    }
  });
  if (!is_known) require(code == wire::SendMessages::code && payload.empty());
}

/// Takes replies one by one.
class Replies {
 public:
  explicit Replies(base::ByteView bytes) : rest_(bytes) {}

  /// The next one; it must be there. `code` is that of the request, if it was a whole one.
  void take(std::optional<std::uint32_t> code) {
    require(rest_.size() >= wire::frame_header_size);
    const auto header = wire::load_reply_header(rest_.data());
    rest_ = rest_.subspan(wire::frame_header_size);
    require(header.payload_size <= rest_.size());
    const auto payload = rest_.first(header.payload_size);
    rest_ = rest_.subspan(payload.size());
    if (header.status == 0) {
      require(code.has_value());
      return check_success(*code, payload);
    }
    require(payload.empty());
    require(base::wire_code(Error{header.status}) == header.status);
  }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  base::ByteView rest_;
};

/// One reply for each request, in their order, and no other.
void check_replies(base::ByteView said, base::ByteView taken) {
  Replies replies(taken);
  while (said.size() >= wire::frame_header_size) {
    const auto header = wire::load_request_header(said.data());
    said = said.subspan(wire::frame_header_size);
    if (!header) {
      replies.take({});
      continue;
    }
    const bool is_send = header->code == wire::SendMessages::code;
    const bool is_too_large = header->payload_size > limits.frames.control_payload_size;
    if (header->payload_size > said.size()) {
      // Above the limit, or a cut request; of those only messages are answered.
      if (is_send || is_too_large) replies.take({});
      break;
    }
    replies.take(header->code);
    said = said.subspan(header->payload_size);
  }
  require(replies.empty());
}

/// True if an answer would take the long time that a password hash takes.
bool hashes_passwords(const fuzz::Conversation& conversation) {
  return std::ranges::any_of(conversation.requests, [](const auto& request) {
    if (request.code != wire::LoginUser::code) return false;
    const auto login = wire::decode<wire::LoginUser>(request.payload);
    return login && wire::validate(*login) && login->username != "iggy";
  });
}

/// A request of which only the start comes.
base::Bytes cut_request(fuzz::Choices& choices) {
  constexpr std::array<std::uint32_t, 6> sizes = {100, 70'000, 300'000, 1 << 20, 1 << 21, 1 << 30};
  constexpr std::array codes = {wire::SendMessages::code, wire::GetStream::code};
  auto bytes = server::testing::header(choices.of(codes), choices.of(sizes));
  bytes.resize(bytes.size() + choices.below(20));
  return bytes;
}

void change(fuzz::Conversation& conversation, fuzz::Choices& choices) {
  auto& requests = conversation.requests;
  const auto made = [&choices] {
    return fuzz::Conversation::cut(fuzz::RequestMaker(choices).request()).requests.front();
  };
  const auto place = [&](std::size_t bound) {
    return requests.begin() + static_cast<std::ptrdiff_t>(choices.below(bound));
  };
  const auto kind = choices.below(13) / 2;
  if (kind == 6) {
    conversation.rest = cut_request(choices);
    return;
  }
  if (requests.empty() || kind < 2) {
    requests.insert(place(requests.size() + 1), made());
    return;
  }
  auto& request = *place(requests.size());
  if (kind == 2) {
    request = made();
  } else if (kind == 3) {
    const auto size = request.payload.size();
    request.payload.resize(size + 16);
    request.payload.resize(
        LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(request.payload.data()), size, size + 16));
  } else if (kind == 4) {
    std::swap(request, *place(requests.size()));
  } else if (choices.below(2) == 0) {
    const auto copy = request;
    requests.insert(place(requests.size() + 1), copy);
  } else {
    requests.erase(place(requests.size()));
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
  fuzz::Choices choices(seed);
  if (size < head_size || choices.below(8) == 0) return LLVMFuzzerMutate(data, size, size_max);
  if (choices.below(8) == 0) data[choices.below(head_size)] = std::uint8_t(choices.below(256));
  auto conversation =
      fuzz::Conversation::cut(std::as_bytes(std::span(data, size)).subspan(head_size));
  for (auto i = choices.below(3) + 1; i > 0; --i) change(conversation, choices);
  const auto bytes = conversation.joined();
  const auto kept = std::min(bytes.size(), size_max - head_size);
  std::copy_n(bytes.data(), kept, reinterpret_cast<std::byte*>(data) + head_size);
  return head_size + kept;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool is_quiet = (base::set_log_level(base::LogLevel::off), true);
  (void)is_quiet;
  if (size < head_size) return -1;
  const Head head(data);
  const auto said = std::as_bytes(std::span(data, size)).subspan(head_size);
  if (hashes_passwords(fuzz::Conversation::cut(said))) return -1;

  Host host(head.ending);
  check_replies(said, talk(host, head, said));
  const auto before = host.kept();
  host.restart();
  require(host.kept() == before);
  return 0;
}
