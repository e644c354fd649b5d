// Replies on their way to a client: small ones are collected and leave together.
#pragma once

#include <cstddef>
#include <span>

#include "base/bytes.hpp"
#include "net/byte_stream.hpp"
#include "wire/frame.hpp"

namespace iggy::server {

using runtime::Task;

/// Collects the replies of one connection, in the order of its requests. Errors of what sends:
/// those of ByteStream; the connection is over then.
class ReplyWriter {
 public:
  /// Above this much, collected replies are sent even if more requests wait.
  static constexpr std::size_t collected_bytes_max = 64 * 1024;
  /// Memory that an idle connection may keep for its next replies.
  static constexpr std::size_t idle_capacity_max = 1024;

  explicit ReplyWriter(net::ByteStream& stream) : stream_(stream) {}

  void add_success();
  void add_error(Error error);
  /// A reply of success with a payload.
  template <class Reply>
  void add(const Reply& reply) {
    const auto start = collected_.size();
    collected_.resize(start + wire::frame_header_size);
    base::ByteWriter writer(collected_);
    wire::encode_to(writer, reply);
    finish(start);
  }

  /// Where the next reply starts: whoever fails half-way takes back what was added since, unless a
  /// part of it has left already.
  struct Mark {
    std::uint64_t sends = 0;
    std::size_t collected = 0;
  };
  [[nodiscard]] Mark mark() const { return {sends_, collected_.size()}; }
  [[nodiscard]] bool has_sent_since(Mark mark) const { return sends_ != mark.sends; }
  void cut_to(Mark mark) { collected_.resize(mark.collected); }

  /// It keeps more memory than an idle connection needs.
  [[nodiscard]] bool is_grown() const { return collected_.capacity() > idle_capacity_max; }
  void release_if_empty();

  /// It waits for the peer to take what is under way: `ByteStream::sent_bytes` tells how far it is.
  [[nodiscard]] bool is_sending() const { return is_sending_; }

  [[nodiscard]] bool is_full() const { return collected_.size() >= collected_bytes_max; }
  /// Sends what was collected.
  Task<Result<>> flush();
  /// Sends what was collected and `bytes` behind it, which are lent.
  Task<Result<>> flush_with(base::ByteView bytes);
  /// A `send_file` follows the next flush.
  void file_follows() { stream_.more_follows(); }
  /// Sends a stretch of a file. What was collected must have been flushed.
  Task<Result<>> send_file(runtime::FileHandle file, std::uint64_t position, std::uint64_t size);

 private:
  void finish(std::size_t start);

  net::ByteStream& stream_;
  base::Bytes collected_;
  std::uint64_t sends_ = 0;  // so far
  bool is_sending_ = false;
};

}  // namespace iggy::server
