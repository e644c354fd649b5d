// Tests of the single fields of the protocol.
#include "wire/fields.hpp"

#include <gtest/gtest.h>

#include <string>

#include "wire/described_codec.hpp"
#include "wire/testing.hpp"

namespace iggy::wire {
namespace {

using testing::hex;
using testing::load_vector;

template <class T>
Result<T> read(const base::Bytes& bytes) {
  T value{};
  base::ByteReader reader(bytes);
  read_value(reader, value);
  if (reader.failed()) return fail(reader.failure());
  EXPECT_EQ(reader.remaining(), 0);
  return value;
}

template <class T>
base::Bytes written(const T& value) {
  base::Bytes bytes;
  base::ByteWriter writer(bytes);
  write_value(writer, value);
  return bytes;
}

/// The published bytes of `vector` are `value`, both ways.
template <class T>
void expect_published(std::string_view vector, const T& value) {
  SCOPED_TRACE(vector);
  const auto bytes = load_vector("primitives", vector).bytes;
  EXPECT_EQ(read<T>(bytes), Result<T>(value));
  EXPECT_EQ(written(value), bytes);
}

void expect_published_partitioning(std::string_view vector, const Partitioning& value) {
  SCOPED_TRACE(vector);
  const auto bytes = load_vector("primitives", vector).bytes;
  base::ByteReader reader(bytes);
  EXPECT_EQ(read_partitioning(reader), value);
  EXPECT_FALSE(reader.failed());

  base::Bytes out;
  base::ByteWriter writer(out);
  write_partitioning(writer, value);
  EXPECT_EQ(out, bytes);
}

bool refuses_partitioning(const base::Bytes& bytes) {
  base::ByteReader reader(bytes);
  static_cast<void>(read_partitioning(reader));
  return reader.failed();
}

TEST(IdentifierField, has_the_published_bytes) {
  expect_published("identifier_numeric_zero", Identifier(0));
  expect_published("identifier_numeric_max", Identifier(4294967295));
  expect_published("identifier_string", Identifier("events"));
  expect_published("identifier_string_utf8", Identifier("żółw"));
  expect_published("identifier_string_255", Identifier(std::string(255, 'x')));
}

TEST(IdentifierField, tells_broken_sizes_from_missing_bytes) {
  EXPECT_EQ(read<Identifier>(hex("")), fail(Error::invalid_command));
  EXPECT_EQ(read<Identifier>(hex("01")), fail(Error::invalid_command));
  EXPECT_EQ(read<Identifier>(hex("01 04 0100")), fail(Error::invalid_command));
  EXPECT_EQ(read<Identifier>(hex("01 02 0100")), fail(Error::invalid_format));
  EXPECT_EQ(read<Identifier>(hex("01 00")), fail(Error::invalid_format));
  EXPECT_EQ(read<Identifier>(hex("01 05 0100000000")), fail(Error::invalid_format));
  EXPECT_EQ(read<Identifier>(hex("02 00")), fail(Error::invalid_format));
  EXPECT_EQ(read<Identifier>(hex("02 01 80")), fail(Error::invalid_command));
}

TEST(IdentifierField, is_read_as_a_whole_before_its_kind_is_looked_at) {
  EXPECT_EQ(read<Identifier>(hex("00 04 01000000")), fail(Error::invalid_command));
  EXPECT_EQ(read<Identifier>(hex("03 00")), fail(Error::invalid_command));
  EXPECT_EQ(read<Identifier>(hex("09 04 01")), fail(Error::invalid_command));
}

TEST(IdentifierField, keeps_a_name_of_digits_a_name) {
  EXPECT_EQ(read<Identifier>(hex("02 03 313233")), Identifier("123"));
}

TEST(NameField, has_1_to_255_bytes_of_utf8) {
  EXPECT_EQ(read<Name>(hex("01 61")), Name("a"));
  EXPECT_EQ(read<Name>(hex("02 2f00")), Name(std::string("/\0", 2)));
  EXPECT_EQ(written(Name(std::string(255, 'n'))).size(), 256);
  EXPECT_EQ(read<Name>(hex("")), fail(Error::invalid_command));
  EXPECT_EQ(read<Name>(hex("00")), fail(Error::invalid_format));
  EXPECT_EQ(read<Name>(hex("02 61")), fail(Error::invalid_command));
  EXPECT_EQ(read<Name>(hex("02 c0af")), fail(Error::invalid_command));
}

TEST(ShortTextField, may_be_empty) {
  EXPECT_EQ(read<ShortText>(hex("00")), ShortText(""));
  EXPECT_EQ(read<ShortText>(hex("01 61")), ShortText("a"));
  EXPECT_EQ(read<ShortText>(hex("01 ff")), fail(Error::invalid_command));
  EXPECT_EQ(written(ShortText("")), hex("00"));
}

TEST(LongTextField, has_a_size_of_four_bytes) {
  EXPECT_EQ(read<LongText>(hex("00000000")), "");
  EXPECT_EQ(read<LongText>(hex("02000000 6869")), "hi");
  EXPECT_EQ(read<LongText>(hex("03000000 6869")), fail(Error::invalid_command));
  EXPECT_EQ(read<LongText>(hex("ffffffff 6869")), fail(Error::invalid_command));
  EXPECT_EQ(read<LongText>(hex("02000000 fffe")), fail(Error::invalid_command));
  EXPECT_EQ(written(LongText("hi")), hex("02000000 6869"));
}

TEST(BoolField, is_true_when_not_0_and_written_as_1) {
  EXPECT_EQ(read<bool>(hex("00")), false);
  EXPECT_EQ(read<bool>(hex("01")), true);
  EXPECT_EQ(read<bool>(hex("ff")), true);
  EXPECT_EQ(written(true), hex("01"));
}

TEST(ConsumerField, has_the_published_bytes) {
  expect_published("consumer_numeric", Consumer{.id = Identifier(1)});
  expect_published("consumer_group_named",
                   Consumer{.kind = ConsumerKind::consumer_group, .id = Identifier("workers")});
  EXPECT_EQ(read<Consumer>(hex("00 01 04 01000000")), fail(Error::invalid_command));
  EXPECT_EQ(read<Consumer>(hex("03 01 04 01000000")), fail(Error::invalid_command));
}

TEST(OptionalPartitionField, is_there_for_the_flag_1_alone) {
  expect_published("partition_some", std::optional(PartitionId{5}));
  expect_published("partition_none", std::optional<PartitionId>());
  EXPECT_EQ(read<std::optional<PartitionId>>(hex("02 05000000")).value(), std::nullopt);
  EXPECT_EQ(read<std::optional<PartitionId>>(hex("01 050000")), fail(Error::invalid_command));
}

TEST(PollingStrategyField, has_the_published_bytes) {
  expect_published("polling_strategy_offset", PollingStrategy{PollingKind::offset, 1});
  expect_published("polling_strategy_timestamp",
                   PollingStrategy{PollingKind::timestamp, 1700000000000000});
  expect_published("polling_strategy_first", PollingStrategy{PollingKind::first, 0});
  expect_published("polling_strategy_last", PollingStrategy{PollingKind::last, 0});
  expect_published("polling_strategy_next", PollingStrategy{PollingKind::next, 0});
  EXPECT_EQ(read<PollingStrategy>(hex("00 0000000000000000")), fail(Error::invalid_command));
  EXPECT_EQ(read<PollingStrategy>(hex("06 0000000000000000")), fail(Error::invalid_command));
}

TEST(PartitioningField, has_the_published_bytes) {
  const auto number_one = hex("01000000000000000000000000000000");

  expect_published_partitioning("partitioning_balanced", Partitioning::balanced());
  expect_published_partitioning("partitioning_partition_id",
                                Partitioning::partition(PartitionId{1}));
  expect_published_partitioning("partitioning_key_text",
                                Partitioning::messages_key(base::as_bytes("order-123")));
  expect_published_partitioning("partitioning_key_u128", Partitioning::messages_key(number_one));
}

TEST(PartitioningField, is_refused_with_a_size_that_does_not_fit_its_kind) {
  EXPECT_TRUE(refuses_partitioning(hex("")));
  EXPECT_TRUE(refuses_partitioning(hex("00 00")));
  EXPECT_TRUE(refuses_partitioning(hex("04 00")));
  EXPECT_TRUE(refuses_partitioning(hex("01 04 01000000")));
  EXPECT_TRUE(refuses_partitioning(hex("02 02 0100")));
  EXPECT_TRUE(refuses_partitioning(hex("02 04 0100")));
  EXPECT_TRUE(refuses_partitioning(hex("03 04 0100")));
  EXPECT_FALSE(refuses_partitioning(hex("03 00"))) << "a server accepts an empty key";
}

TEST(CountedListField, reserves_nothing_that_the_bytes_cannot_hold) {
  const auto before = testing::allocated_bytes();
  const auto bytes = hex("ffffffff 0100000001000000");

  const auto list = read<CountedList<std::uint32_t>>(bytes);

  EXPECT_EQ(list, fail(Error::invalid_command));
  EXPECT_LT(testing::allocated_bytes() - before, 1000);
}

TEST(ConsumerNumber, is_the_id_or_the_hash_of_the_name) {
  EXPECT_EQ(consumer_number(Identifier(7)), ConsumerId{7});
  EXPECT_EQ(consumer_number(Identifier("abc")), ConsumerId{0x32d153ff});
}

}  // namespace
}  // namespace iggy::wire
