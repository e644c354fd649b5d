// Commands about streams, and how a stream is described.
#pragma once

#include <boost/describe/class.hpp>

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "iggy/identifier.hpp"
#include "iggy/units.hpp"
#include "wire/codec.hpp"
#include "wire/primitives.hpp"
#include "wire/topics.hpp"

namespace iggy::wire {

/// A stream, as lists show it.
struct Stream {
  StreamId id{};
  Timestamp created_at{};
  std::uint32_t topics_count{};
  ByteSize size_bytes{};
  std::uint64_t messages_count{};
  Name name;

  bool operator==(const Stream&) const = default;
};
BOOST_DESCRIBE_STRUCT(Stream, (), (id, created_at, topics_count, size_bytes, messages_count, name))

/// A stream with its topics, ascending by id.
struct StreamDetails {
  Stream stream;
  std::vector<Topic> topics;

  bool operator==(const StreamDetails&) const = default;
};
BOOST_DESCRIBE_STRUCT(StreamDetails, (), (stream, topics))

struct GetStream {
  static constexpr std::uint32_t code = 200;
  using Reply = std::optional<StreamDetails>;  // nothing: no such stream

  Identifier stream_id;

  bool operator==(const GetStream&) const = default;
};
BOOST_DESCRIBE_STRUCT(GetStream, (), (stream_id))

/// Answered with all streams, ascending by id.
struct GetStreams {
  static constexpr std::uint32_t code = 201;
  using Reply = std::vector<Stream>;

  bool operator==(const GetStreams&) const = default;
};
BOOST_DESCRIBE_STRUCT(GetStreams, (), ())

/// Answered with the new stream.
struct CreateStream {
  static constexpr std::uint32_t code = 202;
  using Reply = Stream;

  Name name;

  bool operator==(const CreateStream&) const = default;
};
BOOST_DESCRIBE_STRUCT(CreateStream, (), (name))

/// Deletes a stream with all that is in it.
struct DeleteStream {
  static constexpr std::uint32_t code = 203;
  using Reply = void;

  Identifier stream_id;

  bool operator==(const DeleteStream&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeleteStream, (), (stream_id))

struct UpdateStream {
  static constexpr std::uint32_t code = 204;
  using Reply = void;

  Identifier stream_id;
  Name name;

  bool operator==(const UpdateStream&) const = default;
};
BOOST_DESCRIBE_STRUCT(UpdateStream, (), (stream_id, name))

/// Deletes all messages and consumer offsets of all its topics.
struct PurgeStream {
  static constexpr std::uint32_t code = 205;
  using Reply = void;

  Identifier stream_id;

  bool operator==(const PurgeStream&) const = default;
};
BOOST_DESCRIBE_STRUCT(PurgeStream, (), (stream_id))

}  // namespace iggy::wire
