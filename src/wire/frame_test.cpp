// Tests of frames: headers, limits, error replies.
#include "wire/frame.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "wire/messages.hpp"
#include "wire/streams.hpp"
#include "wire/system.hpp"
#include "wire/testing.hpp"

namespace iggy::wire {
namespace {

using testing::hex;
using testing::load_vector;
using testing::load_vectors;

constexpr std::uint64_t send_payload_size_max = 256u << 20;

TEST(RequestHeader, counts_the_code_in_its_length) {
  const auto bytes = hex("09000000 ca000000");

  EXPECT_EQ(load_request_header(bytes.data()), (RequestHeader{.code = 202, .payload_size = 5}));

  base::Bytes stored(8);
  store_request_header(stored.data(), {.code = 202, .payload_size = 5});
  EXPECT_EQ(stored, bytes);
}

TEST(RequestHeader, is_refused_below_the_size_of_the_code) {
  EXPECT_EQ(load_request_header(hex("00000000 01000000").data()), fail(Error::invalid_command));
  EXPECT_EQ(load_request_header(hex("03000000 01000000").data()), fail(Error::invalid_command));
  EXPECT_EQ(load_request_header(hex("04000000 01000000").data()),
            (RequestHeader{.code = 1, .payload_size = 0}));
  EXPECT_EQ(load_request_header(hex("ffffffff 65000000").data()),
            (RequestHeader{.code = 101, .payload_size = 4294967291}));
}

TEST(PayloadSize, of_a_control_command_ends_at_10_mebibytes) {
  const RequestHeader largest{.code = CreateStream::code, .payload_size = 10'485'760};
  const RequestHeader too_large{.code = CreateStream::code, .payload_size = 10'485'761};

  EXPECT_TRUE(check_payload_size(largest, send_payload_size_max));
  EXPECT_EQ(check_payload_size(too_large, send_payload_size_max), fail(Error::invalid_command));
}

TEST(PayloadSize, of_a_send_has_the_limit_of_the_server) {
  const RequestHeader send{.code = SendMessages::code, .payload_size = 20'000'000};

  EXPECT_TRUE(check_payload_size(send, send_payload_size_max));
  EXPECT_TRUE(check_payload_size(send, 20'000'000));
  EXPECT_EQ(check_payload_size(send, 19'999'999), fail(Error::invalid_command));
}

TEST(ErrorReply, has_the_published_bytes) {
  std::size_t count = 0;
  for (const auto& vector : load_vectors("frames")) {
    if (vector.status == 0) continue;
    SCOPED_TRACE(vector.name);

    const auto reply = error_reply(static_cast<Error>(vector.status));

    EXPECT_EQ(base::Bytes(reply.begin(), reply.end()), vector.bytes);
    EXPECT_EQ(load_reply_header(vector.bytes.data()), (ReplyHeader{.status = vector.status}));
    ++count;
  }
  EXPECT_EQ(count, 14);
}

TEST(ErrorReply, never_shows_a_code_of_our_own) {
  const auto reply = error_reply(Error::incarnation_gone);

  const auto status = load_reply_header(reply.data()).status;
  EXPECT_GT(status, 0);
  EXPECT_LE(status, 13'000);
}

TEST(Requests, are_cut_out_of_a_stream_one_after_the_other) {
  const auto vector = load_vector("streams_of_frames", "pipelined_requests");

  std::vector<RequestHeader> headers;
  for (std::size_t at = 0; at < vector.bytes.size();) {
    const auto header = load_request_header(vector.bytes.data() + at);
    ASSERT_TRUE(header);
    headers.push_back(*header);
    at += frame_header_size + header->payload_size;
  }

  EXPECT_EQ(headers, (std::vector<RequestHeader>{{.code = 1, .payload_size = 0},
                                                 {.code = 999, .payload_size = 2},
                                                 {.code = 1, .payload_size = 0}}));
}

TEST(Requests, without_payload_are_a_header) {
  EXPECT_EQ(encode_request(Ping{}), hex("04000000 01000000"));
}

}  // namespace
}  // namespace iggy::wire
