// Tests of message headers and of the check of a received batch.
#include "wire/message_batch.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "wire/messages.hpp"
#include "wire/testing.hpp"

namespace iggy::wire {
namespace {

using testing::load_vector;

/// Two messages of 69 and 70 bytes and their index, ready to be spoiled.
class ValidateBatch : public ::testing::Test {
 protected:
  ValidateBatch() {
    append_message("hello", "");
    append_message("hello", "!");
  }

  void append_message(std::string_view payload, std::string_view user_headers) {
    const auto at = messages.size();
    messages.resize(at + message_header_size);
    store_message_header(messages.data() + at,
                         {.user_headers_size = static_cast<std::uint32_t>(user_headers.size()),
                          .payload_size = static_cast<std::uint32_t>(payload.size())});
    base::ByteWriter(messages).text(payload);
    base::ByteWriter(messages).text(user_headers);

    base::ByteWriter index(indexes);
    index.integer(std::uint32_t{0});
    index.integer(static_cast<std::uint32_t>(messages.size()));
    index.integer(std::uint64_t{0});
  }

  void set_index_offset(std::size_t i, std::uint32_t offset) {
    base::store(indexes.data() + i * message_index_size, offset);
  }
  void set_position(std::size_t i, std::uint32_t position) {
    base::store(indexes.data() + i * message_index_size + 4, position);
  }
  void set_index_timestamp(std::size_t i, std::uint64_t timestamp) {
    base::store(indexes.data() + i * message_index_size + 8, timestamp);
  }
  template <class T>
  void set_field(std::size_t message, std::size_t field, T value) {
    base::store(messages.data() + (message == 0 ? 0 : 69) + field, value);
  }

  Result<Batch> validate() {
    return validate_batch(indexes, messages,
                          static_cast<std::uint32_t>(indexes.size() / message_index_size));
  }
  Error error() {
    const auto batch = validate();
    return batch ? Error{} : batch.error();
  }

  base::Bytes indexes;
  base::Bytes messages;
};

TEST_F(ValidateBatch, gives_back_the_messages) {
  const auto batch = validate();

  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->count, 2);
  EXPECT_EQ(batch->bytes.data(), messages.data());
  EXPECT_EQ(batch->bytes.size(), 139);
}

TEST_F(ValidateBatch, refuses_an_empty_batch) {
  indexes.clear();
  messages.clear();
  EXPECT_EQ(error(), Error::invalid_messages_count);
}

TEST_F(ValidateBatch, refuses_an_index_with_an_offset) {
  set_index_offset(1, 1);
  EXPECT_EQ(error(), Error::non_zero_offset);
}

TEST_F(ValidateBatch, refuses_an_index_with_a_timestamp) {
  set_index_timestamp(1, 1);
  EXPECT_EQ(error(), Error::non_zero_timestamp);
}

TEST_F(ValidateBatch, refuses_a_position_behind_the_end) {
  set_position(0, 140);
  EXPECT_EQ(error(), Error::missing_index);
}

TEST_F(ValidateBatch, refuses_a_message_shorter_than_its_header) {
  set_position(0, 63);
  EXPECT_EQ(error(), Error::missing_index);
}

TEST_F(ValidateBatch, refuses_a_position_before_the_former_one) {
  append_message("third", "");
  set_position(1, 68);
  EXPECT_EQ(error(), Error::missing_index);
}

TEST_F(ValidateBatch, refuses_sizes_longer_than_the_message) {
  set_field(0, MessageField::payload_size, std::uint32_t{6});
  EXPECT_EQ(error(), Error::missing_index);
}

TEST_F(ValidateBatch, adds_sizes_without_overflow) {
  set_field(0, MessageField::payload_size, std::uint32_t{0xffffffff});
  set_field(0, MessageField::user_headers_size, std::uint32_t{0xffffffff});
  EXPECT_EQ(error(), Error::missing_index);

  set_field(0, MessageField::payload_size, std::uint32_t{6});
  set_field(0, MessageField::user_headers_size, std::uint32_t{0xffffffff});
  EXPECT_EQ(error(), Error::missing_index);
}

TEST_F(ValidateBatch, refuses_header_offsets_that_go_down) {
  set_field(0, MessageField::offset, std::uint64_t{5});
  set_field(1, MessageField::offset, std::uint64_t{4});
  EXPECT_EQ(error(), Error::invalid_offset);
}

TEST_F(ValidateBatch, accepts_header_offsets_that_stay_or_go_up) {
  set_field(0, MessageField::offset, std::uint64_t{5});
  set_field(1, MessageField::offset, std::uint64_t{5});
  EXPECT_TRUE(validate());
}

TEST_F(ValidateBatch, uses_the_last_position_for_its_order_alone) {
  set_position(1, 69);
  EXPECT_TRUE(validate());
  set_position(1, 0xffffffff);
  EXPECT_TRUE(validate());
  set_position(1, 68);
  EXPECT_EQ(error(), Error::cannot_read_index_position);
}

TEST_F(ValidateBatch, refuses_bytes_behind_a_message) {
  messages.push_back(std::byte{0});
  EXPECT_EQ(error(), Error::invalid_messages_size);
}

TEST_F(ValidateBatch, refuses_bytes_between_messages) {
  set_field(0, MessageField::payload_size, std::uint32_t{4});
  EXPECT_EQ(error(), Error::invalid_messages_size);
}

TEST_F(ValidateBatch, checks_a_message_wholly_before_the_next) {
  set_field(0, MessageField::payload_size, std::uint32_t{6});  // row 10 of message 0
  set_index_offset(1, 1);                                      // row 8 of message 1
  EXPECT_EQ(error(), Error::missing_index);
}

TEST_F(ValidateBatch, checks_a_message_in_the_published_order) {
  set_field(0, MessageField::offset, std::uint64_t{1});
  set_position(1, 68);
  EXPECT_EQ(error(), Error::invalid_offset);
  set_field(1, MessageField::payload_size, std::uint32_t{6});
  EXPECT_EQ(error(), Error::missing_index);
  set_index_timestamp(1, 1);
  EXPECT_EQ(error(), Error::non_zero_timestamp);
  set_index_offset(1, 1);
  EXPECT_EQ(error(), Error::non_zero_offset);
}

/// One message of zeros.
struct LargeBatch {
  LargeBatch(std::uint32_t payload_size, std::uint32_t user_headers_size)
      : indexes(message_index_size),
        messages(message_header_size + payload_size + user_headers_size) {
    store_message_header(messages.data(),
                         {.user_headers_size = user_headers_size, .payload_size = payload_size});
  }
  Result<Batch> validate() { return validate_batch(indexes, messages, 1); }

  base::Bytes indexes;
  base::Bytes messages;
};

TEST(LargestMessages, have_64_000_000_bytes_of_payload) {
  EXPECT_TRUE(LargeBatch(64'000'000, 0).validate());
  EXPECT_EQ(LargeBatch(64'000'001, 0).validate().error(), Error::too_big_message_payload);
}

TEST(LargestMessages, have_100_000_bytes_of_user_headers) {
  EXPECT_TRUE(LargeBatch(1, 100'000).validate());
  EXPECT_EQ(LargeBatch(1, 100'001).validate().error(), Error::too_big_user_headers);
}

TEST(LargestMessages, are_refused_for_their_payload_first) {
  EXPECT_EQ(LargeBatch(64'000'001, 100'001).validate().error(), Error::too_big_message_payload);
}

TEST(MessageHeader, has_the_published_bytes) {
  const auto vector = load_vector("primitives", "message_header_as_sent");

  const auto header = load_message_header(vector.bytes.data());

  EXPECT_EQ(header,
            (MessageHeader{.id = 1, .origin_timestamp = 1700000000000000, .payload_size = 5}));
  base::Bytes stored(message_header_size, std::byte{0xff});
  store_message_header(stored.data(), header);
  EXPECT_EQ(stored, vector.bytes);
}

TEST(MessageHeader, of_a_stored_message_holds_its_checksum) {
  const auto vector = load_vector("primitives", "message_as_stored");

  const auto header = load_message_header(vector.bytes.data());

  EXPECT_EQ(header.message_size(), 69);
  EXPECT_EQ(std::to_string(header.checksum), vector.field("messages[0].checksum"));
  EXPECT_EQ(message_checksum(vector.bytes), header.checksum);
}

}  // namespace
}  // namespace iggy::wire
