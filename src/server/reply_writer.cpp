// Replies on their way to a client.
#include "server/reply_writer.hpp"

#include <array>
#include <utility>

#include "base/error_table.hpp"

namespace iggy::server {
namespace {

// A connection that once collected a large reply does not hold on to that much for ever.
constexpr std::size_t kept_capacity_max = 256 * 1024;

}  // namespace

void ReplyWriter::release_if_empty() {
  if (collected_.empty()) collected_.shrink_to_fit();
}

void ReplyWriter::add_success() {
  collected_.insert(collected_.end(), wire::empty_reply.begin(), wire::empty_reply.end());
}

void ReplyWriter::add_error(Error error) {
  const auto reply = wire::error_reply(error);
  collected_.insert(collected_.end(), reply.begin(), reply.end());
}

void ReplyWriter::finish(std::size_t start) {
  const auto payload_size = collected_.size() - start - wire::frame_header_size;
  wire::store_reply_header(collected_.data() + start,
                           {.status = 0, .payload_size = static_cast<std::uint32_t>(payload_size)});
}

Task<Result<>> ReplyWriter::flush() {
  if (collected_.empty()) co_return Result<>{};
  co_return co_await flush_with({});
}

Task<Result<>> ReplyWriter::flush_with(base::ByteView bytes) {
  ++sends_;
  std::array<base::ByteView, 2> pieces;
  std::size_t count = 0;
  if (!collected_.empty()) pieces[count++] = collected_;
  if (!bytes.empty()) pieces[count++] = bytes;
  is_sending_ = true;
  const auto sent = co_await stream_.send(std::span<const base::ByteView>(pieces).first(count));
  is_sending_ = false;
  collected_.clear();
  if (collected_.capacity() > kept_capacity_max) collected_.shrink_to_fit();
  co_return sent;
}

Task<Result<>> ReplyWriter::send_file(runtime::FileHandle file, std::uint64_t position,
                                      std::uint64_t size) {
  is_sending_ = true;
  const auto sent = co_await stream_.send_file(std::move(file), position, size);
  is_sending_ = false;
  co_return sent;
}

}  // namespace iggy::server
