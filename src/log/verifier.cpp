// The walk of recovery, and its judgement of what does not verify.
#include "log/verifier.hpp"

#include <algorithm>
#include <utility>

#include "base/logging.hpp"

namespace iggy::log {

Task<Result<Verified>> Verifier::run(Verified from) {
  found_ = std::move(from);
  while (!found_.is_torn && found_.end.position < window_.end()) {
    pass_held_messages(window_.end(), nullptr);
    if (found_.end.position == window_.end()) break;
    if (const auto stepped = co_await step(); !stepped) co_return fail(stepped);
  }
  found_.is_sealed = seal_end_.position > 0 && seal_end_ == found_.end;
  index_.cut(found_.end.position);
  co_return std::move(found_);
}

/// Passes one record, or judges what stands in its place.
Task<Result<>> Verifier::step() {
  const auto record = co_await record_at(found_.end);
  if (!record) co_return fail(record);
  if (record->bytes.empty()) co_return co_await judge();
  if (const auto ours = check_owner(*record); !ours) co_return fail(ours);
  if (const auto group = load_group_body(record->bytes)) {
    co_return co_await pass_group(*group, record->header.size);
  }
  co_return pass(*record);
}

/// Passes messages before `end` as long as they verify and are in memory: the fast path.
void Verifier::pass_held_messages(std::uint64_t end, GroupDigest* digest) {
  while (true) {
    const auto bytes = window_.held(found_.end.position, record_header_size);
    if (bytes.empty()) return;
    const auto header = load_record_header(bytes.data());
    if (header.kind != RecordHeader::Kind::message ||
        !fits(header, found_.end.offset, end - found_.end.position) || bytes.size() < header.size ||
        !verifies(bytes.first(header.size))) {
      return;
    }
    if (digest != nullptr) digest->add(base::load<std::uint64_t>(bytes.data()));
    add_message(header);
    if (found_.end.position == end) return;
  }
}

/// The record that verifies at `place`, if there is one.
Task<Result<Verifier::Record>> Verifier::record_at(LogPlace place) {
  auto bytes = window_.held(place.position, record_header_size);
  if (bytes.empty()) {
    const auto loaded = co_await window_.load(place.position, record_header_size);
    if (!loaded) co_return fail(loaded);
    bytes = *loaded;
  }
  if (bytes.size() < record_header_size) co_return Record{};
  const auto header = load_record_header(bytes.data());
  const bool is_newer = is_of_newer_format(bytes.data());
  const auto rest = window_.end() - place.position;
  if (is_newer ? header.size > rest : !fits(header, place.offset, rest)) co_return Record{};
  if (bytes.size() < header.size) {
    const auto loaded = co_await window_.load(place.position, header.size);
    if (!loaded) co_return fail(loaded);
    bytes = *loaded;
  }
  if (bytes.size() < header.size || !verifies(bytes.first(header.size))) co_return Record{};
  if (is_newer) co_return fail(Error::unsupported_format);
  co_return Record{.header = header, .bytes = bytes.first(header.size)};
}

/// Errors: damaged: the record was written for another partition.
Result<> Verifier::check_owner(const Record& record) const {
  if (record.header.kind == RecordHeader::Kind::message) return {};
  const auto owner = load_record_fields(record.bytes.data()).incarnation;
  if (owner == incarnation_) return {};
  base::log_error("{} belongs to another partition: incarnation {} instead of {}.",
                  window_.file()->path(), number(owner), number(incarnation_));
  return fail(Error::damaged);
}

/// Passes a message or one of our own records.
Result<> Verifier::pass(const Record& record) {
  if (record.header.kind == RecordHeader::Kind::message) {
    add_message(record.header);
    return {};
  }
  if (const auto segment = load_segment_body(record.bytes)) {
    // Encrypted segments name a key.
    if (segment->format_version != segment_format_version || segment->key_id != 0) {
      return fail(Error::unsupported_format);
    }
  }
  const auto epoch = load_record_fields(record.bytes.data()).epoch;
  found_.epoch = std::max(found_.epoch, epoch);
  found_.end.position += record.header.size;
  if (record.header.type == RecordType::seal) seal_end_ = found_.end;
  return {};
}

/// Passes a group, or judges it as a whole: with nothing behind it, it is torn.
Task<Result<>> Verifier::pass_group(GroupBody group, std::uint64_t record_size) {
  const auto before = found_;
  found_.end.position += record_size;
  const LogPlace start = found_.end;
  auto is_torn = group.size_bytes > window_.end() - start.position;
  const LogPlace end{.position = start.position + group.size_bytes,
                     .offset = start.offset + group.messages_count};
  if (!is_torn) {
    const auto whole = co_await check_group(group, end);
    if (!whole) co_return fail(whole);
    if (*whole) co_return Result<>{};
  }
  std::optional<LogPlace> behind;
  if (!is_torn) {
    const auto found = co_await find_record(
        window_, {.from = end.position, .offset_min = end.offset, .incarnation = incarnation_});
    if (!found) co_return fail(found);
    behind = *found;
  }
  if (behind) {
    const auto hole = co_await is_at_hole(*behind);
    if (!hole) co_return fail(hole);
    is_torn = *hole;
  }
  found_ = before;
  index_.cut(before.end.position);
  found_.is_torn = is_torn || !behind;
  if (found_.is_torn) co_return Result<>{};
  found_.end = start;
  co_return co_await pass_damaged_group(end, *behind);
}

/// Passes the messages of a group; false if one of them is not right, or all together.
Task<Result<bool>> Verifier::check_group(GroupBody group, LogPlace end) {
  GroupDigest digest;
  while (found_.end.position < end.position) {
    pass_held_messages(end.position, &digest);
    if (found_.end.position == end.position) break;
    const auto record = co_await record_at(found_.end);
    if (!record) co_return fail(record);
    if (record->bytes.empty() || record->header.kind != RecordHeader::Kind::message) {
      co_return false;
    }
    // It is in memory now, and goes the fast way, unless it reaches out of the group.
    if (record->header.size > end.position - found_.end.position) co_return false;
  }
  co_return found_.end == end&& digest.finish() == group.digest;
}

/// Passes the good messages of a group that is damaged; `next` is the first record behind it.
Task<Result<>> Verifier::pass_damaged_group(LogPlace end, LogPlace next) {
  while (found_.end.position < end.position) {
    pass_held_messages(end.position, nullptr);
    if (found_.end.position == end.position) break;
    const auto record = co_await record_at(found_.end);
    if (!record) co_return fail(record);
    const bool is_good = record->header.kind == RecordHeader::Kind::message &&
                         record->header.size <= end.position - found_.end.position;
    if (!record->bytes.empty() && is_good) continue;  // it is in memory now
    const auto found = co_await next_valid();
    if (!found) co_return fail(found);
    if (!*found || (*found)->position >= end.position) break;
    step_over_damage(**found);
  }
  if (found_.end != next) step_over_damage(next);
  co_return Result<>{};
}

/// Decides about what stands at the end of the good records: torn, or damage to be stepped over.
Task<Result<>> Verifier::judge() {
  const auto next = co_await next_valid();
  if (!next) co_return fail(next);
  if (!*next) {
    found_.is_torn = true;
    co_return Result<>{};
  }
  const auto hole = co_await has_hole(found_.end.position, (*next)->position);
  if (!hole) co_return fail(hole);
  found_.is_torn = *hole;
  if (!*hole) step_over_damage(**next);
  co_return Result<>{};
}

/// True if what stands at the end of the good records is, up to the next one that verifies, and
/// that is `behind` at the latest, a write that never reached the disk.
Task<Result<bool>> Verifier::is_at_hole(LogPlace behind) {
  const auto next = co_await next_valid();
  if (!next) co_return fail(next);
  co_return co_await has_hole(found_.end.position, next->value_or(behind).position);
}

/// The first record that verifies behind the bad one: where that one says that it ends, or else
/// anywhere.
Task<Result<std::optional<LogPlace>>> Verifier::next_valid() {
  const auto bad = found_.end;
  const auto bytes = co_await window_.load(bad.position, record_header_size);
  if (!bytes) co_return fail(bytes);
  if (bytes->size() >= record_header_size) {
    const auto header = load_record_header(bytes->data());
    const bool is_message = header.kind != RecordHeader::Kind::internal;
    const LogPlace behind{.position = bad.position + header.size,
                          .offset = bad.offset + (is_message ? 1 : 0)};
    if (behind.position < window_.end()) {
      const auto record = co_await record_at(behind);
      if (!record) co_return fail(record);
      if (!record->bytes.empty()) co_return behind;
    }
  }
  co_return co_await find_record(
      window_, {.from = bad.position + 1, .offset_min = bad.offset, .incarnation = incarnation_});
}

/// True if a sector in [from, to), or the part of one from `from` on, holds nothing but zeros.
Task<Result<bool>> Verifier::has_hole(std::uint64_t from, std::uint64_t to) {
  auto begin = from;
  while (true) {
    const auto end = (begin / sector_size + 1) * sector_size;
    if (end > to) co_return false;
    auto bytes = window_.held(begin, end - begin);
    if (bytes.empty()) {
      const auto loaded = co_await window_.load(begin, end - begin);
      if (!loaded) co_return fail(loaded);
      bytes = *loaded;
    }
    if (bytes.size() < end - begin) co_return false;
    const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
    if (std::ranges::all_of(bytes.first(end - begin), is_zero)) co_return true;
    begin = end;
  }
}

void Verifier::add_message(const RecordHeader& header) {
  if (found_.end.position >= index_.next_position()) {
    index_.add({header.offset, found_.end.position, header.timestamp});
  }
  found_.totals.add(header.size, header.timestamp);
  ++found_.end.offset;
  found_.end.position += header.size;
}

/// Goes on at `next`. What lies before it counts as bytes of messages.
void Verifier::step_over_damage(LogPlace next) {
  const auto bad = found_.end;
  base::log_error("Damage in {} at bytes {} to {}: messages {} to {} are lost.",
                  window_.file()->path(), bad.position, next.position, bad.offset, next.offset);
  if (next.offset > bad.offset) {
    found_.damaged.push_back({.from = bad.offset, .to = next.offset});
  }
  found_.totals.size_bytes += next.position - bad.position;
  found_.end = next;
}

}  // namespace iggy::log
