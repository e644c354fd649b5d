// Reading and writing little-endian bytes, with bounds that cannot be forgotten.
#pragma once

#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "iggy/error.hpp"

namespace iggy::base {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;
using MutableByteView = std::span<std::byte>;

/// An unsigned integer type of the wire, u128 included.
template <class T>
concept WireInteger = std::unsigned_integral<T> || std::same_as<T, unsigned __int128>;

/// Loads a little-endian integer from `bytes`, which must hold enough of them.
template <WireInteger T>
[[nodiscard]] inline T load(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// Stores a little-endian integer at `bytes`, which must have room for it.
template <WireInteger T>
inline void store(std::byte* bytes, T value) {
  std::memcpy(bytes, &value, sizeof value);
}

[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads from a view. It remembers its first failure and from then on answers zeros and empty
/// views, so a decoder asks `failure()` once, at its end. It never reads out of bounds.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  /// The next integer. Failure: invalid_command if the bytes end before it.
  template <WireInteger T>
  T integer() {
    const auto bytes = view(sizeof(T));
    return bytes.empty() ? T{0} : load<T>(bytes.data());
  }

  /// The next `size` bytes, not copied. Failure: invalid_command if there are fewer.
  ByteView view(std::size_t size) {
    if (failed_ || size > bytes_.size() - position_) {
      fail(Error::invalid_command);
      return {};
    }
    const auto result = bytes_.subspan(position_, size);
    position_ += size;
    return result;
  }

  /// Notes a failure that the decoder found; the first one stays.
  void fail(Error error) {
    if (!failed_) failure_ = error;
    failed_ = true;
  }

  [[nodiscard]] bool failed() const { return failed_; }
  /// Only to be asked when `failed()`.
  [[nodiscard]] Error failure() const {
    assert(failed_);
    return failure_;
  }
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t remaining() const { return failed_ ? 0 : bytes_.size() - position_; }
  [[nodiscard]] ByteView rest() const { return failed_ ? ByteView{} : bytes_.subspan(position_); }

 private:
  ByteView bytes_;
  std::size_t position_ = 0;
  bool failed_ = false;
  Error failure_{};
};

/// Appends to a byte vector.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& bytes) : bytes_(bytes) {}

  template <WireInteger T>
  void integer(T value) {
    const auto at = bytes_.size();
    bytes_.resize(at + sizeof value);
    store(bytes_.data() + at, value);
  }
  void view(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void text(std::string_view text) { view(as_bytes(text)); }

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] Bytes& bytes() { return bytes_; }

 private:
  Bytes& bytes_;
};

}  // namespace iggy::base
