// Feeds arbitrary bytes to everything that reads a partition's directory: segments, index, offsets,
// checkpoint. Whatever they hold, the log opens or refuses, gives whole messages, and goes on.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/logging.hpp"
#include "log/checkpoint.hpp"
#include "log/consumer_offsets.hpp"
#include "log/log_store.hpp"
#include "log/offset_records.hpp"
#include "log/partition_log.hpp"
#include "log/record.hpp"
#include "log/segment_index.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"

namespace {

using namespace iggy;
using namespace iggy::log;

constexpr auto segment_path = "data/7/00000000000000000000.log";

void require(bool holds) {
  if (!holds) std::abort();
}

base::Bytes message() {
  base::Bytes bytes(wire::message_header_size + 100);
  wire::store_message_header(bytes.data(), {.payload_size = 100});
  return bytes;
}

/// A log on a fake disk, with small segments and a dense index.
class Bench {
 public:
  runtime::MemoryDisk disk;
  runtime::TestShard shard;
  LogStore store{disk,
                 {.segment_size = {2048}, .index_interval = {256}, .checkpoint_interval = {512}}};
  std::vector<std::byte> scratch = std::vector<std::byte>(1024);

  std::unique_ptr<PartitionLog> open() {
    auto opened = shard.run(
        PartitionLog::open(store, {.incarnation = Incarnation{7}, .directory = "data/7"}));
    return opened ? *std::move(opened) : nullptr;
  }
  void append(PartitionLog& log) {
    auto bytes = message();
    require(shard.run(log.append({.bytes = bytes, .count = 1})).has_value());
  }

  /// Reads, and holds the reply against its own words.
  Result<ReadReply> read(PartitionLog& log, ReadRequest request) {
    request.bytes_max = 1 << 20;
    auto reply = shard.run(log.read(request, scratch));
    if (!reply) return reply;
    base::Bytes bytes(reply->bytes.begin(), reply->bytes.end());
    for (const auto& slice : reply->slices) {
      const auto start = bytes.size();
      bytes.resize(start + slice.size);
      const auto into = base::MutableByteView(bytes).subspan(start);
      require(shard.run(slice.file->read(slice.position, into)) == slice.size);
    }
    require(bytes.size() == reply->size && reply->count <= request.count);
    check_messages(bytes, *reply);
    return reply;
  }

 private:
  static void check_messages(base::ByteView rest, const ReadReply& reply) {
    auto offset = reply.first_offset;
    for (std::uint32_t i = 0; i < reply.count; ++i) {
      require(rest.size() >= wire::message_header_size);
      const auto header = wire::load_message_header(rest.data());
      require(header.offset == offset++ && header.message_size() <= rest.size());
      rest = rest.subspan(header.message_size());
    }
    require(rest.empty() && (reply.count == 0 || offset == reply.last_offset + 1));
  }
};

/// Opens, reads, appends. The new message can be read unless files contradict each other in a way
/// that neither a crash nor a bad disk makes.
void use_log(Bench& bench, bool is_consistent) {
  auto log = bench.open();
  if (!log) return;
  const auto end = log->end_offset();
  for (const std::uint32_t count : {1U, 3U, 1000U}) {
    for (const std::uint64_t value : {std::uint64_t{0}, end / 2, end - 1, end}) {
      (void)bench.read(*log, {.from = ReadRequest::From::offset, .value = value, .count = count});
      (void)bench.read(*log,
                       {.from = ReadRequest::From::timestamp, .value = value, .count = count});
    }
    (void)bench.read(*log, {.from = ReadRequest::From::last, .count = count});
  }
  bench.append(*log);
  require(log->end_offset() == end + 1);
  const auto last = bench.read(*log, {.from = ReadRequest::From::last, .count = 1});
  if (is_consistent) require(last && last->count == 1 && last->last_offset == end);
  require(bench.shard.run(log->close()).has_value());

  log = bench.open();
  require(log && log->end_offset() == end + 1);
}

/// Makes every checksum right, and the digest of every group, so that the walk gets behind them.
void mend(base::Bytes& bytes) {
  struct Group {
    base::MutableByteView record;
    std::uint64_t end = 0;
    GroupDigest digest;
  };
  std::optional<Group> group;
  const auto store_checksum = [](base::MutableByteView record) {
    base::store(record.data(), wire::message_checksum(record));
  };
  std::size_t position = 0;
  while (bytes.size() - position >= wire::message_header_size) {
    const auto rest = base::MutableByteView(bytes).subspan(position);
    const auto size = load_record_header(rest.data()).size;
    if (size > rest.size()) return;
    const auto record = rest.first(size);
    store_checksum(record);
    position += size;
    if (const auto body = load_group_body(record)) {
      group.emplace(Group{.record = record, .end = position + body->size_bytes});
    } else if (group && position <= group->end) {
      group->digest.add(base::load<std::uint64_t>(record.data()));
    }
    if (!group || position != group->end) continue;
    constexpr auto digest_at = record_header_size + 16;
    base::store(group->record.data() + digest_at, group->digest.finish());
    store_checksum(group->record);
    group.reset();
  }
}

void read_segment(base::ByteView bytes, bool mends) {
  base::Bytes file(bytes.begin(), bytes.end());
  if (mends) mend(file);
  Bench bench;
  bench.disk.set_contents(segment_path, std::move(file));
  // A message may verify now that nobody has written in its place.
  use_log(bench, /*is_consistent=*/!mends);
}

/// A segment that another one follows, which starts at the offset in the first byte, whatever the
/// first one says.
void read_sealed_segment(base::ByteView bytes) {
  if (bytes.empty()) return;
  const auto next = std::to_integer<unsigned>(bytes[0]);
  base::Bytes file(bytes.begin() + 1, bytes.end());
  mend(file);
  Bench bench;
  bench.disk.set_contents(segment_path, std::move(file));
  bench.disk.set_contents(fmt::format("data/7/{:020}.log", std::max(next, 1U)), {});
  use_log(bench, /*is_consistent=*/false);
}

/// An index file beside a good segment, sealed or not: it never makes a read wrong.
void read_index(base::ByteView bytes) {
  constexpr std::uint64_t count = 15;  // two segments
  Bench bench;
  auto log = bench.open();
  for (std::uint64_t i = 0; i < count; ++i) bench.append(*log);
  require(log->segments_count() == 2);
  require(bench.shard.run(log->close()).has_value());
  for (const auto& path : bench.disk.paths()) {
    if (!path.ends_with(".index")) continue;
    bench.disk.set_contents(path, base::Bytes(bytes.begin(), bytes.end()));
  }
  log = bench.open();
  require(log != nullptr);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto reply =
        bench.read(*log, {.from = ReadRequest::From::offset, .value = i, .count = 1});
    require(reply && reply->count == 1 && reply->first_offset == i);
  }
}

void read_offsets(base::ByteView bytes) {
  std::map<ConsumerKey, std::uint64_t> offsets;
  (void)replay(bytes, offsets);
  Bench bench;
  bench.disk.set_contents("data/7/offsets", base::Bytes(bytes.begin(), bytes.end()));
  auto opened = bench.shard.run(ConsumerOffsets::open(bench.store, "data/7", 1000));
  require(opened.has_value() && (*opened)->size() == offsets.size());
  const ConsumerKey key{.kind = ConsumerKind::group, .id = 1};
  require(bench.shard.run((*opened)->store(key, 5)).has_value());
  opened = bench.shard.run(ConsumerOffsets::open(bench.store, "data/7", 1000));
  require(opened.has_value() && (*opened)->get(key) == 5);
}

void read_checkpoint(base::ByteView bytes, base::ByteView segment) {
  const auto checkpoint = decode_checkpoint(bytes);
  if (checkpoint) require(decode_checkpoint(encode_checkpoint(*checkpoint)) == checkpoint);
  if (bytes.size() < 9 * sizeof(std::uint64_t)) return;
  // The same with a right checksum, beside a log.
  Bench bench;
  Checkpoint made{.incarnation = Incarnation{7}};
  made.place = {.position = base::load<std::uint64_t>(bytes.data()) % 4096,
                .offset = base::load<std::uint64_t>(bytes.data() + 8) % 64};
  bench.disk.set_contents("data/7/checkpoint", encode_checkpoint(made));
  bench.disk.set_contents(segment_path, base::Bytes(segment.begin(), segment.end()));
  use_log(bench, /*is_consistent=*/false);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool is_quiet = (base::set_log_level(base::LogLevel::off), true);
  (void)is_quiet;
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0] % 6) {
    case 0:
      read_segment(bytes, /*mends=*/false);
      break;
    case 1:
      read_segment(bytes, /*mends=*/true);
      break;
    case 2:
      read_index(bytes);
      break;
    case 3:
      read_offsets(bytes);
      break;
    case 4:
      read_checkpoint(bytes, bytes.size() > 72 ? bytes.subspan(72) : bytes);
      break;
    default:
      read_sealed_segment(bytes);
  }
  return 0;
}
