// Commands about partitions.
#include <fmt/format.h>

#include <array>

#include "cli/nouns.hpp"
#include "cli/text.hpp"

namespace iggy::cli {
namespace {

/// A command about a number of partitions of one topic.
class PartitionsCommand : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the topic's stream");
    syntax.argument("TOPIC_ID", topic_id_, "ID or name of the topic");
    syntax.argument("PARTITIONS_COUNT", count_, "Number of partitions");
  }

 protected:
  /// "2 partitions for topic with ID: a and stream with ID: b"
  [[nodiscard]] std::string what() const {
    return fmt::format("{} for topic with ID: {} and stream with ID: {}",
                       counted(count_.value, "partition"), topic_id_.to_string(),
                       stream_id_.to_string());
  }

  Identifier stream_id_;
  Identifier topic_id_;
  PartCount count_;
};

class CreatePartitions final : public PartitionsCommand {
 public:
  std::string explain() const override { return fmt::format("create {}", what()); }
  Task<Outcome> run(Session session) override {
    const auto created =
        co_await session.client.create_partitions(stream_id_, topic_id_, count_.value);
    if (!created) co_return failure(fmt::format("Problem creating {}", what()), created.error());
    session.output.line(fmt::format("Created {}", what()));
    co_return Outcome{};
  }
};

class DeletePartitions final : public PartitionsCommand {
 public:
  std::string explain() const override { return fmt::format("delete {}", what()); }
  Task<Outcome> run(Session session) override {
    const auto deleted =
        co_await session.client.delete_partitions(stream_id_, topic_id_, count_.value);
    if (!deleted) co_return failure(fmt::format("Problem deleting {}", what()), deleted.error());
    session.output.line(fmt::format("Deleted {}", what()));
    co_return Outcome{};
  }
};

}  // namespace

std::span<const CommandRow> partition_commands() {
  static constexpr auto rows = std::to_array<CommandRow>({
      {"create", "c", "Add partitions to a topic", "prod sensors 10",
       make_command<CreatePartitions>},
      {"delete", "d", "Delete the last partitions of a topic with their messages", "prod sensors 2",
       make_command<DeletePartitions>},
  });
  return rows;
}

}  // namespace iggy::cli
