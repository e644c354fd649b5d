// Commands about messages; send and poll have files of their own.
#include <fmt/format.h>

#include <array>

#include "cli/nouns.hpp"

namespace iggy::cli {
namespace {

class Flush final : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.flag('f', "fsync", fsync_, "Wait until the messages are on the disk");
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the topic's stream");
    syntax.argument("TOPIC_ID", topic_id_, "ID or name of the topic");
    syntax.argument("PARTITION_ID", partition_id_, "ID of the partition");
  }
  std::string explain() const override { return fmt::format("flush {}", what()); }
  Task<Outcome> run(Session session) override {
    const auto flushed =
        co_await session.client.flush_unsaved_buffer({.stream_id = stream_id_,
                                                      .topic_id = topic_id_,
                                                      .partition_id = PartitionId{partition_id_},
                                                      .fsync = fsync_});
    if (!flushed) co_return failure(fmt::format("Problem flushing {}", what()), flushed.error());
    session.output.line(fmt::format("Flushed {}", what()));
    co_return Outcome{};
  }

 private:
  [[nodiscard]] std::string what() const {
    return fmt::format(
        "messages from topic with ID: {} and stream with ID: {} (partition with ID: {}) {} fsync",
        topic_id_.to_string(), stream_id_.to_string(), partition_id_, fsync_ ? "with" : "without");
  }

  bool fsync_ = false;
  Identifier stream_id_;
  Identifier topic_id_;
  std::uint32_t partition_id_ = 0;
};

}  // namespace

std::span<const CommandRow> message_commands() {
  static constexpr auto rows = std::to_array<CommandRow>({
      {"send", "s", "Send messages to a topic", "-p 1 prod sensors \"hello world\"", make_send},
      {"poll", "p", "Poll messages from a partition", "--offset 0 -m 10 prod sensors 1", make_poll},
      {"flush", "f", "Write what the server still holds in memory to its files",
       "--fsync prod sensors 1", make_command<Flush>},
  });
  return rows;
}

}  // namespace iggy::cli
