// Single fields of the protocol to bytes and back: what described structs are made of.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "iggy/identifier.hpp"
#include "wire/primitives.hpp"

namespace iggy::wire {

/// Readers note their failure in `reader`: invalid_command where bytes are missing, no UTF-8 or an
/// unknown kind; invalid_format where a size is not allowed. The value then means nothing.
void read_field(base::ByteReader& reader, bool& value);
void read_field(base::ByteReader& reader, float& value);
void read_field(base::ByteReader& reader, Name& value);
void read_field(base::ByteReader& reader, ShortText& value);
void read_field(base::ByteReader& reader, LongText& value);
void read_field(base::ByteReader& reader, Identifier& value);
void read_field(base::ByteReader& reader, std::optional<PartitionId>& value);

void write_field(base::ByteWriter& writer, bool value);
void write_field(base::ByteWriter& writer, float value);
void write_field(base::ByteWriter& writer, const Name& value);
void write_field(base::ByteWriter& writer, const ShortText& value);
void write_field(base::ByteWriter& writer, const LongText& value);
void write_field(base::ByteWriter& writer, const Identifier& value);
void write_field(base::ByteWriter& writer, const std::optional<PartitionId>& value);

/// The fields of a send request, which refer to its bytes. Failures are told apart by the caller.
[[nodiscard]] IdentifierView read_identifier_view(base::ByteReader& reader);
[[nodiscard]] Partitioning read_partitioning(base::ByteReader& reader);
void write_identifier(base::ByteWriter& writer, const IdentifierView& value);
void write_partitioning(base::ByteWriter& writer, const Partitioning& value);

}  // namespace iggy::wire
