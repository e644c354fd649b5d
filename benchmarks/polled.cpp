// Messages, taken apart.
#include "benchmarks/polled.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "wire/polled_messages.hpp"

namespace iggy::benchmarks {

namespace {

[[noreturn]] void refuse(std::uint64_t offset, const char* what) {
  fmt::print(stderr, "load-driver: message {}: {}\n", offset, what);
  std::_Exit(3);
}

void check_message(const wire::MessageView& message, ByteView bytes, std::uint64_t offset,
                   const BatchPattern& pattern, Verify verify) {
  if (!pattern.fits(message.payload, offset)) refuse(offset, "this payload was not sent");
  if (verify != Verify::all) return;
  if (message.header.offset != offset) refuse(offset, "has another offset");
  if (message.header.checksum != wire::message_checksum(bytes)) refuse(offset, "wrong checksum");
}

}  // namespace

void check_messages(ByteView messages, const Expected& expected, const BatchPattern& pattern,
                    Verify verify) {
  wire::MessageReader reader(messages);
  for (std::uint32_t i = 0; i < expected.count; ++i) {
    const auto offset = expected.offset + i;
    const auto rest = reader.rest();
    const auto message = reader.next();
    if (!message || !*message) refuse(offset, "is not there");
    check_message(**message, rest.first((*message)->header.message_size()), offset, pattern,
                  verify);
  }
  if (!reader.rest().empty()) refuse(expected.offset + expected.count, "was not announced");
}

void add_ages(ByteView messages, std::int64_t now, Histogram& ages) {
  wire::MessageReader reader(messages);
  for (auto message = reader.next(); message && *message; message = reader.next()) {
    const auto payload = (*message)->payload;
    if (payload.size() < stamp_size) continue;
    ages.add(now - static_cast<std::int64_t>(base::load<std::uint64_t>(payload.data())));
  }
}

}  // namespace iggy::benchmarks
