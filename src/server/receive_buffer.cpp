// Cuts the bytes of a connection into request frames.
#include "server/receive_buffer.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "wire/frame.hpp"
#include "wire/messages.hpp"

namespace iggy::server {
namespace {

/// As the pool makes them.
std::size_t block_size_for(std::uint64_t size) {
  const auto wanted = std::max(static_cast<std::size_t>(size), ReceiveBuffer::block_size_min);
  return wanted > runtime::BufferPool::pooled_size_max ? wanted : std::bit_ceil(wanted);
}

}  // namespace

std::uint64_t ReceiveBuffer::frame_size() const {
  // The length field counts the code and the payload, not itself.
  return 4 + std::uint64_t{base::load<std::uint32_t>(block_.data() + begin_)};
}

std::optional<std::uint32_t> ReceiveBuffer::front_code() const {
  if (pending() < wire::frame_header_size) return std::nullopt;
  return base::load<std::uint32_t>(block_.data() + begin_ + 4);
}

FrameState ReceiveBuffer::state() const {
  const auto code = front_code();
  if (!code) return FrameState::incomplete;
  const auto size = frame_size();
  if (size < wire::frame_header_size) return FrameState::too_short;
  const auto limit =
      *code == wire::SendMessages::code ? limits_.send_payload_size : limits_.control_payload_size;
  if (size - wire::frame_header_size > limit) return FrameState::too_large;
  return pending() >= size ? FrameState::complete : FrameState::incomplete;
}

Frame ReceiveBuffer::take() {
  assert(state() == FrameState::complete);
  const auto size = static_cast<std::size_t>(frame_size());
  const auto code = base::load<std::uint32_t>(block_.data() + begin_ + 4);
  const auto payload =
      block_.bytes().subspan(begin_ + wire::frame_header_size, size - wire::frame_header_size);
  begin_ += size;
  return {code, payload};
}

std::size_t ReceiveBuffer::needed_size() const {
  const bool knows_size = front_code() && state() == FrameState::incomplete;
  return knows_size ? block_size_for(frame_size()) : block_size_min;
}

std::uint64_t ReceiveBuffer::rest_of_front() const {
  if (pending() == 0) return block_size_min;
  if (!front_code()) return wire::frame_header_size - pending();
  assert(state() == FrameState::incomplete);
  return frame_size() - pending();
}

void ReceiveBuffer::shrink() {
  assert(pending() <= block_size_min);
  if (auto block = pool_.take(block_size_min)) move_into(std::move(block));
}

base::MutableByteView ReceiveBuffer::room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (const auto needed = needed_size(); begin_ > 0 || needed > block_.size()) {
    move_to_block(std::max(needed, block_.size()));
  }
  return block_.bytes().subspan(end_);
}

void ReceiveBuffer::move_to_block(std::size_t size) {
  if (size > block_.size()) {
    // Without a block room() is what is left of the old one, perhaps nothing.
    if (auto block = pool_.take(size)) move_into(std::move(block));
    return;
  }
  const auto kept = pending();
  std::memmove(block_.data(), block_.data() + begin_, kept);
  begin_ = 0;
  end_ = kept;
}

void ReceiveBuffer::move_into(runtime::Buffer block) {
  const auto kept = pending();
  if (kept > 0) std::memcpy(block.data(), block_.data() + begin_, kept);
  block_ = std::move(block);
  begin_ = 0;
  end_ = kept;
}

void ReceiveBuffer::put(base::ByteView bytes) {
  assert(pending() == 0);
  discard();
  move_to_block(std::max(block_size_min, bytes.size()));
  std::ranges::copy(bytes, block_.data());
  end_ = bytes.size();
}

base::Bytes ReceiveBuffer::take_rest() {
  const auto waiting = base::ByteView(block_.bytes()).subspan(begin_, pending());
  base::Bytes rest(waiting.begin(), waiting.end());
  discard();
  return rest;
}

void ReceiveBuffer::release_if_empty() {
  if (pending() == 0) discard();
}

void ReceiveBuffer::discard() {
  block_ = {};
  begin_ = end_ = 0;
}

}  // namespace iggy::server
