// The command message poll.
#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

#include "cli/message_table.hpp"
#include "cli/nouns.hpp"
#include "cli/text.hpp"
#include "runtime/shard.hpp"

namespace iggy::cli {
namespace {

class Poll final : public Command {
 public:
  void declare(Syntax& syntax) override {
    declare_strategy(syntax);
    syntax.option({.letter = 'm',
                   .name = "message-count",
                   .value_name = "MESSAGE_COUNT",
                   .help = "How many messages to poll at most",
                   .take = take_into(count_),
                   .default_text = "1"});
    syntax.flag('a', "auto-commit", auto_commit_,
                "Store the offset of the last message for the consumer");
    syntax.option({.letter = 'c',
                   .name = "consumer",
                   .value_name = "CONSUMER",
                   .help = "ID or name of the consumer that polls",
                   .take = take_into(consumer_),
                   .default_text = "0"});
    syntax.flag('s', "show-headers", show_headers_, "Show the headers of the messages too");
    syntax.option({.name = "output-file",
                   .value_name = "OUTPUT_FILE",
                   .help = "Append the messages to this file instead of showing them",
                   .take = take_into(output_file_)});
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the topic's stream");
    syntax.argument("TOPIC_ID", topic_id_, "ID or name of the topic to poll from");
    syntax.argument("PARTITION_ID", partition_id_, "ID of the partition");
  }
  std::string explain() const override {
    return fmt::format("poll messages from topic ID: {} and stream with ID: {}",
                       topic_id_.to_string(), stream_id_.to_string());
  }

  Task<Outcome> run(Session session) override {
    const auto start = runtime::Shard::current().clock().monotonic();
    const auto polled = co_await session.client.poll_messages(request());
    if (!polled) {
      co_return failure(
          fmt::format("Problem polling messages to topic with ID: {} and stream with ID: {}",
                      topic_id_.to_string(), stream_id_.to_string()),
          polled.error());
    }
    const auto took = runtime::Shard::current().clock().monotonic() - start;
    const auto size = size_text({polled->bytes().size()});
    session.output.line(fmt::format(
        "Polled messages from topic with ID: {} and stream with ID: {} (from partition with ID: "
        "{})",
        topic_id_.to_string(), stream_id_.to_string(), number(polled->partition_id())));
    session.output.line(fmt::format("Polled {} of total size {}, it took {}",
                                    counted(polled->messages().size(), "message"), size,
                                    took.to_string()));
    if (output_file_) co_return co_await store(session, *polled);
    session.output.line(message_table(polled->messages(),
                                      show_headers_ ? HeaderColumns::shown : HeaderColumns::hidden)
                            .render());
    co_return Outcome{};
  }

 private:
  void declare_strategy(Syntax& syntax) {
    syntax.option({.letter = 'o',
                   .name = "offset",
                   .value_name = "OFFSET",
                   .help = "Start at this offset",
                   .take = take_into(offset_)});
    syntax.flag('f', "first", first_, "Start at the first message");
    syntax.flag('l', "last", last_, "Take the last messages");
    syntax.flag('n', "next", next_, "Start behind the stored offset of the consumer");
    syntax.requires_one({"offset", "first", "last", "next"});
  }

  [[nodiscard]] wire::PollingStrategy strategy() const {
    if (offset_) return {.kind = wire::PollingKind::offset, .value = *offset_};
    if (first_) return {.kind = wire::PollingKind::first};
    if (last_) return {.kind = wire::PollingKind::last};
    return {.kind = wire::PollingKind::next};
  }

  [[nodiscard]] wire::PollMessages request() const {
    return {.consumer = {.kind = wire::ConsumerKind::consumer, .id = consumer_},
            .stream_id = stream_id_,
            .topic_id = topic_id_,
            .partition_id = PartitionId{partition_id_},
            .strategy = strategy(),
            .count = count_.value,
            .auto_commit = auto_commit_};
  }

  Task<Outcome> store(Session session, const client::PolledMessages& polled) {
    session.output.line(fmt::format("Storing messages to {} binary file", *output_file_));
    const auto file = co_await session.disk.open(*output_file_, runtime::OpenMode::create);
    if (!file) {
      co_return failure(fmt::format("Problem opening file for writing: {}", *output_file_),
                        file_error_text(file.error()));
    }
    const auto appended = co_await append(*file, polled.bytes());
    if (!appended) {
      co_return failure(fmt::format("Problem writing message to file: {}", *output_file_),
                        file_error_text(appended.error()));
    }
    session.output.line(fmt::format("Stored {} of total size {} to {} binary file",
                                    counted(polled.messages().size(), "message"),
                                    size_text({polled.bytes().size()}), *output_file_));
    co_return Outcome{};
  }

  static Task<Result<>> append(runtime::FileHandle file, base::ByteView bytes) {
    const auto end = file->size();
    if (!end) co_return fail(end);
    const std::array pieces{bytes};
    co_return co_await file->write_at(*end, pieces);
  }

  std::optional<std::uint64_t> offset_;
  bool first_ = false;
  bool last_ = false;
  bool next_ = false;
  PositiveCount count_;
  bool auto_commit_ = false;
  Identifier consumer_{0U};
  bool show_headers_ = false;
  std::optional<std::string> output_file_;
  Identifier stream_id_;
  Identifier topic_id_;
  std::uint32_t partition_id_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_poll() { return make_command<Poll>(); }

}  // namespace iggy::cli
