// Reading and writing user headers.
#include "wire/user_headers.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

#include "wire/message_batch.hpp"

namespace iggy::wire {
namespace {

/// A key or a value whose bytes are there, but whose kind may be any number but 0.
struct RawValue {
  HeaderKind kind{};
  std::string_view bytes;
};

/// Failure: invalid_format, also for a size that a value can't have.
RawValue read_raw_value(base::ByteReader& reader) {
  const auto kind = static_cast<HeaderKind>(reader.integer<std::uint8_t>());
  const auto size = reader.integer<std::uint32_t>();
  if (kind == HeaderKind{} || size == 0 || size > HeaderValue::size_max) {
    reader.fail(Error::invalid_format);
  }
  return {.kind = kind, .bytes = base::as_text(reader.view(size))};
}

bool is_well_formed(base::ByteView bytes) {
  base::ByteReader reader(bytes);
  while (reader.remaining() > 0) {
    read_raw_value(reader);  // key
    read_raw_value(reader);  // value
  }
  return !reader.failed();
}

/// Errors: invalid_header_kind, and `wrong_size`.
Result<HeaderValue> make_value(const RawValue& raw, Error wrong_size) {
  auto value = HeaderValue::make(raw.kind, raw.bytes);
  if (!value && value.error() != Error::invalid_header_kind) return fail(wrong_size);
  return value;
}

void write_value(base::ByteWriter& writer, const HeaderValue& value) {
  writer.integer(static_cast<std::uint8_t>(value.kind()));
  writer.integer(static_cast<std::uint32_t>(value.bytes().size()));
  writer.text(value.bytes());
}

}  // namespace

Result<std::optional<UserHeaders>> decode_user_headers(base::ByteView bytes) {
  // The structure first, as a whole: where it is damaged, nothing in it means anything.
  if (!is_well_formed(bytes)) return std::nullopt;

  UserHeaders headers;
  base::ByteReader reader(bytes);
  while (reader.remaining() > 0) {
    auto key = make_value(read_raw_value(reader), Error::invalid_header_key);
    if (!key) return fail(key);
    auto value = make_value(read_raw_value(reader), Error::invalid_header_value);
    if (!value) return fail(value);
    headers.insert_or_assign(std::move(*key), std::move(*value));
  }
  return headers;
}

Result<base::Bytes> encode_user_headers(const UserHeaders& headers) {
  base::Bytes bytes;
  base::ByteWriter writer(bytes);
  for (const auto& [key, value] : headers) {
    write_value(writer, key);
    write_value(writer, value);
    if (bytes.size() > message_user_headers_size_max) return fail(Error::too_big_user_headers);
  }
  return bytes;
}

}  // namespace iggy::wire
