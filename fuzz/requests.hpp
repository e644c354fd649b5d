// Requests as a fuzzer makes and changes them: whole frames, with sizes that are right.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "wire/commands.hpp"
#include "wire/described_codec.hpp"
#include "wire/frame.hpp"

namespace iggy::fuzz {

/// Repeatable choices.
class Choices {
 public:
  explicit Choices(unsigned seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return engine_() % bound; }
  template <class Container>
  auto& of(Container& container) {
    return container[below(std::size(container))];
  }

 private:
  std::mt19937 engine_;
};

/// Makes requests of every command, about few names and numbers, so that they meet each other.
class RequestMaker {
 public:
  explicit RequestMaker(Choices& choices) : choices_(choices) {}

  /// A whole frame.
  base::Bytes request() {
    const auto kind = choices_.below(kinds_count + 4);
    if (kind >= kinds_count) return send_request();
    base::Bytes frame;
    std::size_t i = 0;
    std::apply(
        [&](auto... request) {
          ((i++ == kind ? (fill(request), frame = wire::encode_request(request), 0) : 0), ...);
        },
        wire::DescribedCommands{});
    return frame;
  }

 private:
  static constexpr std::size_t kinds_count = std::tuple_size_v<wire::DescribedCommands>;
  static constexpr std::array<const char*, 4> names = {"s", "t", "u", "iggy"};

  std::string name() { return choices_.of(names); }

  template <class T>
  T number() {
    constexpr std::array<T, 6> favourites = {T{0}, T{1}, T{1}, T{2}, T{3}, static_cast<T>(-1)};
    return choices_.below(8) > 0 ? choices_.of(favourites)
                                 : static_cast<T>(choices_.below(std::size_t{1} << 20));
  }

  template <class T>
  void fill(T& value) {
    if constexpr (std::is_same_v<T, Identifier>) {
      value = choices_.below(3) > 0 ? Identifier(name()) : Identifier(number<std::uint32_t>());
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = name();
    } else if constexpr (std::is_same_v<T, wire::Name> || std::is_same_v<T, wire::ShortText>) {
      value = T(name());
    } else if constexpr (std::is_same_v<T, std::optional<PartitionId>>) {
      if (choices_.below(4) > 0) fill(value.emplace());
    } else if constexpr (std::is_same_v<T, bool>) {
      value = choices_.below(2) > 0;
    } else if constexpr (std::is_same_v<T, ByteSize>) {
      fill(value.bytes);
    } else if constexpr (std::is_same_v<T, Duration>) {
      fill(value.microseconds);
    } else if constexpr (wire::Described<T>) {
      boost::mp11::mp_for_each<wire::MembersOf<T>>(
          [&](auto member) { fill(value.*member.pointer); });
    } else if constexpr (std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value) {
      auto left = choices_.below(boost::mp11::mp_size<boost::describe::describe_enumerators<T>>());
      boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto enumerator) {
        if (left-- == 0) value = enumerator.value;
      });
    } else if constexpr (std::is_enum_v<T>) {
      value = T{number<std::underlying_type_t<T>>()};
    } else {
      value = number<T>();
    }
  }

  base::Bytes send_request() {
    constexpr std::array<std::size_t, 6> sizes = {0, 1, 10, 100, 300, 1500};
    const base::Bytes filler(*std::ranges::max_element(sizes), std::byte{'m'});
    const auto key = base::as_bytes("key");
    const std::array partitionings = {
        wire::Partitioning::balanced(), wire::Partitioning::partition(PartitionId{0}),
        wire::Partitioning::partition(PartitionId{1}), wire::Partitioning::messages_key(key)};
    Identifier stream;
    Identifier topic;
    fill(stream);
    fill(topic);
    std::vector<wire::OutgoingMessage> messages(1 + choices_.below(4));
    for (auto& message : messages) {
      message.id = choices_.below(3);
      message.payload = base::ByteView(filler).first(choices_.of(sizes));
      message.user_headers = base::ByteView(filler).first(choices_.below(3));
    }
    return wire::encode_send_request(
               {.stream_id = stream, .topic_id = topic, .partitioning = choices_.of(partitionings)},
               messages)
        .value();
  }

  Choices& choices_;
};

/// What a client says, cut into its requests. Joined again, each has the right size.
struct Conversation {
  struct Request {
    std::uint32_t code = 0;
    base::Bytes payload;
  };
  std::vector<Request> requests;
  base::Bytes rest;  // what is no whole request

  static Conversation cut(base::ByteView bytes) {
    Conversation result;
    while (bytes.size() >= wire::frame_header_size) {
      const auto header = wire::load_request_header(bytes.data());
      const auto after_header = bytes.subspan(wire::frame_header_size);
      if (!header || header->payload_size > after_header.size()) break;
      const auto payload = after_header.first(header->payload_size);
      result.requests.push_back({header->code, {payload.begin(), payload.end()}});
      bytes = after_header.subspan(payload.size());
    }
    result.rest.assign(bytes.begin(), bytes.end());
    return result;
  }

  [[nodiscard]] base::Bytes joined() const {
    base::Bytes bytes;
    for (const auto& [code, payload] : requests) {
      const auto start = bytes.size();
      bytes.resize(start + wire::frame_header_size);
      wire::store_request_header(
          bytes.data() + start,
          {.code = code, .payload_size = static_cast<std::uint32_t>(payload.size())});
      bytes.insert(bytes.end(), payload.begin(), payload.end());
    }
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return bytes;
  }
};

}  // namespace iggy::fuzz
