// Feeds arbitrary bytes to everything that reads the state directory: journal, changes, snapshot.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/bytes.hpp"
#include "broker/changes.hpp"
#include "broker/journal_format.hpp"
#include "broker/snapshot.hpp"

namespace {

using namespace iggy;
using namespace iggy::broker;

void require(bool holds) {
  if (!holds) std::abort();
}

void read_files(base::ByteView bytes) {
  if (const auto scan = scan_journal(bytes)) require(scan->end <= bytes.size());
  if (const auto snapshot = decode_snapshot_file(bytes)) (void)decode_snapshot(snapshot->body);
}

void read_snapshot_body(base::ByteView bytes) {
  const auto catalogue = decode_snapshot(bytes);
  if (!catalogue) return;
  const auto encoded = encode_snapshot(*catalogue);
  require(encode_snapshot(*decode_snapshot(encoded)) == encoded);
}

/// The bytes as changes without checksums: u16 type, u8 size, body, one behind the other.
void apply_changes(base::ByteView bytes) {
  Catalogue catalogue;
  base::ByteReader reader(bytes);
  while (reader.remaining() > 0) {
    const auto type = reader.integer<std::uint16_t>();
    const auto size = reader.integer<std::uint8_t>();
    const auto body = reader.view(size);
    if (reader.failed()) return;
    const auto change = decode_change(type, 1, body);
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
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0] % 3) {
    case 0:
      read_files(bytes);
      break;
    case 1:
      read_snapshot_body(bytes);
      break;
    default:
      apply_changes(bytes);
  }
  return 0;
}
