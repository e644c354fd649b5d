// The values that many commands share: names, identifiers, consumers, partitionings, strategies.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "iggy/error.hpp"
#include "iggy/identifier.hpp"
#include "iggy/units.hpp"

namespace iggy::wire {

using base::Bytes;
using base::ByteView;
using base::MutableByteView;

/// A UTF-8 text whose size travels in one byte. A default one is empty, whatever `least` says: it
/// has yet to be filled, and can't be encoded.
template <std::size_t least>
class SmallText {
 public:
  static constexpr std::size_t size_min = least;
  static constexpr std::size_t size_max = 255;

  SmallText() = default;
  /// The size must be valid: ask `is_valid` first about what a peer, a file or a user gave.
  explicit SmallText(std::string text) : text_(std::move(text)) { assert(is_valid(text_)); }

  static bool is_valid(std::string_view text) {
    return text.size() >= size_min && text.size() <= size_max;
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

  auto operator<=>(const SmallText&) const = default;
  bool operator==(const SmallText&) const = default;
  bool operator==(std::string_view other) const { return text_ == other; }

 private:
  std::string text_;
};

/// The name of a thing: 1 to 255 bytes, unique by its exact bytes.
using Name = SmallText<1>;
/// A text of 0 to 255 bytes.
using ShortText = SmallText<0>;
/// A text whose size travels in four bytes.
using LongText = std::string;

/// A list that travels behind its u32 count. A plain vector has none: it goes to the payload's end.
template <class T>
struct CountedList : std::vector<T> {
  using std::vector<T>::vector;
};

/// An identifier that refers to bytes elsewhere. Its name need not be UTF-8: sending to such a one
/// finds nothing.
class IdentifierView {
 public:
  IdentifierView() = default;
  explicit IdentifierView(std::uint32_t id) : id_(id) {}
  explicit IdentifierView(std::string_view name) : name_(name) { assert(!name.empty()); }
  IdentifierView(const Identifier& identifier) {
    if (identifier.is_numeric()) {
      id_ = identifier.id();
    } else {
      name_ = identifier.name();
    }
  }

  [[nodiscard]] bool is_numeric() const { return name_.empty(); }
  [[nodiscard]] std::uint32_t id() const { return id_; }
  [[nodiscard]] std::string_view name() const { return name_; }

  bool operator==(const IdentifierView&) const = default;

 private:
  std::uint32_t id_ = 0;
  std::string_view name_;  // empty: numeric
};

enum class ConsumerKind : std::uint8_t { consumer = 1, consumer_group = 2 };
BOOST_DESCRIBE_ENUM(ConsumerKind, consumer, consumer_group)

/// Who reads: a consumer on its own, or a consumer group.
struct Consumer {
  ConsumerKind kind = ConsumerKind::consumer;
  Identifier id;

  bool operator==(const Consumer&) const = default;
};
BOOST_DESCRIBE_STRUCT(Consumer, (), (kind, id))

/// The number of a consumer: its id, or the hash of its name. Both share one number space.
[[nodiscard]] ConsumerId consumer_number(const Identifier& consumer);

enum class PollingKind : std::uint8_t { offset = 1, timestamp, first, last, next };
BOOST_DESCRIBE_ENUM(PollingKind, offset, timestamp, first, last, next)

/// Where a poll starts.
struct PollingStrategy {
  PollingKind kind = PollingKind::offset;
  std::uint64_t value{};  // an offset, or microseconds; 0 and ignored for the other kinds

  bool operator==(const PollingStrategy&) const = default;
};
BOOST_DESCRIBE_STRUCT(PollingStrategy, (), (kind, value))

enum class PartitioningKind : std::uint8_t { balanced = 1, partition_id, messages_key };
BOOST_DESCRIBE_ENUM(PartitioningKind, balanced, partition_id, messages_key)

/// How the partition of sent messages is chosen. The key lies elsewhere.
struct Partitioning {
  PartitioningKind kind = PartitioningKind::balanced;
  PartitionId partition_id{};  // for partition_id
  ByteView key;                // for messages_key; 1 to 255 bytes, a server takes 0 too

  static Partitioning balanced() { return {}; }
  static Partitioning partition(PartitionId id) {
    return {.kind = PartitioningKind::partition_id, .partition_id = id};
  }
  static Partitioning messages_key(ByteView key) {
    return {.kind = PartitioningKind::messages_key, .key = key};
  }

  bool operator==(const Partitioning& other) const;
};

/// How clients pack the messages of a topic; the server only stores and reports it. Requests are
/// decoded with any number in it, because the number is checked after others: see `is_known`.
enum class CompressionAlgorithm : std::uint8_t { none = 1, gzip = 2 };
BOOST_DESCRIBE_ENUM(CompressionAlgorithm, none, gzip)

[[nodiscard]] constexpr bool is_known(CompressionAlgorithm algorithm) {
  return algorithm == CompressionAlgorithm::none || algorithm == CompressionAlgorithm::gzip;
}

/// Times and sizes of a topic: 0 stands for the server's default, this for never and unlimited.
inline constexpr Duration never_expires = Duration::max();
inline constexpr ByteSize unlimited_size{~std::uint64_t{0}};

}  // namespace iggy::wire
