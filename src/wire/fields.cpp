// Reading and writing the single fields of the protocol.
#include "wire/fields.hpp"

#include <bit>
#include <cassert>
#include <cstdint>
#include <string_view>

#include "base/utf8.hpp"

namespace iggy::wire {
namespace {

constexpr std::uint8_t numeric_kind = 1;
constexpr std::uint8_t string_kind = 2;
constexpr std::uint8_t given = 1;  // the flag in front of an optional partition

/// The next `size` bytes as a text. Failure: invalid_command if they are missing or no UTF-8.
std::string_view read_text(base::ByteReader& reader, std::size_t size) {
  const auto text = base::as_text(reader.view(size));
  if (!base::is_utf8(text)) reader.fail(Error::invalid_command);
  return text;
}

template <class Text>
void read_small_text(base::ByteReader& reader, Text& value) {
  const auto size = reader.integer<std::uint8_t>();
  if (!reader.failed() && size < Text::size_min) reader.fail(Error::invalid_format);
  const auto text = read_text(reader, size);
  if (!reader.failed()) value = Text(std::string(text));
}

template <class Text>
void write_small_text(base::ByteWriter& writer, const Text& value) {
  assert(Text::is_valid(value.text()));
  writer.integer(static_cast<std::uint8_t>(value.text().size()));
  writer.text(value.text());
}

}  // namespace

void read_field(base::ByteReader& reader, bool& value) {
  value = reader.integer<std::uint8_t>() != 0;
}

void read_field(base::ByteReader& reader, float& value) {
  value = std::bit_cast<float>(reader.integer<std::uint32_t>());
}

void read_field(base::ByteReader& reader, Name& value) { read_small_text(reader, value); }

void read_field(base::ByteReader& reader, ShortText& value) { read_small_text(reader, value); }

void read_field(base::ByteReader& reader, LongText& value) {
  const auto size = reader.integer<std::uint32_t>();
  value = read_text(reader, size);
}

void read_field(base::ByteReader& reader, Identifier& value) {
  const auto view = read_identifier_view(reader);
  if (reader.failed()) return;
  if (view.is_numeric()) {
    value = Identifier(view.id());
  } else if (base::is_utf8(view.name())) {
    value = Identifier(std::string(view.name()));
  } else {
    reader.fail(Error::invalid_command);
  }
}

void read_field(base::ByteReader& reader, std::optional<PartitionId>& value) {
  const auto flag = reader.integer<std::uint8_t>();
  const auto id = reader.integer<std::uint32_t>();
  value = flag == given ? std::optional(PartitionId{id}) : std::nullopt;
}

void write_field(base::ByteWriter& writer, bool value) {
  writer.integer(static_cast<std::uint8_t>(value ? 1 : 0));
}

void write_field(base::ByteWriter& writer, float value) {
  writer.integer(std::bit_cast<std::uint32_t>(value));
}

void write_field(base::ByteWriter& writer, const Name& value) { write_small_text(writer, value); }

void write_field(base::ByteWriter& writer, const ShortText& value) {
  write_small_text(writer, value);
}

void write_field(base::ByteWriter& writer, const LongText& value) {
  writer.integer(static_cast<std::uint32_t>(value.size()));
  writer.text(value);
}

void write_field(base::ByteWriter& writer, const Identifier& value) {
  write_identifier(writer, value);
}

void write_field(base::ByteWriter& writer, const std::optional<PartitionId>& value) {
  writer.integer(static_cast<std::uint8_t>(value ? given : 0));
  writer.integer(value ? number(*value) : std::uint32_t{0});
}

// The value is read before its kind is looked at, as the reference does: a cut value of an unknown
// kind is a cut value.
IdentifierView read_identifier_view(base::ByteReader& reader) {
  const auto kind = reader.integer<std::uint8_t>();
  const auto size = reader.integer<std::uint8_t>();
  const auto value = reader.view(size);
  if (reader.failed()) return {};

  switch (kind) {
    case numeric_kind:
      if (size == sizeof(std::uint32_t))
        return IdentifierView(base::load<std::uint32_t>(value.data()));
      break;
    case string_kind:
      if (size > 0) return IdentifierView(base::as_text(value));
      break;
    default:
      reader.fail(Error::invalid_command);
  }
  reader.fail(Error::invalid_format);
  return {};
}

Partitioning read_partitioning(base::ByteReader& reader) {
  const auto kind = static_cast<PartitioningKind>(reader.integer<std::uint8_t>());
  const auto size = reader.integer<std::uint8_t>();
  const auto value = reader.view(size);
  if (reader.failed()) return {};

  switch (kind) {
    case PartitioningKind::balanced:
      if (size == 0) return Partitioning::balanced();
      break;
    case PartitioningKind::partition_id:
      if (size == sizeof(std::uint32_t)) {
        return Partitioning::partition(PartitionId{base::load<std::uint32_t>(value.data())});
      }
      break;
    case PartitioningKind::messages_key:
      return Partitioning::messages_key(value);
  }
  reader.fail(Error::invalid_command);
  return {};
}

void write_identifier(base::ByteWriter& writer, const IdentifierView& value) {
  if (value.is_numeric()) {
    writer.integer(numeric_kind);
    writer.integer(static_cast<std::uint8_t>(sizeof value.id()));
    writer.integer(value.id());
  } else {
    assert(value.name().size() <= 255);
    writer.integer(string_kind);
    writer.integer(static_cast<std::uint8_t>(value.name().size()));
    writer.text(value.name());
  }
}

void write_partitioning(base::ByteWriter& writer, const Partitioning& value) {
  writer.integer(static_cast<std::uint8_t>(value.kind));
  switch (value.kind) {
    case PartitioningKind::balanced:
      writer.integer(std::uint8_t{0});
      break;
    case PartitioningKind::partition_id:
      writer.integer(static_cast<std::uint8_t>(sizeof(std::uint32_t)));
      writer.integer(number(value.partition_id));
      break;
    case PartitioningKind::messages_key:
      assert(value.key.size() <= 255);
      writer.integer(static_cast<std::uint8_t>(value.key.size()));
      writer.view(value.key);
      break;
  }
}

}  // namespace iggy::wire
