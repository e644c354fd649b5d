// The catalogue as bytes: what a compacted journal leaves behind.
#pragma once

#include "base/bytes.hpp"
#include "broker/catalogue.hpp"
#include "iggy/error.hpp"

namespace iggy::broker {

/// Everything in `catalogue`, in one piece. Plain and slow for a large one: call it on a worker.
[[nodiscard]] base::Bytes encode_snapshot(const Catalogue& catalogue);

/// Errors: unsupported_format (a newer server wrote it), state_file_corrupted.
[[nodiscard]] Result<Catalogue> decode_snapshot(base::ByteView bytes);

}  // namespace iggy::broker
