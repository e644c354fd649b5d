// Sending: as many requests ahead as were asked for, at the rate that was asked for.
#include "benchmarks/producer.hpp"

#include <cstring>

#include "wire/frame.hpp"

namespace iggy::benchmarks {

Producer::Producer(Load& load, int socket, std::uint32_t index)
    : Connection(load, socket),
      frames_(send_frames(
          targets_of(load.options, load.options.producer_partitions, index, load.options.producers),
          load.pattern)) {
  const auto& options = load.options;
  is_bounded_ = options.requests > 0;
  requests_left_ =
      options.requests / options.producers + (index < options.requests % options.producers ? 1 : 0);
  if (options.rate > 0) {
    const auto between = 1e9 / options.rate;
    interval_ = static_cast<std::int64_t>(between * options.producers);
    next_ = static_cast<std::int64_t>(between * index);
  }
  if (is_bounded_) ++load.bounded_connections;
}

void Producer::touch() {
  for (const auto& head : frames_.heads) {
    auto frame = head;
    frame.insert(frame.end(), frames_.body.begin(), frames_.body.end());
    check_status(call(socket(), frame));
  }
}

void Producer::advance() {
  while (!is_done_) {
    if (is_sending_ && send(frames_.heads[target_], frames_.body, sent_)) {
      is_sending_ = false;
      target_ = (target_ + 1) % frames_.heads.size();
    }
    if (const auto at = now(); !is_sending_ && may_start(at)) {
      start(at);
    } else if (!receive_replies()) {
      return;
    }
  }
}

bool Producer::may_start(std::int64_t at) {
  due_ = never;
  if ((is_bounded_ && requests_left_ == 0) || load_.is_over(at)) {
    is_done_ = started_.empty();
    if (is_done_ && is_bounded_) load_.reach_bound();
    return false;
  }
  if (started_.size() >= load_.options.in_flight) return false;
  const auto intended = load_.start + next_;
  if (interval_ > 0 && intended > at) due_ = intended;
  return due_ == never;
}

void Producer::start(std::int64_t at) {
  started_.push_back(interval_ > 0 ? load_.start + next_ : at);
  next_ += interval_;
  if (is_bounded_) --requests_left_;
  if (load_.options.tail) stamp(frames_, load_.options.message_size, at);
  is_sending_ = true;
  sent_ = 0;
}

bool Producer::receive_replies() {
  const auto size = receive(received_.data() + received_size_, received_.size() - received_size_);
  if (size == 0) return false;
  received_size_ += size;
  std::size_t taken = 0;
  const auto at = now();
  for (; received_size_ - taken >= wire::frame_header_size; taken += wire::frame_header_size) {
    if (started_.empty()) give_up("the server answered what nobody asked");
    check_status(wire::load_reply_header(received_.data() + taken).status);
    complete(started_.front(), at, load_.options.batch);
    started_.pop_front();
  }
  std::memmove(received_.data(), received_.data() + taken, received_size_ - taken);
  received_size_ -= taken;
  return true;
}

}  // namespace iggy::benchmarks
