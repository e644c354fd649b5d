// Tests of the commands about topics and partitions.
#include "wire/topics.hpp"

#include <gtest/gtest.h>

#include "wire/testing.hpp"

namespace iggy::wire {
namespace {

using testing::hex;

TEST(CreateTopic, has_the_published_bytes) {
  const CreateTopic request{.stream_id = Identifier("a"),
                            .partitions_count = 3,
                            .compression_algorithm = CompressionAlgorithm::none,
                            .name = Name("logs")};
  const auto bytes = hex("02 01 61  03000000 01 0000000000000000 0000000000000000 00  04 6c6f6773");

  EXPECT_EQ(encode(request), bytes);
  EXPECT_EQ(decode<CreateTopic>(bytes), request);
}

TEST(CreateTopic, is_refused_for_its_partitions_before_its_compression) {
  const auto request = [](std::uint32_t partitions, int compression) {
    return validate(CreateTopic{.partitions_count = partitions,
                                .compression_algorithm = CompressionAlgorithm(compression)});
  };

  EXPECT_TRUE(request(0, 1));
  EXPECT_TRUE(request(1000, 2));
  EXPECT_EQ(request(1001, 1), fail(Error::too_many_partitions));
  EXPECT_EQ(request(1, 0), fail(Error::invalid_command));
  EXPECT_EQ(request(1, 3), fail(Error::invalid_command));
  EXPECT_EQ(request(1001, 3), fail(Error::too_many_partitions));
}

TEST(UpdateTopic, is_refused_for_an_unknown_compression) {
  EXPECT_TRUE(validate(UpdateTopic{.compression_algorithm = CompressionAlgorithm::gzip}));
  EXPECT_EQ(validate(UpdateTopic{.compression_algorithm = CompressionAlgorithm(0)}),
            fail(Error::invalid_command));
}

TEST(GetTopic, is_answered_with_nothing_by_an_empty_payload) {
  EXPECT_EQ(decode<GetTopic::Reply>({}), std::nullopt);
  EXPECT_EQ(encode(GetTopic::Reply()), base::Bytes());
}

TEST(Partitions, are_created_1_to_1000_at_a_time_and_deleted_without_that_limit) {
  EXPECT_TRUE(validate(CreatePartitions{.partitions_count = 1}));
  EXPECT_TRUE(validate(CreatePartitions{.partitions_count = 1000}));
  EXPECT_EQ(validate(CreatePartitions{.partitions_count = 0}), fail(Error::too_many_partitions));
  EXPECT_EQ(validate(CreatePartitions{.partitions_count = 1001}), fail(Error::too_many_partitions));
  EXPECT_TRUE(validate(DeletePartitions{.partitions_count = 1001}));
  EXPECT_EQ(validate(DeletePartitions{.partitions_count = 0}), fail(Error::too_many_partitions));
}

}  // namespace
}  // namespace iggy::wire
