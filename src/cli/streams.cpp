// Commands about streams.
#include <fmt/format.h>

#include <array>

#include "cli/list.hpp"
#include "cli/nouns.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace iggy::cli {
namespace {

class CreateStream final : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.option({.letter = 's',
                   .name = "stream-id",
                   .value_name = "STREAM_ID",
                   .help = "Accepted for old scripts: the server chooses the ID",
                   .take = take_into(ignored_id_)});
    syntax.argument("NAME", name_, "Name of the new stream");
  }
  std::string explain() const override {
    return fmt::format("create stream with name: {} and ID auto incremented", name_);
  }
  Task<Outcome> run(Session session) override {
    const auto stream = co_await session.client.create_stream(name_);
    if (!stream) {
      co_return failure(
          fmt::format("Problem creating stream (name: {} and ID auto incremented)", name_),
          stream.error());
    }
    session.output.line(fmt::format("Stream with name: {} and ID auto incremented created", name_));
    co_return Outcome{};
  }

 private:
  std::uint32_t ignored_id_ = 0;
  std::string name_;
};

class DeleteStream final : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the stream to delete");
  }
  std::string explain() const override {
    return fmt::format("delete stream with ID: {}", stream_id_.to_string());
  }
  Task<Outcome> run(Session session) override {
    const auto deleted = co_await session.client.delete_stream(stream_id_);
    const auto id = stream_id_.to_string();
    if (!deleted) {
      co_return failure(fmt::format("Problem deleting stream with ID: {}", id), deleted.error());
    }
    session.output.line(fmt::format("Stream with ID: {} deleted", id));
    co_return Outcome{};
  }

 private:
  Identifier stream_id_;
};

class UpdateStream final : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the stream to update");
    syntax.argument("NAME", name_, "New name of the stream");
  }
  std::string explain() const override { return fmt::format("update {}", what()); }
  Task<Outcome> run(Session session) override {
    const auto updated = co_await session.client.update_stream(stream_id_, name_);
    if (!updated) co_return failure(fmt::format("Problem updating {}", what()), updated.error());
    session.output.line(
        fmt::format("Stream with ID: {} updated name: {}", stream_id_.to_string(), name_));
    co_return Outcome{};
  }

 private:
  [[nodiscard]] std::string what() const {
    return fmt::format("stream with ID: {} and name: {}", stream_id_.to_string(), name_);
  }

  Identifier stream_id_;
  std::string name_;
};

class GetStream final : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the stream to show");
  }
  std::string explain() const override {
    return fmt::format("get stream with ID: {}", stream_id_.to_string());
  }
  Task<Outcome> run(Session session) override {
    const auto details = co_await session.client.get_stream(stream_id_);
    const auto id = stream_id_.to_string();
    if (!details) {
      co_return failure(fmt::format("Problem getting stream with ID: {}", id), details.error());
    }
    if (!*details) {
      session.output.line(fmt::format("Stream with ID: {} was not found", id));
      co_return Outcome{};
    }
    session.output.line(table_of((*details)->stream).render());
    co_return Outcome{};
  }

 private:
  static Table table_of(const wire::Stream& stream) {
    auto table = property_table();
    table.add_row({"Stream ID", fmt::to_string(number(stream.id))});
    table.add_row({"Created", stream.created_at.to_string()});
    table.add_row({"Stream name", stream.name.text()});
    table.add_row({"Stream size", size_text(stream.size_bytes)});
    table.add_row({"Stream message count", fmt::to_string(stream.messages_count)});
    table.add_row({"Stream topics count", fmt::to_string(stream.topics_count)});
    return table;
  }

  Identifier stream_id_;
};

class ListStreams final : public Command {
 public:
  void declare(Syntax& syntax) override { declare_list_mode(syntax, mode_); }
  std::string explain() const override {
    return fmt::format("list streams in {} mode", to_string(mode_));
  }
  Task<Outcome> run(Session session) override {
    const auto streams = co_await session.client.get_streams();
    if (!streams) co_return failure("Problem getting list of streams", streams.error());
    if (streams->empty()) {
      session.output.line("No streams found!");
      co_return Outcome{};
    }
    List list({"ID", "Created", "Name", "Size (B)", "Messages", "Topics"});
    for (const auto& stream : *streams) {
      list.add({fmt::to_string(number(stream.id)), stream.created_at.to_string(),
                stream.name.text(), size_text(stream.size_bytes),
                fmt::to_string(stream.messages_count), fmt::to_string(stream.topics_count)});
    }
    list.print(session.output, mode_);
    co_return Outcome{};
  }

 private:
  ListMode mode_ = ListMode::table;
};

class PurgeStream final : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.argument("STREAM_ID", stream_id_, "ID or name of the stream to purge");
  }
  std::string explain() const override {
    return fmt::format("purge stream with ID: {}", stream_id_.to_string());
  }
  Task<Outcome> run(Session session) override {
    const auto purged = co_await session.client.purge_stream(stream_id_);
    const auto id = stream_id_.to_string();
    if (!purged) {
      co_return failure(fmt::format("Problem purging stream with ID: {}", id), purged.error());
    }
    session.output.line(fmt::format("Stream with ID: {} purged", id));
    co_return Outcome{};
  }

 private:
  Identifier stream_id_;
};

}  // namespace

std::span<const CommandRow> stream_commands() {
  static constexpr auto rows = std::to_array<CommandRow>({
      {"create", "c", "Create a stream with a given name", "prod", make_command<CreateStream>},
      {"delete", "d", "Delete a stream with all that is in it", "prod", make_command<DeleteStream>},
      {"update", "u", "Give a stream another name", "prod production", make_command<UpdateStream>},
      {"get", "g", "Show the details of a stream", "prod", make_command<GetStream>},
      {"list", "l", "List all streams", "-l list", make_command<ListStreams>},
      {"purge", "p", "Delete all messages of all topics of a stream", "prod",
       make_command<PurgeStream>},
  });
  return rows;
}

}  // namespace iggy::cli
