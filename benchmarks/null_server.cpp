// What can this machine do? Receives the frames of the Iggy protocol, writes what is sent to one
// file for each partition, answers polls with ranges of the files, and does nothing else.
//
//   null-server --directory DIR [--shards 2] [--port 0] [--fsync]
//
// It prints "listening on PORT". Messages are neither checked nor stamped.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "benchmarks/null_partitions.hpp"
#include "wire/codec.hpp"
#include "wire/frame.hpp"
#include "wire/messages.hpp"

namespace iggy::benchmarks {
namespace {

struct Options {
  std::string directory;
  unsigned shards = 2;
  std::uint16_t port = 0;
  bool fsync = false;
};

// Below this a copy costs less than the second system call: iggy-server does the same.
constexpr std::size_t copied_bytes_max = 32 * 1024;
constexpr std::size_t receive_bytes_min = 64 * 1024;

struct Connection {
  explicit Connection(int socket) : socket(socket), received(receive_bytes_min) {}
  ~Connection() { ::close(socket); }

  int socket;
  std::vector<std::byte> received;
  std::size_t received_size = 0;
  // The reply under way: bytes first, then a range of a file.
  std::vector<std::byte> reply;
  std::size_t reply_sent = 0;
  int file = -1;
  off_t position = 0;
  std::size_t file_bytes = 0;

  [[nodiscard]] bool has_reply() const { return reply_sent < reply.size() || file_bytes > 0; }
};

/// One thread with the connections that were given to it.
class Shard {
 public:
  Shard(NullPartitions& partitions, const Options& options)
      : partitions_(partitions), fsync_(options.fsync), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

  /// Called by the accepting thread.
  void add(int socket) {
    auto* connection = new Connection(socket);
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                      .data = {.ptr = connection}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    while (true) {
      const auto count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (!serve(*connection)) delete connection;
      }
      sync();
    }
  }

 private:
  /// Goes on with a connection until it would block. False at its end.
  bool serve(Connection& connection) {
    while (true) {
      if (connection.has_reply() && !send(connection)) return false;
      if (connection.has_reply()) return true;
      if (!take_frames(connection)) return false;
      if (connection.has_reply()) return true;
      const auto room = connection.received.size() - connection.received_size;
      const auto size =
          ::recv(connection.socket, connection.received.data() + connection.received_size, room,
                 MSG_DONTWAIT);
      if (size == 0 || (size < 0 && errno != EAGAIN)) return false;
      if (size < 0) return true;
      connection.received_size += static_cast<std::size_t>(size);
      const auto is_drained = static_cast<std::size_t>(size) < room;
      if (!take_frames(connection)) return false;
      if (is_drained) return true;  // the next edge tells of more
    }
  }

  /// Answers the whole frames that have arrived, and makes room for the next one.
  bool take_frames(Connection& connection) {
    std::size_t taken = 0;
    while (!connection.has_reply() && connection.received_size - taken >= wire::frame_header_size) {
      const base::MutableByteView rest(connection.received.data() + taken,
                                       connection.received_size - taken);
      const auto size = 4 + std::size_t{base::load<std::uint32_t>(rest.data())};
      if (rest.size() < size) {
        if (size > connection.received.size()) connection.received.resize(size);
        break;
      }
      taken += size;
      if (!answer(connection, rest.first(size))) return false;
    }
    if (taken == 0) return true;
    std::memmove(connection.received.data(), connection.received.data() + taken,
                 connection.received_size - taken);
    connection.received_size -= taken;
    return true;
  }

  bool answer(Connection& connection, base::MutableByteView frame) {
    const auto code = base::load<std::uint32_t>(frame.data() + 4);
    const auto payload = frame.subspan(wire::frame_header_size);
    if (code == wire::PollMessages::code) return answer_poll(connection, payload);
    const auto done = code != wire::SendMessages::code || append(payload);
    add_reply(connection, {.status = done ? 0u : 1u});
    if (!fsync_ || code != wire::SendMessages::code) return send(connection);
    waiting_.push_back(&connection);
    return true;
  }

  bool append(base::MutableByteView payload) {
    const auto request = wire::decode_send_messages(payload);
    if (!request) return false;
    auto* partition =
        find(request->stream_id, request->topic_id, request->partitioning.partition_id);
    if (!partition || !partition->append(request->messages, request->messages_count)) return false;
    if (fsync_ && std::find(unsynced_.begin(), unsynced_.end(), partition) == unsynced_.end()) {
      unsynced_.push_back(partition);
    }
    return true;
  }

  bool answer_poll(Connection& connection, base::ByteView payload) {
    const auto request = wire::decode<wire::PollMessages>(payload);
    if (!request) return false;
    const auto partition_id = request->partition_id.value_or(PartitionId{});
    auto* partition = find(request->stream_id, request->topic_id, partition_id);
    if (!partition) return false;
    const auto slice = partition->find(request->strategy, request->count);

    add_reply(connection, {.payload_size = static_cast<std::uint32_t>(wire::polled_messages_size +
                                                                      slice.size)});
    const auto at = connection.reply.size();
    const auto is_copied = slice.size <= copied_bytes_max;
    connection.reply.resize(at + wire::polled_messages_size + (is_copied ? slice.size : 0));
    wire::store_polled_messages(connection.reply.data() + at,
                                {partition_id, slice.current_offset, slice.count});
    if (is_copied) {
      const auto size =
          ::pread(partition->file(), connection.reply.data() + at + wire::polled_messages_size,
                  slice.size, static_cast<off_t>(slice.position));
      if (size != static_cast<ssize_t>(slice.size)) return false;
    } else {
      connection.file = partition->file();
      connection.position = static_cast<off_t>(slice.position);
      connection.file_bytes = slice.size;
    }
    return send(connection);
  }

  static void add_reply(Connection& connection, wire::ReplyHeader header) {
    const auto at = connection.reply.size();
    connection.reply.resize(at + wire::frame_header_size);
    wire::store_reply_header(connection.reply.data() + at, header);
  }

  static bool send(Connection& connection) {
    while (connection.reply_sent < connection.reply.size()) {
      const auto more = connection.file_bytes > 0 ? MSG_MORE : 0;
      const auto size = ::send(connection.socket, connection.reply.data() + connection.reply_sent,
                               connection.reply.size() - connection.reply_sent,
                               MSG_DONTWAIT | MSG_NOSIGNAL | more);
      if (size < 0) return errno == EAGAIN;
      connection.reply_sent += static_cast<std::size_t>(size);
    }
    connection.reply.clear();
    connection.reply_sent = 0;
    while (connection.file_bytes > 0) {
      const auto size = ::sendfile(connection.socket, connection.file, &connection.position,
                                   connection.file_bytes);
      if (size <= 0) return size < 0 && errno == EAGAIN;
      connection.file_bytes -= static_cast<std::size_t>(size);
    }
    return true;
  }

  /// Brings what this turn has written to the disk, then acknowledges it. What was sent behind it
  /// meanwhile makes another round.
  void sync() {
    while (!waiting_.empty()) {
      for (auto* partition : unsynced_) ::fdatasync(partition->file());
      unsynced_.clear();
      for (auto* connection : std::exchange(waiting_, {})) {
        if (!serve(*connection)) delete connection;
      }
    }
  }

  /// A table of its own, so that shards meet only where a partition is new.
  NullPartition* find(const wire::IdentifierView& stream, const wire::IdentifierView& topic,
                      PartitionId partition) {
    key_.clear();
    for (const auto& identifier : {stream, topic}) {
      key_ += identifier.name();
      key_ += '\0';
      append_number(identifier.id());
    }
    append_number(static_cast<std::uint32_t>(partition));
    auto& found = known_[key_];
    if (!found) found = partitions_.find(key_);
    return found;
  }

  void append_number(std::uint32_t number) {
    key_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }

  NullPartitions& partitions_;
  bool fsync_;
  int epoll_;
  std::string key_;
  std::unordered_map<std::string, NullPartition*> known_;
  std::vector<NullPartition*> unsynced_;
  std::vector<Connection*> waiting_;
};

/// A socket that listens on 127.0.0.1, and its port; negative if it cannot.
int listen_on(std::uint16_t& port) {
  const auto socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_port = htons(port),
                      .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                      .sin_zero = {}};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket, generic, size) != 0 || ::listen(socket, 1024) != 0) return -1;
  ::getsockname(socket, generic, &size);
  port = ntohs(address.sin_port);
  return socket;
}

void pin(std::thread& thread, unsigned cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(cpu % std::thread::hardware_concurrency(), &cpus);
  ::pthread_setaffinity_np(thread.native_handle(), sizeof cpus, &cpus);
}

void raise_file_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(Options options) {
  raise_file_limit();
  NullPartitions partitions(options.directory);
  const auto listener = listen_on(options.port);
  if (listener < 0) {
    fmt::print(stderr, "null-server: cannot listen: {}\n", std::strerror(errno));
    return 1;
  }
  std::vector<std::unique_ptr<Shard>> shards;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.shards; ++i) {
    shards.push_back(std::make_unique<Shard>(partitions, options));
    threads.emplace_back([shard = shards.back().get()] { shard->run(); });
    if (options.shards > 1) pin(threads.back(), i);
  }
  fmt::print("listening on {}\n", options.port);
  std::fflush(stdout);
  for (std::size_t next = 0;; ++next) {
    const auto socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return 1;
    const int one = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    shards[next % shards.size()]->add(socket);
  }
}

}  // namespace
}  // namespace iggy::benchmarks

int main(int argc, char** argv) {
  iggy::benchmarks::Options options;
  CLI::App app("What can this machine do? A server that only receives, writes and sends.");
  app.add_option("--directory", options.directory, "Where the files go")->required();
  app.add_option("--shards", options.shards, "Threads")->capture_default_str();
  app.add_option("--port", options.port, "0: any free one")->capture_default_str();
  app.add_flag("--fsync", options.fsync, "fdatasync before the answer");
  CLI11_PARSE(app, argc, argv);
  return iggy::benchmarks::serve(options);
}
