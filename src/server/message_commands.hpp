// The two commands whose bytes are not copied: send and poll.
#pragma once

#include "server/command_table.hpp"

namespace iggy::server {

/// Appends the batch where it lies, in the receive buffer.
Task<Result<>> answer_send(Exchange& exchange);

/// Sends small replies from a pooled buffer, large ones from the segment files.
Task<Result<>> answer_poll(Exchange& exchange);

}  // namespace iggy::server
