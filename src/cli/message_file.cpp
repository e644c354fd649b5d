// Messages in a file: one behind the other, as they travel.
#include "cli/message_file.hpp"

#include <expected>

#include "wire/message_batch.hpp"

namespace iggy::cli {
namespace {

struct Record {
  wire::OutgoingMessage message;
  std::size_t size = 0;
};

Result<Record> read_record(base::ByteView bytes) {
  if (bytes.size() < wire::message_header_size) return fail(Error::invalid_command);
  const auto header = wire::load_message_header(bytes.data());
  const auto body = bytes.subspan(wire::message_header_size);
  if (header.payload_size > body.size()) return fail(Error::invalid_message_payload_length);
  if (header.user_headers_size > body.size() - header.payload_size) {
    return fail(Error::invalid_header_value);
  }
  return Record{
      .message = {.id = header.id,
                  .origin_timestamp = header.origin_timestamp,
                  .payload = body.first(header.payload_size),
                  .user_headers = body.subspan(header.payload_size, header.user_headers_size)},
      .size = header.message_size()};
}

}  // namespace

MessageFile read_messages(base::ByteView bytes) {
  MessageFile file;
  while (file.read_size < bytes.size()) {
    const auto record = read_record(bytes.subspan(file.read_size));
    if (!record) {
      file.damage = record.error();
      break;
    }
    file.messages.push_back(record->message);
    file.read_size += record->size;
  }
  return file;
}

}  // namespace iggy::cli
