// Bytes to commands and replies, and back: what a caller needs to know about it.
#pragma once

#include "base/bytes.hpp"
#include "iggy/error.hpp"

namespace iggy::wire {

/// The codec of a described struct, of a list of them to the payload's end, or of one that may be
/// missing. Each noun's .cpp instantiates those of its types: see described_codec.hpp.
template <class T>
struct Codec {
  static Result<T> decode(base::ByteView payload);
  static void encode_to(base::ByteWriter& writer, const T& value);
};

/// Reads a whole payload; bytes behind a complete value are ignored, as SDKs send some.
/// Errors: invalid_command (it ends early, is not UTF-8, or holds an unknown kind),
/// invalid_format (a size that its field can't have).
template <class T>
[[nodiscard]] Result<T> decode(base::ByteView payload) {
  return Codec<T>::decode(payload);
}

/// Appends the payload of `value`.
template <class T>
void encode_to(base::ByteWriter& writer, const T& value) {
  Codec<T>::encode_to(writer, value);
}

/// The payload of `value`, alone.
template <class T>
[[nodiscard]] base::Bytes encode(const T& value) {
  base::Bytes bytes;
  base::ByteWriter writer(bytes);
  Codec<T>::encode_to(writer, value);
  return bytes;
}

}  // namespace iggy::wire
