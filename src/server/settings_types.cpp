// Reading and printing the values of settings that have a grammar of their own.
#include "server/settings_types.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace iggy::server {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (auto& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return result;
}

bool starts_with_digit(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number{};
  const auto* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest != end || text.empty()) return std::nullopt;
  return number;
}

/// The part before `separator`, which is taken off `text` with it.
std::string_view take_until(std::string_view& text, char separator) {
  const auto at = std::min(text.find(separator), text.size());
  const auto part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

bool parse_nodes(std::string_view text, CpuAllocation& allocation) {
  if (text.empty() || text.back() == ',') return false;
  while (!text.empty()) {
    const auto node = parse_number(take_until(text, ','));
    if (!node) return false;
    allocation.numa_nodes.push_back(*node);
  }
  return true;
}

/// One "key=value" behind "numa:".
bool parse_numa_part(std::string_view part, CpuAllocation& allocation) {
  const auto key = take_until(part, '=');
  if (key == "nodes") return parse_nodes(part, allocation);
  if (key == "cores") {
    const auto cores = parse_number(part);
    allocation.cores_per_node = cores.value_or(0);
    return cores.has_value();
  }
  if (key == "no_ht") {
    allocation.without_siblings = part == "true";
    return part == "true" || part == "false";
  }
  return false;
}

Result<CpuAllocation> parse_numa(std::string_view text) {
  CpuAllocation allocation{.kind = CpuAllocation::Kind::numa};
  if (text == "auto") return allocation;
  if (text.empty() || text.back() == ';') return fail(Error::invalid_configuration);
  while (!text.empty()) {
    if (!parse_numa_part(take_until(text, ';'), allocation)) {
      return fail(Error::invalid_configuration);
    }
  }
  return allocation;
}

}  // namespace

Result<MessageExpiry> MessageExpiry::parse(std::string_view text) {
  constexpr auto longest = Duration::seconds(4'294'967'295);
  const auto word = lower(text);
  if (word == "none" || word == "unlimited" || word == "never_expire") return MessageExpiry{};
  // Zero means the server's default on the wire, so it can't be one; nor can its words.
  if (!starts_with_digit(text)) return fail(Error::invalid_configuration);
  const auto duration = Duration::parse(text);
  if (!duration || *duration == Duration{} || *duration > longest) {
    return fail(Error::invalid_configuration);
  }
  return MessageExpiry{*duration};
}

std::string MessageExpiry::to_string() const {
  return is_never() ? "never_expire" : duration.to_string();
}

Result<TopicSize> TopicSize::parse(std::string_view text) {
  const auto word = lower(text);
  if (word == "unlimited" || word == "none") return TopicSize{};
  const auto size = ByteSize::parse(text);
  if (!size) return fail(Error::invalid_configuration);
  return size->bytes == 0 ? TopicSize{} : TopicSize{*size};
}

std::string TopicSize::to_string() const { return is_unlimited() ? "unlimited" : size.to_string(); }

Result<CpuAllocation> CpuAllocation::parse(std::string_view text) {
  constexpr std::string_view numa = "numa:";
  if (text == "all") return CpuAllocation{};
  if (text.starts_with(numa)) return parse_numa(text.substr(numa.size()));
  if (const auto count = parse_number(text); count && *count > 0) {
    return CpuAllocation{.kind = Kind::count, .count = *count};
  }
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return fail(Error::invalid_configuration);
  const auto first = parse_number(text.substr(0, dots));
  const auto end = parse_number(text.substr(dots + 2));
  if (!first || !end || *first >= *end) return fail(Error::invalid_configuration);
  return CpuAllocation{.kind = Kind::range, .first = *first, .end = *end};
}

std::string CpuAllocation::to_string() const {
  if (kind == Kind::all) return "all";
  if (kind == Kind::count) return std::to_string(count);
  if (kind == Kind::range) return fmt::format("{}..{}", first, end);
  if (*this == CpuAllocation{.kind = Kind::numa}) return "numa:auto";
  std::string text = "numa:";
  if (!numa_nodes.empty()) text += fmt::format("nodes={};", fmt::join(numa_nodes, ","));
  return text + fmt::format("cores={};no_ht={}", cores_per_node, without_siblings);
}

}  // namespace iggy::server
