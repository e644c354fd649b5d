// Commands about what consumers have read.
#include <fmt/format.h>

#include <array>

#include "cli/nouns.hpp"
#include "cli/table.hpp"

namespace iggy::cli {
namespace {

/// A command about one consumer in one partition.
class OffsetCommand : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.option({.letter = 'k',
                   .name = "kind",
                   .value_name = "KIND",
                   .help = "Whether the consumer reads alone or is a group",
                   .take = take_into(kind_),
                   .default_text = "consumer",
                   .choices = choices_of<wire::ConsumerKind>()});
    syntax.argument("CONSUMER_ID", consumer_id_, "ID or name of the consumer or group");
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the topic's stream");
    syntax.argument("TOPIC_ID", topic_id_, "ID or name of the topic");
    syntax.argument("PARTITION_ID", partition_id_, "ID of the partition");
  }

 protected:
  [[nodiscard]] client::PartitionConsumer consumer() const {
    return {.consumer = {.kind = kind_, .id = consumer_id_},
            .stream_id = stream_id_,
            .topic_id = topic_id_,
            .partition_id = PartitionId{partition_id_}};
  }
  /// "stream with ID: a and topic with ID: b and partition with ID: 1"
  [[nodiscard]] std::string where() const {
    return fmt::format("stream with ID: {} and topic with ID: {} and partition with ID: {}",
                       stream_id_.to_string(), topic_id_.to_string(), partition_id_);
  }

  wire::ConsumerKind kind_ = wire::ConsumerKind::consumer;
  Identifier consumer_id_;
  Identifier stream_id_;
  Identifier topic_id_;
  std::uint32_t partition_id_ = 0;
};

class GetOffset final : public OffsetCommand {
 public:
  std::string explain() const override {
    return fmt::format("get consumer offset for {} for {}", who(), where());
  }
  Task<Outcome> run(Session session) override {
    const auto offset = co_await session.client.get_consumer_offset(consumer());
    if (!offset) {
      co_return failure(
          fmt::format("Problem getting consumer offset for {} for {}", who(), where()),
          offset.error());
    }
    if (!*offset) {
      session.output.line(
          fmt::format("Consumer offset for {} for {} was not found", who(), where()));
      co_return Outcome{};
    }
    session.output.line(table_of(**offset).render());
    co_return Outcome{};
  }

 private:
  [[nodiscard]] std::string who() const {
    const bool is_group = kind_ == wire::ConsumerKind::consumer_group;
    return fmt::format("consumer {}with ID: {}", is_group ? "group " : "",
                       consumer_id_.to_string());
  }
  [[nodiscard]] Table table_of(const wire::ConsumerOffset& offset) const {
    auto table = property_table();
    table.add_row({"Consumer ID", consumer_id_.to_string()});
    table.add_row({"Stream ID", stream_id_.to_string()});
    table.add_row({"Topic ID", topic_id_.to_string()});
    table.add_row({"Partition ID", fmt::to_string(number(offset.partition_id))});
    table.add_row({"Current offset", fmt::to_string(offset.current_offset)});
    table.add_row({"Stored offset", fmt::to_string(offset.stored_offset)});
    return table;
  }
};

class SetOffset final : public OffsetCommand {
 public:
  void declare(Syntax& syntax) override {
    OffsetCommand::declare(syntax);
    syntax.argument("OFFSET", offset_, "Offset of the last message that was processed");
  }
  std::string explain() const override { return fmt::format("set {} to {}", what(), offset_); }
  Task<Outcome> run(Session session) override {
    const auto stored = co_await session.client.store_consumer_offset(consumer(), offset_);
    if (!stored) co_return failure(fmt::format("Problem setting {}", what()), stored.error());
    session.output.line(fmt::format("Consumer offset for consumer with ID: {} for {} set to {}",
                                    consumer_id_.to_string(), where(), offset_));
    co_return Outcome{};
  }

 private:
  [[nodiscard]] std::string what() const {
    return fmt::format("consumer offset for consumer with ID: {} for {}", consumer_id_.to_string(),
                       where());
  }

  std::uint64_t offset_ = 0;
};

}  // namespace

std::span<const CommandRow> consumer_offset_commands() {
  static constexpr auto rows = std::to_array<CommandRow>({
      {"get", "g", "Show how far a consumer is in a partition", "reader prod sensors 0",
       make_command<GetOffset>},
      {"set", "s", "Store how far a consumer is in a partition", "reader prod sensors 0 1200",
       make_command<SetOffset>},
  });
  return rows;
}

}  // namespace iggy::cli
