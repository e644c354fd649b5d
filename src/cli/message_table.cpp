// Polled messages as a table.
#include "cli/message_table.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "cli/text.hpp"
#include "wire/user_headers.hpp"

namespace iggy::cli {
namespace {

using Column = std::pair<HeaderValue, HeaderKind>;  // the key of a header, the kind of its value

UserHeaders headers_of(const wire::MessageView& message) {
  auto headers = wire::decode_user_headers(message.user_headers);
  if (!headers || !*headers) return {};
  return std::move(**headers);
}

std::string cell_of(const UserHeaders& headers, const Column& column) {
  const auto found = headers.find(column.first);
  if (found == headers.end() || found->second.kind() != column.second) return {};
  return printable(found->second.to_string());
}

std::vector<std::string> plain_cells(const wire::MessageView& message) {
  return {fmt::to_string(message.header.offset), local_time_text({message.header.timestamp}),
          fmt::format("{}", message.header.id), fmt::to_string(message.payload.size()),
          printable(base::as_text(message.payload))};
}

}  // namespace

Table message_table(const std::vector<wire::MessageView>& messages, HeaderColumns shown) {
  std::vector<UserHeaders> headers(messages.size());
  std::set<Column> columns;
  for (std::size_t i = 0; shown == HeaderColumns::shown && i < messages.size(); ++i) {
    headers[i] = headers_of(messages[i]);
    for (const auto& [key, value] : headers[i]) columns.emplace(key, value.kind());
  }

  std::vector<std::string> titles{"Offset", "Timestamp", "ID", "Length", "Payload"};
  const auto plain_count = titles.size();
  for (const auto& [key, kind] : columns) {
    titles.push_back(fmt::format("Header: {}\n{}", printable(key.to_string()), to_string(kind)));
  }
  Table table(std::move(titles));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    table.align_header(plain_count + i, Align::centre);
  }
  for (std::size_t i = 0; i < messages.size(); ++i) {
    auto cells = plain_cells(messages[i]);
    for (const auto& column : columns) cells.push_back(cell_of(headers[i], column));
    table.add_row(std::move(cells));
  }
  return table;
}

}  // namespace iggy::cli
