// How failures are told.
#include "cli/failure.hpp"

#include <gtest/gtest.h>

namespace iggy::cli {
namespace {

TEST(Failure, is_told_with_its_cause_below) {
  const auto failed = failure("Problem deleting stream with ID: 5", Error::stream_id_not_found);

  EXPECT_EQ(report(failed.error()),
            "Error: CommandError(Problem deleting stream with ID: 5\n\nCaused by:\n"
            "    Stream with ID: 0 was not found.)");
  EXPECT_EQ(report({"stream did not contain valid UTF-8", {}}),
            "Error: CommandError(stream did not contain valid UTF-8)");
}

TEST(Failure, of_the_connection_names_the_error) {
  EXPECT_EQ(client_report(Error::cannot_establish_connection),
            "Error: IggyClient(SdkError(CannotEstablishConnection))");
  EXPECT_EQ(client_report("InvalidTransport", "abc"),
            "Error: IggyClient(InvalidTransport(\"abc\"))");
}

TEST(ErrorText, has_nothing_where_the_server_knew_more) {
  EXPECT_EQ(error_text(Error::stream_name_already_exists), "Stream with name:  already exists.");
  EXPECT_EQ(error_text(Error::topic_name_already_exists),
            "Topic with name:  for stream with ID: 0 already exists.");
  EXPECT_EQ(error_text(Error::partition_not_found),
            "Partition with ID: 0 for topic with ID: 0 for stream with ID: 0 was not found.");
  EXPECT_EQ(error_text(Error::resource_not_found), "Resource with key:  was not found.");
  EXPECT_EQ(error_text(Error::invalid_topic_size),
            "Max topic size cannot be lower than segment size. Max topic size: server_default < "
            "segment size: 0 B.");
  EXPECT_EQ(error_text(Error::invalid_offset), "Invalid offset: 0");
}

}  // namespace
}  // namespace iggy::cli
