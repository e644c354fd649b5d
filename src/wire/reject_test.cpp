// What the decoder refuses: the published vectors of bad requests, as far as no server is needed.
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string_view>

#include "wire/commands.hpp"
#include "wire/frame.hpp"
#include "wire/message_batch.hpp"
#include "wire/testing.hpp"

namespace iggy::wire::testing {
namespace {

constexpr std::uint64_t send_payload_size_max = 256u << 20;

/// Codes of commands that this folder does not know yet.
const std::set<std::uint32_t> other_codes = {11, 21, 22, 31,  32,  33,  34,  35,  36,  37, 41,
                                             42, 43, 44, 503, 600, 601, 602, 603, 604, 605};

std::optional<Error> refusal_of_send(base::Bytes payload) {
  const auto request = decode_send_messages(payload);
  if (!request) return request.error();
  const auto batch = validate_batch(*request);
  return batch ? std::nullopt : std::optional(batch.error());
}

template <class Command>
std::optional<Error> refusal_of(base::ByteView payload) {
  const auto request = decode<Command>(payload);
  if (!request) return request.error();
  if constexpr (requires { validate(*request); }) {
    if (const auto valid = validate(*request); !valid) return valid.error();
  }
  return std::nullopt;
}

/// What a server without any data says to a frame.
std::optional<Error> refusal_of_frame(const base::Bytes& frame) {
  const auto header = load_request_header(frame.data());
  if (!header) return header.error();
  if (const auto allowed = check_payload_size(*header, send_payload_size_max); !allowed) {
    return allowed.error();
  }
  const auto payload = base::ByteView(frame).subspan(frame_header_size);
  if (header->code == SendMessages::code) {
    return refusal_of_send(base::Bytes(payload.begin(), payload.end()));
  }
  std::optional<Error> refusal;
  const bool known =
      with_command(header->code, [&]<class Command>() { refusal = refusal_of<Command>(payload); });
  return known ? refusal : Error::invalid_command;
}

TEST(Decoder, refuses_what_is_published_as_bad) {
  std::size_t count = 0;
  for (const auto& vector : load_vectors("reject")) {
    SCOPED_TRACE(vector.name);
    const bool needs_no_data =
        vector.stage == "framing" || vector.stage == "decode" || vector.stage == "validate";
    if (!needs_no_data || other_codes.contains(vector.code)) continue;

    const auto refusal = refusal_of_frame(vector.bytes);

    ASSERT_TRUE(refusal);
    EXPECT_EQ(static_cast<std::uint32_t>(*refusal), *vector.expected_error);
    const auto reply = error_reply(*refusal);
    EXPECT_EQ(base::Bytes(reply.begin(), reply.end()), vector.response);
    ++count;
  }
  EXPECT_EQ(count, 67);
}

TEST(Decoder, leaves_to_the_server_what_needs_its_data) {
  std::size_t count = 0;
  for (const auto& vector : load_vectors("reject")) {
    SCOPED_TRACE(vector.name);
    if (vector.stage != "execute" || other_codes.contains(vector.code)) continue;

    EXPECT_EQ(refusal_of_frame(vector.bytes), std::nullopt);
    ++count;
  }
  EXPECT_EQ(count, 44);
}

TEST(Decoder, comes_before_the_login_but_the_limits_of_values_behind_it) {
  const auto zero_partitions = load_vector("reject", "unauthenticated_create_partitions_zero");

  const auto request = decode<CreatePartitions>(zero_partitions.payload());

  ASSERT_TRUE(request);
  EXPECT_EQ(validate(*request), fail(Error::too_many_partitions));
}

}  // namespace
}  // namespace iggy::wire::testing
