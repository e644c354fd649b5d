// The course of a read: where it starts, whether it copies or slices, what it remembers.
#include "log/reader.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "log/copier.hpp"
#include "log/locator.hpp"
#include "log/slicer.hpp"

namespace iggy::log {
namespace {

/// One read under way.
class Reader {
 public:
  Reader(PartitionState& state, ReadRequest request, MutableByteView scratch)
      : state_(state),
        request_(request),
        scratch_(scratch),
        limits_{
            .count = request.count, .bytes = request.bytes_max, .end_offset = state.visible_end},
        locator_(state, scratch, request.count) {}

  Task<Result<ReadReply>> read() {
    reply_.current_offset = state_.visible_end > 0 ? state_.visible_end - 1 : 0;
    const bool is_empty = state_.visible_end == state_.start_offset();
    if (is_empty || request_.count == 0) co_return reply_;

    if (request_.from == ReadRequest::From::timestamp && request_.value > 0) {
      const auto found = co_await locator_.find_timestamp(request_.value);
      if (!found) co_return fail(found);
      if (!*found) co_return reply_;
    } else {
      const auto offset = std::max(wanted_offset(), state_.start_offset());
      if (offset >= state_.visible_end) co_return reply_;
      if (const auto intact = stop_before_damage(offset); !intact) co_return fail(intact);
      const auto found = co_await locator_.find_offset(offset);
      if (!found) co_return fail(found);
    }
    auto& cursor = locator_.cursor();
    if (const auto intact = stop_before_damage(cursor.place.offset); !intact) {
      co_return fail(intact);
    }
    const auto end = co_await collect(cursor);
    if (!end) co_return fail(end);
    if (reply_.count == 0 && *end == ReadEnd::damaged) co_return report_damage(state_, cursor);

    state_.keep_hint({.segment = cursor.segment,
                      .place = cursor.place,
                      .group_end = cursor.group_end,
                      .group_end_offset = cursor.group_end_offset});
    co_return std::move(reply_);
  }

 private:
  [[nodiscard]] std::uint64_t wanted_offset() const {
    switch (request_.from) {
      case ReadRequest::From::offset:
        return request_.value;
      case ReadRequest::From::last:
        return state_.visible_end - std::min<std::uint64_t>(request_.count, state_.visible_end);
      case ReadRequest::From::first:
      case ReadRequest::From::timestamp:
        return 0;
    }
    return 0;
  }

  /// Keeps a reply from `offset` on before the damage that was found at start.
  Result<> stop_before_damage(std::uint64_t offset) {
    const auto damage = state_.damage_at_or_behind(offset);
    if (!damage) return {};
    if (damage->from <= offset) return fail(Error::damaged);
    limits_.end_offset = std::min(limits_.end_offset, damage->from);
    return {};
  }

  Task<Result<ReadEnd>> collect(Cursor& cursor) {
    const auto start = cursor;
    const bool validates = state_.store.settings().validate_on_read;
    const auto expected = expected_size(state_, start, limits_.messages_left(reply_, start));
    const bool is_large = std::min(expected, limits_.bytes) > scratch_.size();
    if (is_large && !validates) co_return co_await slice_or_copy(cursor);

    Copier copier(state_, scratch_, cursor, limits_, locator_.held());
    const auto copied = co_await copier.fill(reply_);
    if (!copied || *copied != ReadEnd::full) co_return copied;
    if (validates) {
      if (reply_.count > 0) co_return copied;
      co_return co_await slice_validated(cursor);
    }
    const bool has_large_runs = reply_.size >= copier.runs_count() * Slicer::slice_size_min;
    if (reply_.count > 0 && !has_large_runs) co_return copied;

    start_again(cursor, start);
    co_return co_await slice_or_copy(cursor);
  }

  /// Slices, unless they are many and small: then fewer messages are given, in scratch.
  Task<Result<ReadEnd>> slice_or_copy(Cursor& cursor) {
    const auto start = cursor;
    const auto sliced = co_await slice(cursor);
    if (!sliced) co_return fail(sliced);
    if (reply_.size > scratch_.size() && !Slicer::are_small(reply_)) co_return *sliced;

    start_again(cursor, start);
    Copier copier(state_, scratch_, cursor, limits_, {});
    const auto copied = co_await copier.fill(reply_);
    if (!copied || reply_.count > 0 || *copied != ReadEnd::full) co_return copied;

    // The first message alone is larger than scratch.
    limits_.count = 1;
    co_return co_await slice(cursor);
  }

  Task<Result<ReadEnd>> slice(Cursor& cursor) {
    Slicer slicer(state_, scratch_, cursor, limits_);
    co_return co_await slicer.fill(reply_);
  }

  /// One message that is larger than scratch, after a look at all of it.
  Task<Result<ReadEnd>> slice_validated(Cursor& cursor) {
    limits_.count = 1;
    const auto sliced = co_await slice(cursor);
    if (!sliced || reply_.count == 0) co_return sliced;
    const auto& only = reply_.slices.front();
    RecordWindow window(only.file, only.position + only.size);
    const auto message = co_await window.load(only.position, only.size);
    if (!message) co_return fail(message);
    if (message->size() == only.size && verifies(*message)) co_return sliced;
    cursor.place = {.position = only.position, .offset = reply_.first_offset};
    reply_ = ReadReply{.current_offset = reply_.current_offset};
    co_return ReadEnd::damaged;
  }

  void start_again(Cursor& cursor, const Cursor& start) {
    cursor = start;
    reply_ = ReadReply{.current_offset = reply_.current_offset};
  }

  PartitionState& state_;
  ReadRequest request_;
  MutableByteView scratch_;
  ReadLimits limits_;
  Locator locator_;
  ReadReply reply_;
};

}  // namespace

Task<Result<ReadReply>> read_log(PartitionState& state, ReadRequest request,
                                 MutableByteView scratch) {
  assert(scratch.size() >= record_header_size + record_body_size_max);
  if (state.life != Life::open) co_return fail(Error::incarnation_gone);
  Reader reader(state, request, scratch);
  co_return co_await reader.read();
}

}  // namespace iggy::log
