// Goes over all commands with the published vectors: both directions, every truncation, hostile
// sizes.
#include "wire/commands.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <type_traits>

#include "wire/flattened.hpp"
#include "wire/frame.hpp"
#include "wire/testing.hpp"

namespace iggy::wire::testing {
namespace {

constexpr std::array vector_files = {"frames", "session", "system",  "streams",
                                     "topics", "offsets", "messages"};

/// What the vectors call the elements of a reply that is a list.
constexpr const char* list_name(std::uint32_t code) {
  return code == GetStreams::code ? "streams" : "topics";
}

/// The fields behind the frame header.
FlatFields payload_fields(const GoldenVector& vector) {
  FlatFields fields;
  for (const auto& field : vector.fields) {
    if (field.offset >= frame_header_size && field.name != "trailing") {
      fields.emplace_back(field.name, field.value);
    }
  }
  return fields;
}

/// Calls `function(vector)` with each vector of a direction.
template <class Function>
void for_each_vector(std::string_view direction, Function function) {
  for (const auto* file : vector_files) {
    for (const auto& vector : load_vectors(file)) {
      SCOPED_TRACE(vector.name);
      if (vector.direction == direction) function(vector);
    }
  }
}

/// Calls `function(vector, decode, encode)` where the generic codec knows the vector's payload.
template <class Function>
void for_each_request(Function function) {
  for_each_vector("request", [&](const GoldenVector& vector) {
    with_command(vector.code,
                 [&]<class Command>() { function.template operator()<Command>(vector); });
  });
}

template <class Function>
void for_each_reply(Function function) {
  for_each_vector("response", [&](const GoldenVector& vector) {
    with_command(vector.code, [&]<class Command>() {
      using Reply = typename Command::Reply;
      if constexpr (std::is_void_v<Reply>) {
        EXPECT_EQ(vector.bytes, base::Bytes(empty_reply.begin(), empty_reply.end()));
      } else if constexpr (!std::is_same_v<Reply, PolledMessages>) {
        function.template operator()<Reply>(vector);
      }
    });
  });
}

/// A value that decodes from `payload` encodes to it again, and nothing large was allocated.
template <class T>
void expect_harmless(base::ByteView payload) {
  const auto before = allocated_bytes();
  const auto value = decode<T>(payload);
  ASSERT_LE(allocated_bytes() - before, payload.size() * 16 + 256);
  if (!value) return;

  const auto encoded = encode(*value);
  const auto again = decode<T>(encoded);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(encode(*again), encoded);
}

/// Puts hostile bytes and sizes at each place of `payload`.
template <class T>
void expect_harmless_with_hostile_sizes(base::ByteView payload) {
  for (std::size_t at = 0; at < payload.size(); ++at) {
    base::Bytes bytes(payload.begin(), payload.end());
    for (const std::uint8_t size : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      bytes[at] = std::byte{size};
      expect_harmless<T>(bytes);
    }
    if (payload.size() - at < 4) continue;
    for (const std::uint32_t size : {0u, 1u, 255u, 0x7fffffffu, 0xffffffffu}) {
      base::store(bytes.data() + at, size);
      expect_harmless<T>(bytes);
    }
  }
}

TEST(EveryCommand, decodes_the_published_requests) {
  std::size_t count = 0;
  for_each_request([&]<class Command>(const GoldenVector& vector) {
    ++count;
    const auto header = load_request_header(vector.bytes.data());
    ASSERT_TRUE(header);
    EXPECT_EQ(*header,
              (RequestHeader{.code = Command::code,
                             .payload_size = static_cast<std::uint32_t>(vector.payload().size())}));
    const auto request = decode<Command>(vector.payload());
    ASSERT_TRUE(request);
    EXPECT_EQ(flattened(*request, ""), payload_fields(vector));
  });
  EXPECT_EQ(count, 48);
}

TEST(EveryCommand, encodes_the_published_requests) {
  for_each_request([]<class Command>(const GoldenVector& vector) {
    const auto request = decode<Command>(vector.payload());
    ASSERT_TRUE(request);
    if (!vector.tolerated) EXPECT_EQ(encode_request(*request), vector.bytes);
  });
}

TEST(EveryCommand, refuses_every_truncation_of_its_request) {
  for_each_request([]<class Command>(const GoldenVector& vector) {
    if (vector.tolerated) return;
    for (std::size_t size = 0; size < vector.payload().size(); ++size) {
      EXPECT_EQ(decode<Command>(vector.payload().first(size)), fail(Error::invalid_command))
          << "after " << size << " bytes";
    }
  });
}

TEST(EveryCommand, ignores_bytes_behind_its_request) {
  for_each_request([]<class Command>(const GoldenVector& vector) {
    if (vector.tolerated) return;
    auto bytes = vector.bytes;
    bytes.resize(bytes.size() + 5, std::byte{0xff});

    const auto request = decode<Command>(base::ByteView(bytes).subspan(8));

    ASSERT_TRUE(request);
    EXPECT_EQ(encode_request(*request), vector.bytes);
  });
}

TEST(EveryCommand, survives_hostile_sizes_in_its_request) {
  for_each_request([]<class Command>(const GoldenVector& vector) {
    expect_harmless_with_hostile_sizes<Command>(vector.payload());
  });
}

TEST(EveryReply, decodes_and_encodes_the_published_bytes) {
  std::size_t count = 0;
  for_each_reply([&]<class Reply>(const GoldenVector& vector) {
    ++count;
    EXPECT_EQ(load_reply_header(vector.bytes.data()),
              (ReplyHeader{.status = 0,
                           .payload_size = static_cast<std::uint32_t>(vector.payload().size())}));
    const auto reply = decode<Reply>(vector.payload());
    ASSERT_TRUE(reply);
    EXPECT_EQ(flattened(*reply, list_name(vector.code)), payload_fields(vector));
    EXPECT_EQ(encode_reply(*reply), vector.bytes);
  });
  EXPECT_EQ(count, 18);
}

TEST(EveryReply, is_an_error_or_whole_elements_when_truncated) {
  for_each_reply([]<class Reply>(const GoldenVector& vector) {
    for (std::size_t size = 0; size < vector.payload().size(); ++size) {
      const auto cut = vector.payload().first(size);
      const auto reply = decode<Reply>(cut);
      if (reply) {
        EXPECT_EQ(encode(*reply), base::Bytes(cut.begin(), cut.end()));
      } else {
        EXPECT_EQ(reply.error(), Error::invalid_command);
      }
    }
  });
}

TEST(EveryReply, survives_hostile_sizes) {
  for_each_reply([]<class Reply>(const GoldenVector& vector) {
    expect_harmless_with_hostile_sizes<Reply>(vector.payload());
  });
}

TEST(EveryCommand, has_the_bytes_of_the_recorded_session) {
  std::size_t count = 0;
  for (const auto& exchange : load_vectors("exchanges")) {
    SCOPED_TRACE(exchange.name);
    with_command(exchange.code, [&]<class Command>() {
      const auto request = decode<Command>(exchange.payload());
      ASSERT_TRUE(request);
      EXPECT_EQ(encode_request(*request), exchange.bytes);
      using Reply = typename Command::Reply;
      if constexpr (!std::is_void_v<Reply> && !std::is_same_v<Reply, PolledMessages>) {
        if (exchange.status != 0) return;
        const auto reply = decode<Reply>(base::ByteView(exchange.response).subspan(8));
        ASSERT_TRUE(reply);
        EXPECT_EQ(encode_reply(*reply), exchange.response);
        ++count;
      }
    });
  }
  EXPECT_EQ(count, 28);
}

}  // namespace
}  // namespace iggy::wire::testing
