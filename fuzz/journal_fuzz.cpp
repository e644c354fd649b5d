// Feeds arbitrary bytes to everything that reads the state directory: journal, changes, snapshot.
// Whatever they hold, the catalogue opens or is refused, takes changes, and is the same next time.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/logging.hpp"
#include "broker/catalogue_owner.hpp"
#include "broker/changes.hpp"
#include "broker/journal_format.hpp"
#include "broker/snapshot.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"

namespace {

using namespace iggy;
using namespace iggy::broker;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr auto journal_path = "state/journal";
constexpr auto snapshot_path = "state/snapshot";

/// Everything of a catalogue that was opened; nothing if it was refused.
base::Bytes open_catalogue(runtime::MemoryDisk& disk, bool changes) {
  runtime::TestShard shard;
  auto opened =
      shard.run(CatalogueOwner::open(disk, {.directory = "state",
                                            .publish = [](CataloguePtr) -> Task<> { co_return; },
                                            .on_fatal = [](Error) { std::abort(); },
                                            .compact_at = {256}}));
  if (!opened) return {};
  auto& owner = **opened;
  if (changes) (void)shard.run(owner.commit(AddStream{.name = wire::Name("one more")}, nobody));
  shard.run(owner.close());
  return encode_snapshot(*owner.published());
}

void use_state(runtime::MemoryDisk& disk) {
  const auto changed = open_catalogue(disk, /*changes=*/true);
  if (!changed.empty()) require(open_catalogue(disk, /*changes=*/false) == changed);
}

void read_files(base::ByteView bytes) {
  if (const auto scan = scan_journal(bytes)) require(scan->end <= bytes.size());
  if (const auto snapshot = decode_snapshot_file(bytes)) (void)decode_snapshot(snapshot->body);
  runtime::MemoryDisk disk;
  disk.set_contents(journal_path, base::Bytes(bytes.begin(), bytes.end()));
  use_state(disk);
}

/// A change without checksum: u16 type, u8 size, body.
EncodedChange read_change(base::ByteReader& reader) {
  const auto type = reader.integer<std::uint16_t>();
  const auto body = reader.view(reader.integer<std::uint8_t>());
  return {.type = type, .version = 1, .body = {body.begin(), body.end()}};
}

/// Journal and snapshot made in the right way of arbitrary changes and an arbitrary body; then a
/// byte of the journal is changed, or not. Input: u16 position and u8 bits to change, u16 size of
/// the snapshot's body (0: there is none), the body, the changes.
void read_made_files(base::ByteView bytes) {
  runtime::MemoryDisk disk;
  base::ByteReader reader(bytes);
  const std::size_t position = reader.integer<std::uint16_t>();
  const std::byte bits{reader.integer<std::uint8_t>()};
  JournalLink link;
  if (const auto body = reader.view(reader.integer<std::uint16_t>()); !body.empty()) {
    const auto catalogue = decode_snapshot(body);
    link.index = catalogue ? catalogue->journal_index : 1;
    disk.set_contents(snapshot_path, encode_snapshot_file(link.index, body));
  }
  auto journal = encode_journal_header(link);
  while (reader.remaining() > 0) {
    const std::array group = {
        JournalRecord{.meta = {.index = link.index + 1}, .change = read_change(reader)},
        JournalRecord{.meta = {.index = link.index + 2}, .change = read_change(reader)}};
    if (reader.failed()) break;
    link = encode_group(journal, link, group).back().link;
  }
  if (position < journal.size()) journal[position] ^= bits;
  disk.set_contents(journal_path, std::move(journal));
  use_state(disk);
}

void read_snapshot_body(base::ByteView bytes) {
  const auto catalogue = decode_snapshot(bytes);
  if (!catalogue) return;
  const auto encoded = encode_snapshot(*catalogue);
  require(encode_snapshot(*decode_snapshot(encoded)) == encoded);
}

/// The bytes as changes, one behind the other.
void apply_changes(base::ByteView bytes) {
  Catalogue catalogue;
  base::ByteReader reader(bytes);
  while (reader.remaining() > 0) {
    const auto [type, version, body] = read_change(reader);
    if (reader.failed()) return;
    const auto change = decode_change(type, version, body);
    if (!change) continue;
    const auto encoded = encode(*change);
    require(decode_change(encoded.type, encoded.version, encoded.body) == change);
    auto after = apply(catalogue, *change, {.index = catalogue.journal_index + 1});
    if (after) catalogue = std::move(*after);
  }
  // Whatever changes came to can be kept and brought back.
  const auto encoded = encode_snapshot(catalogue);
  const auto restored = decode_snapshot(encoded);
  require(restored && encode_snapshot(*restored) == encoded);
  require(restored->partitions_count == catalogue.partitions_count);
  require(restored->topics_count == catalogue.topics_count);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool is_quiet = (base::set_log_level(base::LogLevel::off), true);
  (void)is_quiet;
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0] % 4) {
    case 0:
      read_files(bytes);
      break;
    case 1:
      read_snapshot_body(bytes);
      break;
    case 2:
      apply_changes(bytes);
      break;
    default:
      read_made_files(bytes);
  }
  return 0;
}
