// User headers as bytes behind a message's payload.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "iggy/error.hpp"
#include "iggy/user_headers.hpp"

namespace iggy::wire {

/// Reads the user headers of a message. Nothing: their structure is damaged, and the message counts
/// as one without headers. A repeated key: the last one wins. Errors: invalid_header_kind,
/// invalid_header_key and invalid_header_value (a size that does not fit its kind).
[[nodiscard]] Result<std::optional<UserHeaders>> decode_user_headers(base::ByteView bytes);

/// Errors: too_big_user_headers, more than 100,000 bytes.
[[nodiscard]] Result<base::Bytes> encode_user_headers(const UserHeaders& headers);

}  // namespace iggy::wire
