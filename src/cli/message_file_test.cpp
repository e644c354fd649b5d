// Messages in a file, whole and damaged.
#include "cli/message_file.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "wire/message_batch.hpp"

namespace iggy::cli {
namespace {

void append(base::Bytes& bytes, unsigned __int128 id, std::string_view payload,
            std::string_view headers) {
  const auto at = bytes.size();
  bytes.resize(at + wire::message_header_size);
  wire::store_message_header(bytes.data() + at,
                             {.id = id,
                              .origin_timestamp = 5,
                              .user_headers_size = static_cast<std::uint32_t>(headers.size()),
                              .payload_size = static_cast<std::uint32_t>(payload.size())});
  for (const auto text : {payload, headers}) {
    const auto part = base::as_bytes(text);
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
}

base::Bytes two_messages() {
  base::Bytes bytes;
  append(bytes, 1, "first", "");
  append(bytes, 2, "second", "hh");
  return bytes;
}

TEST(MessageFile, holds_messages_back_to_back) {
  const auto bytes = two_messages();
  const auto file = read_messages(bytes);

  EXPECT_EQ(file.damage, std::nullopt);
  EXPECT_EQ(file.read_size, 64 + 5 + 64 + 6 + 2U);
  ASSERT_EQ(file.messages.size(), 2U);
  EXPECT_TRUE(file.messages[1].id == 2);
  EXPECT_EQ(file.messages[1].origin_timestamp, 5U);
  EXPECT_EQ(base::as_text(file.messages[1].payload), "second");
  EXPECT_EQ(base::as_text(file.messages[1].user_headers), "hh");
}

TEST(MessageFile, may_be_empty) {
  const auto file = read_messages({});

  EXPECT_TRUE(file.messages.empty());
  EXPECT_EQ(file.damage, std::nullopt);
}

TEST(MessageFile, is_read_up_to_the_damage) {
  const auto whole = two_messages();
  const auto cut = [&](std::size_t bytes) {
    return read_messages(base::ByteView(whole).first(whole.size() - bytes));
  };

  EXPECT_EQ(cut(1).damage, Error::invalid_header_value);
  EXPECT_EQ(cut(3).damage, Error::invalid_message_payload_length);
  EXPECT_EQ(cut(9).damage, Error::invalid_command);
  EXPECT_EQ(cut(9).read_size, 69U);
  EXPECT_EQ(cut(9).messages.size(), 1U);
}

TEST(MessageFile, does_not_believe_huge_sizes) {
  base::Bytes bytes(wire::message_header_size);
  wire::store_message_header(bytes.data(),
                             {.user_headers_size = 0xFFFF'FFFF, .payload_size = 0xFFFF'FFFF});

  EXPECT_EQ(read_messages(bytes).damage, Error::invalid_message_payload_length);
}

}  // namespace
}  // namespace iggy::cli
