// Commands about topics.
#include <fmt/format.h>

#include <array>
#include <optional>

#include "cli/list.hpp"
#include "cli/nouns.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace iggy::cli {
namespace {

/// What a topic is created with or updated to.
struct SettingsArguments {
  std::string name;
  wire::CompressionAlgorithm compression = wire::CompressionAlgorithm::none;
  std::vector<Expiry> expiries;
  MaxTopicSize max_size;
  std::uint8_t replication_factor = 1;

  void declare_options(Syntax& syntax) {
    syntax.option({.letter = 'm',
                   .name = "max-topic-size",
                   .value_name = "MAX_TOPIC_SIZE",
                   .help = "Size above which the oldest messages are deleted: 10 GB, unlimited or "
                           "server_default",
                   .take = take_into(max_size),
                   .default_text = "server_default"});
    syntax.option({.letter = 'r',
                   .name = "replication-factor",
                   .value_name = "REPLICATION_FACTOR",
                   .help = "How many copies are kept",
                   .take = take_into(replication_factor),
                   .default_text = "1"});
  }
  void declare_last_arguments(Syntax& syntax) {
    syntax.argument("COMPRESSION_ALGORITHM", compression,
                    "How clients may compress messages: none or gzip");
    syntax.argument({.name = "MESSAGE_EXPIRY",
                     .help = "After what time messages are deleted: 1day 12h, unlimited or "
                             "server_default; several are added up",
                     .presence = Presence::repeated,
                     .take = add_to(expiries),
                     .default_text = "server_default"});
  }
  [[nodiscard]] std::string expiry_words() const { return to_string(sum(expiries)); }
  [[nodiscard]] client::TopicSettings settings() const {
    return {.name = name,
            .compression_algorithm = compression,
            .message_expiry = sum(expiries).value,
            .max_topic_size = max_size.value,
            .replication_factor = replication_factor};
  }
};

class CreateTopic final : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.option({.letter = 't',
                   .name = "topic-id",
                   .value_name = "TOPIC_ID",
                   .help = "Accepted for old scripts: the server chooses the ID",
                   .take = take_into(ignored_id_)});
    arguments_.declare_options(syntax);
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the stream to create the topic in");
    syntax.argument("NAME", arguments_.name, "Name of the new topic");
    syntax.argument("PARTITIONS_COUNT", partitions_count_, "Number of partitions, up to 1000");
    arguments_.declare_last_arguments(syntax);
  }
  std::string explain() const override {
    const auto& [name, compression, expiries, max_size, replication_factor] = arguments_;
    return fmt::format(
        "create topic with name: {}, message expiry: {}, compression algorithm: {}, max topic "
        "size: {}, replication factor: {} in stream with ID: {}",
        name, arguments_.expiry_words(), to_string(compression), to_string(max_size),
        replication_factor, stream_id_.to_string());
  }
  Task<Outcome> run(Session session) override {
    const auto topic =
        co_await session.client.create_topic(stream_id_, arguments_.settings(), partitions_count_);
    const auto& [name, compression, expiries, max_size, replication_factor] = arguments_;
    const auto stream_id = stream_id_.to_string();
    if (!topic) {
      co_return failure(fmt::format("Problem creating topic (name: {}, partitions count: {}) in "
                                    "stream with ID: {}",
                                    name, partitions_count_, stream_id),
                        topic.error());
    }
    session.output.line(fmt::format(
        "Topic with name: {}, partitions count: {}, compression algorithm: {}, message expiry: "
        "{}, max topic size: {}, replication factor: {} created in stream with ID: {}",
        name, partitions_count_, to_string(compression), arguments_.expiry_words(),
        to_string(max_size), replication_factor, stream_id));
    co_return Outcome{};
  }

 private:
  std::uint32_t ignored_id_ = 0;
  Identifier stream_id_;
  std::uint32_t partitions_count_ = 0;
  SettingsArguments arguments_;
};

class UpdateTopic final : public Command {
 public:
  void declare(Syntax& syntax) override {
    arguments_.declare_options(syntax);
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the topic's stream");
    syntax.argument("TOPIC_ID", topic_id_, "ID or name of the topic to update");
    syntax.argument("NAME", arguments_.name, "New name of the topic");
    arguments_.declare_last_arguments(syntax);
  }
  std::string explain() const override {
    const auto& [name, compression, expiries, max_size, replication_factor] = arguments_;
    return fmt::format(
        "update topic with ID: {}, name: {}, message expiry: {}, compression algorithm: {}, max "
        "topic size: {}, replication factor: {}, in stream with ID: {}",
        topic_id_.to_string(), name, arguments_.expiry_words(), to_string(compression),
        to_string(max_size), replication_factor, stream_id_.to_string());
  }
  Task<Outcome> run(Session session) override {
    const auto updated =
        co_await session.client.update_topic(stream_id_, topic_id_, arguments_.settings());
    const auto& [name, compression, expiries, max_size, replication_factor] = arguments_;
    const auto topic_id = topic_id_.to_string();
    const auto stream_id = stream_id_.to_string();
    if (!updated) {
      co_return failure(fmt::format("Problem updating topic (ID: {}, name: {}, message expiry: {}) "
                                    "in stream with ID: {}",
                                    topic_id, name, arguments_.expiry_words(), stream_id),
                        updated.error());
    }
    session.output.line(fmt::format(
        "Topic with ID: {} updated name: {}, updated message expiry: {}, updated compression "
        "algorithm: {}, updated max topic size: {}, updated replication factor: {} in stream with "
        "ID: {}",
        topic_id, name, arguments_.expiry_words(), to_string(compression), to_string(max_size),
        replication_factor, stream_id));
    co_return Outcome{};
  }

 private:
  Identifier stream_id_;
  Identifier topic_id_;
  SettingsArguments arguments_;
};

/// A command about one existing topic.
class TopicCommand : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the topic's stream");
    syntax.argument("TOPIC_ID", topic_id_, "ID or name of the topic");
  }

 protected:
  /// "topic with ID: a in stream with ID: b"
  [[nodiscard]] std::string what() const {
    return fmt::format("topic with ID: {} in stream with ID: {}", topic_id_.to_string(),
                       stream_id_.to_string());
  }
  /// "topic with ID: a in stream b"
  [[nodiscard]] std::string what_briefly() const {
    return fmt::format("topic with ID: {} in stream {}", topic_id_.to_string(),
                       stream_id_.to_string());
  }

  Identifier stream_id_;
  Identifier topic_id_;
};

class DeleteTopic final : public TopicCommand {
 public:
  std::string explain() const override { return fmt::format("delete {}", what()); }
  Task<Outcome> run(Session session) override {
    const auto deleted = co_await session.client.delete_topic(stream_id_, topic_id_);
    if (!deleted) {
      co_return failure(fmt::format("Problem deleting {}", what_briefly()), deleted.error());
    }
    session.output.line(fmt::format("Topic with ID: {} in stream with ID: {} deleted",
                                    topic_id_.to_string(), stream_id_.to_string()));
    co_return Outcome{};
  }
};

class PurgeTopic final : public TopicCommand {
 public:
  std::string explain() const override { return fmt::format("purge {}", what()); }
  Task<Outcome> run(Session session) override {
    const auto purged = co_await session.client.purge_topic(stream_id_, topic_id_);
    if (!purged) {
      co_return failure(fmt::format("Problem purging {}", what_briefly()), purged.error());
    }
    session.output.line(fmt::format("Topic with ID: {} in stream with ID: {} purged",
                                    topic_id_.to_string(), stream_id_.to_string()));
    co_return Outcome{};
  }
};

class GetTopic final : public TopicCommand {
 public:
  std::string explain() const override {
    return fmt::format("get topic with ID: {} from stream with ID: {}", topic_id_.to_string(),
                       stream_id_.to_string());
  }
  Task<Outcome> run(Session session) override {
    const auto details = co_await session.client.get_topic(stream_id_, topic_id_);
    if (!details) {
      co_return failure(fmt::format("Problem getting {}", what_briefly()), details.error());
    }
    if (!*details) {
      session.output.line(fmt::format("Topic with ID: {} in stream {} was not found",
                                      topic_id_.to_string(), stream_id_.to_string()));
      co_return Outcome{};
    }
    session.output.line(table_of((*details)->topic).render());
    co_return Outcome{};
  }

 private:
  static Table table_of(const wire::Topic& topic) {
    auto table = property_table();
    table.add_row({"Topic id", fmt::to_string(number(topic.id))});
    table.add_row({"Created", topic.created_at.to_string()});
    table.add_row({"Topic name", topic.name.text()});
    table.add_row({"Topic size", size_text(topic.size_bytes)});
    table.add_row({"Compression", std::string(to_string(topic.compression_algorithm))});
    table.add_row({"Message expiry", expiry_text(topic.message_expiry)});
    table.add_row({"Max topic size", max_size_text(topic.max_topic_size)});
    table.add_row({"Topic message count", fmt::to_string(topic.messages_count)});
    table.add_row({"Partitions count", fmt::to_string(topic.partitions_count)});
    return table;
  }
};

class ListTopics final : public Command {
 public:
  void declare(Syntax& syntax) override {
    declare_list_mode(syntax, mode_);
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the stream");
  }
  std::string explain() const override {
    return fmt::format("list topics from stream with ID: {} in {} mode", stream_id_.to_string(),
                       to_string(mode_));
  }
  Task<Outcome> run(Session session) override {
    const auto topics = co_await session.client.get_topics(stream_id_);
    if (!topics) {
      co_return failure(
          fmt::format("Problem getting topics from stream {}", stream_id_.to_string()),
          topics.error());
    }
    List list({"ID", "Created", "Name", "Size (B)", "Max Topic Size (B)", "Compression",
               "Message Expiry (s)", "Messages Count", "Partitions Count"});
    for (const auto& topic : *topics) {
      list.add({fmt::to_string(number(topic.id)), topic.created_at.to_string(), topic.name.text(),
                size_text(topic.size_bytes), max_size_text(topic.max_topic_size),
                std::string(to_string(topic.compression_algorithm)),
                expiry_text(topic.message_expiry), fmt::to_string(topic.messages_count),
                fmt::to_string(topic.partitions_count)});
    }
    list.print(session.output, mode_);
    co_return Outcome{};
  }

 private:
  Identifier stream_id_;
  ListMode mode_ = ListMode::table;
};

}  // namespace

std::span<const CommandRow> topic_commands() {
  static constexpr auto rows = std::to_array<CommandRow>({
      {"create", "c", "Create a topic with its partitions", "prod sensors 2 none 1day",
       make_command<CreateTopic>},
      {"delete", "d", "Delete a topic with all that is in it", "prod sensors",
       make_command<DeleteTopic>},
      {"update", "u", "Replace the name and all settings of a topic",
       "-m \"10 GB\" prod sensors sensors none 7days", make_command<UpdateTopic>},
      {"get", "g", "Show the details of a topic", "prod sensors", make_command<GetTopic>},
      {"list", "l", "List the topics of a stream", "prod", make_command<ListTopics>},
      {"purge", "p", "Delete all messages of a topic", "prod sensors", make_command<PurgeTopic>},
  });
  return rows;
}

}  // namespace iggy::cli
