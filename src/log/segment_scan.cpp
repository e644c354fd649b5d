// Walking headers.
#include "log/segment_scan.hpp"

#include <algorithm>

namespace iggy::log {
namespace {

/// True if the header at `bytes`, which lies at `position`, is worth a look at the whole record.
bool is_candidate(const std::byte* bytes, std::uint64_t position, std::uint64_t end,
                  const RecordSearch& search) {
  const auto header = load_record_header(bytes);
  if (header.kind == RecordHeader::Kind::unknown || header.size > end - position) return false;
  const auto lost_messages_max = (position - search.from) / record_header_size + 1;
  if (header.offset < search.offset_min || header.offset - search.offset_min > lost_messages_max) {
    return false;
  }
  return header.kind == RecordHeader::Kind::message ||
         load_record_fields(bytes).incarnation == search.incarnation;
}

/// The first candidate in `held`, which starts at `position`; its end if there is none.
std::uint64_t next_candidate(ByteView held, std::uint64_t position, std::uint64_t end,
                             const RecordSearch& search) {
  std::size_t i = 0;
  for (; i + record_header_size <= held.size(); ++i) {
    if (is_candidate(held.data() + i, position + i, end, search)) break;
  }
  return position + i;
}

}  // namespace

Task<Result<std::optional<LogPlace>>> find_record(RecordWindow& window, RecordSearch search) {
  auto position = search.from;
  while (position + record_header_size <= window.end()) {
    auto held = window.held(position, record_header_size);
    if (held.empty()) {
      const auto loaded = co_await window.load(position, record_header_size);
      if (!loaded) co_return fail(loaded);
      held = *loaded;
      if (held.size() < record_header_size) break;
    }
    position = next_candidate(held, position, window.end(), search);
    held = window.held(position, record_header_size);
    if (held.empty() || !is_candidate(held.data(), position, window.end(), search)) continue;

    const auto header = load_record_header(held.data());
    if (held.size() < header.size) {
      const auto loaded = co_await window.load(position, header.size);
      if (!loaded) co_return fail(loaded);
      held = *loaded;
    }
    if (held.size() >= header.size && verifies(held.first(header.size))) {
      co_return LogPlace{.position = position, .offset = header.offset};
    }
    ++position;
  }
  co_return std::optional<LogPlace>{};
}

Task<Result<LogPlace>> scan_headers(RecordWindow& window, LogPlace from, Incarnation incarnation,
                                    SegmentIndex& index, SegmentTotals& totals) {
  auto at = from;
  auto last = from;  // in front of the record that was passed last
  while (at.position < window.end()) {
    const auto rest = window.end() - at.position;
    auto held = window.held(at.position, look_size(rest));
    if (held.empty()) {
      const auto loaded = co_await window.load(at.position, look_size(rest));
      if (!loaded) co_return fail(loaded);
      held = *loaded;
    }
    const auto header = standing_record(held, at.offset, rest);
    if (header.kind == RecordHeader::Kind::unknown) {
      const auto found = co_await find_record(
          window,
          {.from = last.position + 1, .offset_min = last.offset, .incarnation = incarnation});
      if (!found) co_return fail(found);
      const auto next = found->value_or(LogPlace{.position = window.end(), .offset = at.offset});
      if (next.position > at.position) totals.size_bytes += next.position - at.position;
      last = at = next;
      continue;
    }
    last = at;
    if (header.kind == RecordHeader::Kind::message) {
      if (at.position >= index.next_position()) {
        index.add({at.offset, at.position, header.timestamp});
      }
      totals.add(header.size, header.timestamp);
      ++at.offset;
    }
    at.position += header.size;
  }
  co_return at;
}

}  // namespace iggy::log
