// The command message send.
#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.hpp"
#include "cli/message_file.hpp"
#include "cli/nouns.hpp"
#include "runtime/shard.hpp"
#include "wire/user_headers.hpp"

namespace iggy::cli {
namespace {

/// What is read from a file or from standard input for one request, which no server takes larger.
constexpr std::size_t input_bytes_max = 512 * 1024 * 1024;

/// What is to be sent, and the bytes that it lies in. Stays where it is: a short text moves with
/// the string that holds it.
struct Outgoing {
  Outgoing() = default;
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;

  base::Bytes file;
  std::string text;
  base::Bytes headers;
  std::vector<wire::OutgoingMessage> messages;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (end != text.npos && line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

class Send final : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.option({.letter = 'p',
                   .name = "partition-id",
                   .value_name = "PARTITION_ID",
                   .help = "ID of the partition to send to",
                   .take = take_into(partition_id_)});
    syntax.option({.letter = 'm',
                   .name = "message-key",
                   .value_name = "MESSAGE_KEY",
                   .help = "Key that chooses the partition: the same key, the same partition",
                   .take = take_into(key_)});
    syntax.option({.letter = 'H',
                   .name = "headers",
                   .value_name = "HEADERS",
                   .help = "Headers of every message, as key:kind:value, separated by commas; "
                           "kinds: raw, string, bool, int8 to int128, uint8 to uint128, float32, "
                           "float64",
                   .take = add_to(headers_),
                   .is_repeatable = true});
    syntax.option({.name = "input-file",
                   .value_name = "INPUT_FILE",
                   .help = "File of messages as written by `message poll --output-file`",
                   .take = take_into(input_file_)});
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the topic's stream");
    syntax.argument("TOPIC_ID", topic_id_, "ID or name of the topic to send to");
    syntax.argument({.name = "MESSAGES",
                     .help = "Messages to send; without any, each line of standard input is one",
                     .presence = Presence::repeated,
                     .take = add_to(texts_)});
    syntax.excludes({"partition-id", "message-key"});
    syntax.excludes_argument("input-file", "MESSAGES");
  }
  std::string explain() const override { return fmt::format("send {}", what()); }

  Task<Outcome> run(Session session) override {
    const auto collected = co_await collect(session);
    if (!collected) co_return collected;
    const auto sent = co_await session.client.send_messages(target(), outgoing_.messages);
    if (!sent) co_return failure(fmt::format("Problem sending {}", what()), sent.error());
    session.output.line(fmt::format("Sent {}", what()));
    co_return Outcome{};
  }

 private:
  [[nodiscard]] std::string what() const {
    return fmt::format("messages to topic with ID: {} and stream with ID: {}",
                       topic_id_.to_string(), stream_id_.to_string());
  }

  [[nodiscard]] wire::SendTarget target() const {
    wire::SendTarget target{.stream_id = stream_id_, .topic_id = topic_id_, .partitioning = {}};
    if (partition_id_)
      target.partitioning = wire::Partitioning::partition(PartitionId{*partition_id_});
    if (key_) target.partitioning = wire::Partitioning::messages_key(base::as_bytes(key_->text));
    return target;
  }

  Task<Outcome> collect(Session session) {
    if (input_file_) return collect_from_file(session);
    return collect_from_texts(session);
  }

  Task<Outcome> collect_from_file(Session session) {
    auto bytes = co_await runtime::read_file(session.disk, *input_file_, input_bytes_max);
    if (!bytes) {
      const bool is_open =
          bytes.error() == Error::limit_reached || bytes.error() == Error::io_error;
      co_return failure(fmt::format("Problem {} file{}: {}", is_open ? "reading" : "opening",
                                    is_open ? "" : " for reading", *input_file_),
                        file_error_text(bytes.error()));
    }
    outgoing_.file = std::move(*bytes);
    session.output.line(
        fmt::format("Read {} bytes from {} file", outgoing_.file.size(), *input_file_));

    auto file = read_messages(outgoing_.file);
    if (file.damage) {
      session.output.line(fmt::format("Failed to parse message from bytes: {} at offset {}",
                                      error_text(*file.damage), file.read_size));
    }
    session.output.line(
        fmt::format("Created {} messages using {} bytes", file.messages.size(), file.read_size));
    outgoing_.messages = std::move(file.messages);
    co_return Outcome{};
  }

  Task<Outcome> collect_from_texts(Session session) {
    const bool from_input = texts_.empty();
    std::vector<std::string_view> texts(texts_.begin(), texts_.end());
    if (from_input) {
      auto text = session.input.read_all(input_bytes_max);
      if (!text) co_return failure("Failed to create messages from stdin", text.error());
      if (!base::is_utf8(*text)) {
        co_return std::unexpected(Failure{"stream did not contain valid UTF-8", {}});
      }
      outgoing_.text = std::move(*text);
      texts = lines_of(outgoing_.text);
    }
    const auto created = create_messages(texts);
    if (!created) {
      co_return failure(fmt::format("Failed to create messages from {}",
                                    from_input ? "stdin" : "provided strings"),
                        created.error());
    }
    co_return Outcome{};
  }

  /// Errors: invalid_message_payload_length, too_big_message_payload, too_big_user_headers.
  Result<> create_messages(const std::vector<std::string_view>& texts) {
    UserHeaders headers;
    for (const auto& list : headers_) {
      for (const auto& [key, value] : list.headers) headers.insert_or_assign(key, value);
    }
    auto encoded = wire::encode_user_headers(headers);
    if (!encoded) return fail(encoded);
    outgoing_.headers = std::move(*encoded);

    const auto now = runtime::Shard::current().clock().now();
    for (const auto text : texts) {
      if (text.empty()) return fail(Error::invalid_message_payload_length);
      if (text.size() > wire::message_payload_size_max) {
        return fail(Error::too_big_message_payload);
      }
      outgoing_.messages.push_back({.id = 0,
                                    .origin_timestamp = now.microseconds,
                                    .payload = base::as_bytes(text),
                                    .user_headers = outgoing_.headers});
    }
    return {};
  }

  std::optional<std::uint32_t> partition_id_;
  std::optional<MessageKey> key_;
  std::vector<HeaderList> headers_;
  std::optional<std::string> input_file_;
  Identifier stream_id_;
  Identifier topic_id_;
  std::vector<std::string> texts_;
  Outgoing outgoing_;
};

}  // namespace

std::unique_ptr<Command> make_send() { return make_command<Send>(); }

}  // namespace iggy::cli
