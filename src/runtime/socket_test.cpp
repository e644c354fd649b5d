// Sockets on the real loopback: all bytes, in order, whatever the peer does.
#include "runtime/socket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "runtime/memory_disk.hpp"
#include "runtime/on.hpp"
#include "runtime/runtime.hpp"
#include "runtime/socket_pair.hpp"
#include "runtime/task_group.hpp"
#include "runtime/testing.hpp"
#include "runtime/timer.hpp"

namespace iggy::runtime {
namespace {

using base::Bytes;

/// Bytes that differ from their neighbours and from those a page away.
Bytes pattern(std::size_t size, std::size_t start = 0) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto at = start + i;
    bytes[i] = static_cast<std::byte>(at * 31 + at / 251);
  }
  return bytes;
}

Task<Result<Bytes>> receive_to_end(Socket& socket, std::size_t chunk = 10'000) {
  Bytes all;
  Bytes part(chunk);
  for (;;) {
    const auto size = co_await socket.receive(part);
    if (!size) co_return fail(size);
    if (*size == 0) co_return all;
    all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(*size));
  }
}

Task<> receive_into(Socket& socket, MutableByteView into,
                    std::optional<Result<std::size_t>>& result) {
  result = co_await socket.receive(into);
}

Task<> receive_all_into(Socket& socket, Result<Bytes>& result) {
  result = co_await receive_to_end(socket);
}

/// Lets what was submitted reach the kernel.
Task<> let_the_kernel_have_it() {
  for (int i = 0; i < 50; ++i) co_await yield();
}

Task<int> echo_a_little() {
  auto [a, b] = co_await socket_pair();
  EXPECT_EQ(a.peer_address(), b.local_address());
  EXPECT_TRUE(co_await a.send(base::as_bytes("hello")));

  Bytes into(100);
  const auto size = co_await b.receive(into);
  EXPECT_EQ(size, 5u);
  EXPECT_EQ(base::as_text(ByteView(into).first(5)), "hello");
  co_return 0;
}

TEST(Socket, receives_what_the_peer_sends) { EXPECT_EQ(run_real(1, echo_a_little), 0); }

/// Sends 5 MB in pieces of odd sizes, some of them empty.
Task<> send_pattern(Socket& socket) {
  const auto bytes = pattern(5'000'000);
  std::vector<ByteView> pieces{ByteView{}};
  for (std::size_t at = 0; at < bytes.size();) {
    const auto size = std::min(bytes.size() - at, 1 + at % 77'777);
    pieces.push_back(ByteView(bytes).subspan(at, size));
    if (at % 3 == 0) pieces.emplace_back();
    at += size;
  }
  EXPECT_TRUE(co_await socket.send(pieces));
  socket.shutdown_send();
}

Task<int> transfer_both_ways() {
  auto [a, b] = co_await socket_pair();
  a.set_buffer_sizes(64_KiB, 16_KiB);
  b.set_buffer_sizes(64_KiB, 16_KiB);
  Result<Bytes> at_a;
  Result<Bytes> at_b;
  TaskGroup group;
  group.spawn(send_pattern(a));
  group.spawn(send_pattern(b));
  group.spawn(receive_all_into(a, at_a));
  group.spawn(receive_all_into(b, at_b));
  co_await group.join();

  EXPECT_TRUE(at_a == pattern(5'000'000));
  EXPECT_TRUE(at_b == pattern(5'000'000));
  co_return 0;
}

TEST(Socket, transfers_megabytes_both_ways_through_small_buffers) {
  EXPECT_EQ(run_real(1, transfer_both_ways), 0);
}

Task<> ping(Socket& socket, int times) {
  std::array<std::byte, 64> bytes{};
  for (int i = 0; i < times; ++i) {
    bytes[0] = static_cast<std::byte>(i);
    EXPECT_TRUE(co_await socket.send(bytes));
    EXPECT_EQ(co_await socket.receive(bytes), 64u);
  }
  socket.shutdown_send();
}

Task<> echo(Socket& socket) {
  std::array<std::byte, 64> bytes{};
  for (;;) {
    const auto size = co_await socket.receive(bytes);
    if (!size || *size == 0) co_return;
    EXPECT_TRUE(co_await socket.send(std::span(bytes).first(*size)));
  }
}

Task<int> ping_on_many() {
  std::vector<SocketPair> pairs;
  for (int i = 0; i < 200; ++i) pairs.push_back(co_await socket_pair());
  TaskGroup group;
  for (auto& pair : pairs) {
    group.spawn(ping(pair.a, 20));
    group.spawn(echo(pair.b));
  }
  co_await group.join();
  co_return 0;
}

TEST(Socket, serves_many_connections_side_by_side) { EXPECT_EQ(run_real(1, ping_on_many), 0); }

Task<int> close_halfway() {
  auto [a, b] = co_await socket_pair();
  EXPECT_TRUE(co_await a.send(base::as_bytes("last")));
  a.shutdown_send();
  const auto received = co_await receive_to_end(b);
  EXPECT_EQ(base::as_text(received.value()), "last");

  // The other direction still works.
  EXPECT_TRUE(co_await b.send(base::as_bytes("answer")));
  Bytes into(6);
  EXPECT_EQ(co_await a.receive(into), 6u);
  EXPECT_EQ(base::as_text(into), "answer");
  co_return 0;
}

TEST(Socket, receives_the_end_of_the_stream_while_it_may_still_send) {
  EXPECT_EQ(run_real(1, close_halfway), 0);
}

Task<int> end_while_waiting() {
  auto [a, b] = co_await socket_pair();
  Bytes into(10);
  std::optional<Result<std::size_t>> result;
  TaskGroup group;
  group.spawn(receive_into(b, into, result));
  co_await let_the_kernel_have_it();
  {
    const auto closed = std::move(a);
  }
  co_await group.join();

  EXPECT_EQ(result, Result<std::size_t>(0));
  co_return 0;
}

TEST(Socket, receives_the_end_of_the_stream_when_the_peer_closes) {
  EXPECT_EQ(run_real(1, end_while_waiting), 0);
}

Task<int> be_reset() {
  auto [a, b] = co_await socket_pair();
  Bytes into(10);
  std::optional<Result<std::size_t>> result;
  TaskGroup group;
  group.spawn(receive_into(b, into, result));
  co_await let_the_kernel_have_it();
  a.set_linger(Duration{});
  {
    const auto closed = std::move(a);
  }
  co_await group.join();

  EXPECT_EQ(result, Result<std::size_t>(fail(Error::connection_reset)));
  EXPECT_EQ(co_await b.send(base::as_bytes("x")), Result<>(fail(Error::connection_reset)));
  co_return 0;
}

TEST(Socket, reports_a_reset_by_the_peer) { EXPECT_EQ(run_real(1, be_reset), 0); }

Task<> send_until_it_fails(Socket& socket, Result<>& result) {
  const auto bytes = pattern(1'000'000);
  while (result) result = co_await socket.send(bytes);
}

Task<int> be_reset_while_sending() {
  auto [a, b] = co_await socket_pair();
  Result<> result;
  TaskGroup group;
  group.spawn(send_until_it_fails(a, result));
  co_await let_the_kernel_have_it();
  b.set_linger(Duration{});
  {
    const auto closed = std::move(b);
  }
  co_await group.join();

  EXPECT_EQ(result, Result<>(fail(Error::connection_reset)));
  co_return 0;
}

TEST(Socket, reports_a_reset_while_it_waits_to_send) {
  EXPECT_EQ(run_real(1, be_reset_while_sending), 0);
}

Task<int> linger_after_closing() {
  auto [a, b] = co_await socket_pair();
  a.set_linger(Duration::seconds(60));
  a.set_buffer_sizes(ByteSize{4096}, ByteSize{100'000});
  const auto bytes = pattern(50'000);
  EXPECT_TRUE(co_await a.send(bytes));
  {
    const auto closed = std::move(a);
  }  // returns at once, the kernel goes on sending

  EXPECT_EQ(co_await receive_to_end(b), bytes);
  co_return 0;
}

TEST(Socket, is_sent_on_after_it_is_closed) { EXPECT_EQ(run_real(1, linger_after_closing), 0); }

Task<> send_from(Socket& socket, FileHandle file, std::uint64_t position, std::uint64_t size,
                 Result<>& result) {
  result = co_await socket.send_file(file, position, size);
  socket.shutdown_send();
}

Task<> send_a_file(Disk& disk, std::string path) {
  const auto bytes = pattern(1'500'000);
  const std::array<ByteView, 1> pieces{bytes};
  const auto file = co_await disk.open(path, OpenMode::create);
  EXPECT_TRUE(file && co_await (*file)->write_at(0, pieces));

  for (const std::uint64_t size : {1'499'000u, 1'499'001u}) {
    auto [a, b] = co_await socket_pair();
    a.set_buffer_sizes(64_KiB, 64_KiB);
    Result<> sent;
    TaskGroup group;
    group.spawn(send_from(a, *file, 1'000, size, sent));
    const auto received = co_await receive_to_end(b);
    co_await group.join();

    const bool is_whole = size == 1'499'000;
    EXPECT_EQ(sent, is_whole ? Result<>() : Result<>(fail(Error::end_of_stream)));
    EXPECT_TRUE(received == pattern(1'499'000, 1'000));
  }
}

Task<int> send_a_fake_file() {
  MemoryDisk disk;
  co_await send_a_file(disk, "file");
  co_return 0;
}

Task<int> send_a_real_file() {
  const auto disk = make_real_disk();
  const std::string path = testing::TempDir() + "socket_test.bin";
  co_await send_a_file(*disk, path);
  EXPECT_TRUE(co_await disk->unlink(path));
  co_return 0;
}

TEST(Socket, sends_a_part_of_a_file_without_descriptor) {
  EXPECT_EQ(run_real(1, send_a_fake_file), 0);
}
TEST(Socket, sends_a_part_of_a_real_file) { EXPECT_EQ(run_real(1, send_a_real_file), 0); }

Task<Result<std::string>> serve_here(DetachedSocket& detached) {
  Socket socket(std::move(detached));
  Bytes into(100);
  std::string text;
  while (text.size() < 10) {
    const auto size = co_await socket.receive(into);
    if (!size) co_return fail(size);
    if (*size == 0) break;
    text += base::as_text(ByteView(into).first(*size));
  }
  if (const auto sent = co_await socket.send(base::as_bytes("from there")); !sent)
    co_return fail(sent);
  detached = socket.detach();
  co_return text;
}

Task<int> move_between_shards(Runtime& runtime) {
  auto [a, b] = co_await socket_pair();
  Bytes into(100);
  std::optional<Result<std::size_t>> result;
  for (int round = 0; round < 20; ++round) {
    // One receive is armed; it is cancelled before the socket moves.
    TaskGroup group;
    group.spawn(receive_into(b, into, result));
    co_await let_the_kernel_have_it();
    group.cancel();
    co_await group.join();
    EXPECT_EQ(result, Result<std::size_t>(fail(Error::cancelled)));

    EXPECT_TRUE(co_await a.send(base::as_bytes("from ")));
    auto detached = b.detach();
    EXPECT_TRUE(co_await a.send(base::as_bytes("here.")));
    const auto text = co_await on(runtime.shard(1), [&detached] { return serve_here(detached); });
    EXPECT_EQ(text, "from here.");

    b = Socket(std::move(detached));
    EXPECT_EQ(co_await a.receive(into), 10u);
  }
  co_return 0;
}

TEST(Socket, moves_between_shards_and_loses_nothing) {
  EXPECT_EQ(run_real(2, move_between_shards), 0);
}

}  // namespace
}  // namespace iggy::runtime
