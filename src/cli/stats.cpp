// The command stats.
#include <fmt/format.h>

#include "cli/nouns.hpp"
#include "cli/stats_text.hpp"
#include "cli/table.hpp"

namespace iggy::cli {
namespace {

class Stats final : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.option({.letter = 'o',
                   .name = "output",
                   .value_name = "OUTPUT",
                   .help = "How the statistics are printed",
                   .take = take_into(format_),
                   .default_text = "table",
                   .choices = choices_of<StatsFormat>()});
  }
  std::string explain() const override { return "stats command"; }
  Task<Outcome> run(Session session) override {
    const auto stats = co_await session.client.get_stats();
    if (!stats) co_return failure("Problem sending get_stats command", stats.error());
    // Printed also if quiet, so that scripts get JSON alone.
    session.output.result(format(*stats));
    co_return Outcome{};
  }

 private:
  [[nodiscard]] std::string format(const wire::Stats& stats) const {
    switch (format_) {
      case StatsFormat::table:
        return table_of(stats).render();
      case StatsFormat::list:
        return lines_of(stats);
      case StatsFormat::json:
        return stats_json(stats);
      case StatsFormat::toml:
        return stats_toml(stats);
    }
    return {};
  }
  static Table table_of(const wire::Stats& stats) {
    Table table({"Server property", "Value"});
    for (auto& [label, value] : stats_rows(stats)) table.add_row({label, value});
    return table;
  }
  static std::string lines_of(const wire::Stats& stats) {
    std::string text;
    for (const auto& [label, value] : stats_rows(stats)) {
      text += fmt::format("{}{}|{}", text.empty() ? "" : "\n", label, value);
    }
    return text;
  }

  StatsFormat format_ = StatsFormat::table;
};

}  // namespace

std::unique_ptr<Command> make_stats() { return make_command<Stats>(); }

}  // namespace iggy::cli
