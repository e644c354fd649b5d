// Changes to bytes and back: their members in the order of their description.
#include "broker/changes.hpp"

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/bind.hpp>

#include <type_traits>

#include "wire/described_codec.hpp"

namespace iggy::broker {

namespace {

static_assert(boost::mp11::mp_is_set<Change>::value);

template <class T>
Result<Change> decode_as(std::uint16_t version, base::ByteView body) {
  if (version > T::version) return fail(Error::unsupported_format);
  T change;
  base::ByteReader reader(body);
  wire::read_value(reader, change);
  if (version == 0 || reader.failed() || reader.remaining() > 0) {
    return fail(Error::state_file_corrupted);
  }
  return change;
}

template <class T>
inline constexpr bool gives_room_back =
    std::is_same_v<T, StreamDeleted> || std::is_same_v<T, StreamPurged> ||
    std::is_same_v<T, TopicDeleted> || std::is_same_v<T, TopicPurged> ||
    std::is_same_v<T, PartitionsDeleted> || std::is_same_v<T, DroppedPartitionsRemoved>;

}  // namespace

EncodedChange encode(const Change& change) {
  return std::visit(
      [](const auto& known) {
        using T = std::remove_cvref_t<decltype(known)>;
        EncodedChange encoded{.type = T::type, .version = T::version, .body = {}};
        base::ByteWriter writer(encoded.body);
        wire::write_value(writer, known);
        return encoded;
      },
      change);
}

Result<Change> decode_change(std::uint16_t type, std::uint16_t version, base::ByteView body) {
  Result<Change> change = fail(Error::unsupported_format);
  boost::mp11::mp_for_each<boost::mp11::mp_transform<std::type_identity, Change>>([&](auto known) {
    using T = typename decltype(known)::type;
    if (type == T::type) change = decode_as<T>(version, body);
  });
  return change;
}

bool frees_space(const Change& change) {
  return std::visit(
      [](const auto& known) { return gives_room_back<std::remove_cvref_t<decltype(known)>>; },
      change);
}

}  // namespace iggy::broker
