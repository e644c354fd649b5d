// Tests of reading and writing bytes.
#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace iggy::base {
namespace {

Bytes bytes(std::initializer_list<int> values) {
  Bytes result;
  for (const int value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

TEST(ByteReader, reads_little_endian_integers_of_every_size) {
  const auto input = bytes({1, 2, 1, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1});
  ByteReader reader(input);

  EXPECT_EQ(reader.integer<std::uint8_t>(), 0x01);
  EXPECT_EQ(reader.integer<std::uint16_t>(), 0x0102);
  EXPECT_EQ(reader.integer<std::uint32_t>(), 0x01020304u);
  EXPECT_EQ(reader.integer<std::uint64_t>(), 0x0102030405060708u);
  EXPECT_EQ(reader.remaining(), 0);
  EXPECT_FALSE(reader.failed());
}

TEST(ByteReader, reads_integers_of_128_bits) {
  Bytes input(16);
  input[0] = std::byte{1};
  input[15] = std::byte{0x80};

  const auto value = ByteReader(input).integer<unsigned __int128>();

  EXPECT_TRUE(value == ((static_cast<unsigned __int128>(1) << 127) | 1));
}

TEST(ByteReader, answers_zeros_after_its_first_failure) {
  const auto input = bytes({1, 2, 3});
  ByteReader reader(input);

  EXPECT_EQ(reader.integer<std::uint32_t>(), 0);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.failure(), Error::invalid_command);
  EXPECT_EQ(reader.integer<std::uint8_t>(), 0);
  EXPECT_TRUE(reader.view(1).empty());
  EXPECT_TRUE(reader.rest().empty());
  EXPECT_EQ(reader.remaining(), 0);
}

TEST(ByteReader, keeps_its_first_failure) {
  ByteReader reader({});

  reader.fail(Error::invalid_format);
  reader.fail(Error::invalid_command);

  EXPECT_EQ(reader.failure(), Error::invalid_format);
}

TEST(ByteReader, gives_views_up_to_the_end_and_no_further) {
  const auto input = bytes({1, 2, 3});
  ByteReader reader(input);

  EXPECT_TRUE(reader.view(0).empty());
  EXPECT_FALSE(reader.failed());
  EXPECT_EQ(reader.view(2).data(), input.data());
  EXPECT_EQ(reader.position(), 2);
  EXPECT_EQ(reader.rest().size(), 1);
  EXPECT_TRUE(reader.view(2).empty());
  EXPECT_TRUE(reader.failed());
}

TEST(ByteReader, is_not_fooled_by_a_huge_size) {
  const auto input = bytes({1, 2, 3});
  ByteReader reader(input);

  EXPECT_TRUE(reader.view(static_cast<std::size_t>(-1)).empty());
  EXPECT_TRUE(reader.failed());
}

TEST(ByteWriter, appends_little_endian_integers_views_and_texts) {
  auto output = bytes({9});
  ByteWriter writer(output);

  writer.integer(std::uint16_t{0x0102});
  writer.view(bytes({7, 8}));
  writer.text("ab");

  EXPECT_EQ(output, bytes({9, 2, 1, 7, 8, 'a', 'b'}));
  EXPECT_EQ(writer.size(), 7);
}

TEST(ByteWriter, writes_what_the_reader_reads) {
  const auto value = (static_cast<unsigned __int128>(0x0123456789abcdef) << 64) | 42;
  Bytes output;

  ByteWriter(output).integer(value);

  EXPECT_TRUE(ByteReader(output).integer<unsigned __int128>() == value);
}

}  // namespace
}  // namespace iggy::base
