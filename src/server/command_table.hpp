// The commands of the protocol: which code is answered by which operation, and who may ask.
#pragma once

#include <cstdint>

#include "broker/context.hpp"
#include "server/reply_writer.hpp"

namespace iggy::server {

/// One request being answered.
struct Exchange {
  broker::Context context;
  base::MutableByteView payload;  // lent until the request is answered
  ReplyWriter& replies;
  std::uint64_t poll_reply_size_max;
};

/// What is left to do behind a reply.
enum class AfterReply : std::uint8_t { go_on, close };

/// Answers the request with command `code`: decodes it, checks the login, runs the operation, adds
/// or sends the reply. Whatever goes wrong, there is exactly one reply: what a library throws
/// becomes Error 1. Errors: those of sending; the connection is over then.
Task<Result<AfterReply>> answer(std::uint32_t code, Exchange exchange);

}  // namespace iggy::server
