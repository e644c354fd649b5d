// Polling, and what becomes of the replies.
#include "benchmarks/consumer.hpp"

#include "benchmarks/polled.hpp"
#include "wire/frame.hpp"
#include "wire/messages.hpp"

namespace iggy::benchmarks {

namespace {

constexpr std::size_t reply_size_first = 4096;  // a small reply comes with one call
constexpr std::size_t poll_head_size = wire::frame_header_size + wire::polled_messages_size;

}  // namespace

Consumer::Consumer(Load& load, int socket, std::uint32_t index) : Connection(load, socket) {
  const auto& options = load.options;
  for (const auto& target :
       targets_of(options, options.consumer_partitions, index, options.consumers)) {
    places_.push_back(
        {.frame = poll_frame(target, index + 1, options), .passes_left = options.passes});
  }
  unfinished_places_ = places_.size();
  if (options.passes > 0) ++load.bounded_connections;
  reply_.resize(reply_size_first);
}

void Consumer::advance() {
  while (!is_done_) {
    if (state_ == State::idle) {
      const auto at = now();
      if (due_ != never && due_ > at && !load_.is_over(at)) return;
      start(at);
    } else if (state_ == State::sending) {
      if (!send(places_[place_].frame, {}, sent_)) return;
      state_ = State::receiving;
      received_ = 0;
    } else if (!receive_reply()) {
      return;
    }
  }
}

void Consumer::start(std::int64_t at) {
  due_ = never;
  if (load_.is_over(at)) {
    is_done_ = true;
    return;
  }
  set_offset(places_[place_].frame, places_[place_].offset);
  started_ = at;
  sent_ = 0;
  state_ = State::sending;
}

bool Consumer::receive_reply() {
  auto wanted = reply_size_first;
  if (received_ >= poll_head_size) {
    const auto header = wire::load_reply_header(reply_.data());
    const auto whole = wire::frame_header_size + std::size_t{header.payload_size};
    if (looks_at_messages() && reply_.size() < whole) reply_.resize(whole);
    wanted = whole - received_;
  } else {
    wanted -= received_;
  }
  const auto is_kept = received_ < poll_head_size || looks_at_messages();
  const auto size = receive(is_kept ? reply_.data() + received_ : nullptr, wanted);
  received_ += size;
  if (received_ >= wire::frame_header_size) {
    check_status(wire::load_reply_header(reply_.data()).status);
  }
  if (received_ >= poll_head_size &&
      received_ == wire::frame_header_size +
                       std::size_t{wire::load_reply_header(reply_.data()).payload_size}) {
    look_at_reply();
    return true;
  }
  return size > 0;
}

void Consumer::look_at_reply() {
  state_ = State::idle;
  const auto at = now();
  const auto* head = reply_.data() + wire::frame_header_size;
  const auto current_offset = base::load<std::uint64_t>(head + 4);
  const auto count = base::load<std::uint32_t>(head + 12);
  if (count > 0) {
    complete(started_, at, count);
    const auto messages = ByteView(reply_).subspan(
        poll_head_size, looks_at_messages() ? received_ - poll_head_size : 0);
    if (load_.options.verify != Verify::nothing) {
      check_messages(messages, {.offset = places_[place_].offset, .count = count}, load_.pattern,
                     load_.options.verify);
    }
    if (load_.options.tail && load_.is_measured(at)) {
      add_ages(messages, at, figures_.end_to_end);
    }
  } else if (load_.is_measured(at)) {
    ++figures_.empty_polls;
  }
  move_on(current_offset, count);
}

void Consumer::move_on(std::uint64_t current_offset, std::uint32_t count) {
  auto& place = places_[place_];
  place.offset += count;
  if (load_.options.tail) {
    const auto interval = static_cast<std::int64_t>(load_.options.poll_interval_us * 1e3);
    if (count == 0) due_ = now() + interval;
  } else if (count == 0 || place.offset > current_offset) {
    finish_pass(place);
  }
  if (!is_done_) next_place();
}

void Consumer::finish_pass(Place& place) {
  place.offset = 0;
  if (place.passes_left == 0 || --place.passes_left > 0) return;
  if (--unfinished_places_ > 0) return;
  load_.reach_bound();
  is_done_ = true;
}

/// The next one that is still to be read.
void Consumer::next_place() {
  const auto is_bounded = load_.options.passes > 0;
  do {
    place_ = (place_ + 1) % places_.size();
  } while (is_bounded && places_[place_].passes_left == 0);
}

}  // namespace iggy::benchmarks
