// The keys without effect: what is not built yet, and what has no meaning in this server.
#include "server/settings_reserved.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

namespace iggy::server {
namespace {

using Texts = std::vector<std::string>;

std::string lower(std::string_view text) {
  std::string result(text);
  for (auto& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return result;
}

bool is_one_of(const RawValue& value, std::initializer_list<std::string_view> words) {
  if (value.kind != RawValue::Kind::text && value.kind != RawValue::Kind::untyped) return false;
  return std::ranges::find(words, lower(value.text)) != words.end();
}

const ValueType& cache_indexes() {
  static const ValueType type{
      .allowed = R"("all", "open_segment" or "none")", .assign = [](const RawValue& value, void*) {
        return value.kind == RawValue::Kind::boolean ||
               is_one_of(value, {"all", "true", "open_segment", "none", "false"});
      }};
  return type;
}

const ValueType& compression_algorithm() {
  static const ValueType type{
      .allowed = R"("none" or "gzip")",
      .assign = [](const RawValue& value, void*) { return is_one_of(value, {"none", "gzip"}); }};
  return type;
}

const ValueType& telemetry_transport() {
  static const ValueType type{
      .allowed = R"("grpc" or "http")",
      .assign = [](const RawValue& value, void*) { return is_one_of(value, {"grpc", "http"}); }};
  return type;
}

constexpr auto table = std::to_array<ReservedKey>({
    {"consumer_group.rebalancing_check_interval", value_type<Duration>},
    {"consumer_group.rebalancing_timeout", value_type<Duration>},
    {"data_maintenance.messages.cleaner_enabled", value_type<bool>},
    {"data_maintenance.messages.interval", value_type<Duration>},
    {"heartbeat.enabled", value_type<bool>},
    {"heartbeat.interval", value_type<Duration>},
    {"http.cors.allow_credentials", value_type<bool>},
    {"http.cors.allow_private_network", value_type<bool>},
    {"http.cors.allowed_headers", value_type<Texts>},
    {"http.cors.allowed_methods", value_type<Texts>},
    {"http.cors.allowed_origins", value_type<Texts>},
    {"http.cors.enabled", value_type<bool>},
    {"http.cors.exposed_headers", value_type<Texts>},
    {"http.jwt.access_token_expiry", value_type<MessageExpiry>},
    {"http.jwt.algorithm", value_type<std::string>},
    {"http.jwt.audience", value_type<std::string>},
    {"http.jwt.clock_skew", value_type<Duration>},
    {"http.jwt.decoding_secret", value_type<std::string>, ReservedUse::secret},
    {"http.jwt.encoding_secret", value_type<std::string>, ReservedUse::secret},
    {"http.jwt.issuer", value_type<std::string>},
    {"http.jwt.not_before", value_type<Duration>},
    {"http.jwt.trusted_issuers.#.audience", value_type<std::string>},
    {"http.jwt.trusted_issuers.#.issuer", value_type<std::string>},
    {"http.jwt.trusted_issuers.#.jwks_url", value_type<std::string>},
    {"http.jwt.trusted_issuers.#.user_id", value_type<std::uint32_t>},
    {"http.jwt.use_base64_secret", value_type<bool>},
    {"http.jwt.valid_audiences", value_type<Texts>},
    {"http.jwt.valid_issuers", value_type<Texts>},
    {"http.max_request_size", value_type<ByteSize>},
    {"http.metrics.enabled", value_type<bool>},
    {"http.metrics.endpoint", value_type<std::string>},
    {"http.tls.cert_file", value_type<std::string>},
    {"http.tls.enabled", value_type<bool>, ReservedUse::must_stay_off},
    {"http.tls.key_file", value_type<std::string>},
    {"http.web_ui", value_type<bool>},
    {"personal_access_token.cleaner.enabled", value_type<bool>},
    {"personal_access_token.cleaner.interval", value_type<Duration>},
    {"personal_access_token.max_tokens_per_user", value_type<std::uint32_t>},
    {"quic.certificate.cert_file", value_type<std::string>},
    {"quic.certificate.key_file", value_type<std::string>},
    {"quic.certificate.self_signed", value_type<bool>},
    {"quic.datagram_send_buffer_size", value_type<ByteSize>},
    {"quic.initial_mtu", value_type<ByteSize>},
    {"quic.keep_alive_interval", value_type<Duration>},
    {"quic.max_concurrent_bidi_streams", value_type<std::uint64_t>},
    {"quic.max_idle_timeout", value_type<Duration>},
    {"quic.receive_window", value_type<ByteSize>},
    {"quic.send_window", value_type<ByteSize>},
    {"quic.socket.keepalive", value_type<bool>},
    {"quic.socket.override_defaults", value_type<bool>},
    {"quic.socket.recv_buffer_size", value_type<ByteSize>},
    {"quic.socket.send_buffer_size", value_type<ByteSize>},
    {"system.backup.compatibility.path", value_type<std::string>},
    {"system.backup.path", value_type<std::string>},
    {"system.compression.allow_override", value_type<bool>},
    {"system.compression.default_algorithm", compression_algorithm},
    {"system.encryption.enabled", value_type<bool>, ReservedUse::must_stay_off},
    {"system.encryption.key", value_type<std::string>, ReservedUse::secret},
    {"system.memory_pool.bucket_capacity", value_type<std::uint32_t>},
    {"system.memory_pool.enabled", value_type<bool>},
    {"system.memory_pool.size", value_type<ByteSize>},
    {"system.message_deduplication.enabled", value_type<bool>},
    {"system.message_deduplication.expiry", value_type<Duration>},
    {"system.message_deduplication.max_entries", value_type<std::uint64_t>},
    {"system.partition.messages_required_to_save", value_type<std::uint32_t>},
    {"system.partition.path", value_type<std::string>},
    {"system.partition.size_of_messages_required_to_save", value_type<ByteSize>},
    {"system.segment.archive_expired", value_type<bool>},
    {"system.segment.cache_indexes", cache_indexes},
    {"system.state.max_file_operation_retries", value_type<std::uint32_t>},
    {"system.state.retry_delay", value_type<Duration>},
    {"system.stream.path", value_type<std::string>},
    {"system.topic.path", value_type<std::string>},
    {"tcp.ipv6", value_type<bool>},
    {"tcp.tls.cert_file", value_type<std::string>},
    {"tcp.tls.enabled", value_type<bool>, ReservedUse::must_stay_off},
    {"tcp.tls.key_file", value_type<std::string>},
    {"tcp.tls.self_signed", value_type<bool>},
    {"telemetry.enabled", value_type<bool>},
    {"telemetry.logs.endpoint", value_type<std::string>},
    {"telemetry.logs.transport", telemetry_transport},
    {"telemetry.service_name", value_type<std::string>},
    {"telemetry.traces.endpoint", value_type<std::string>},
    {"telemetry.traces.transport", telemetry_transport},
    {"websocket.accept_unmasked_frames", value_type<bool>, ReservedUse::must_stay_off},
    {"websocket.max_frame_size", value_type<TopicSize>},
    {"websocket.max_message_size", value_type<TopicSize>},
    {"websocket.max_write_buffer_size", value_type<TopicSize>},
    {"websocket.read_buffer_size", value_type<TopicSize>},
    {"websocket.tls.cert_file", value_type<std::string>},
    {"websocket.tls.enabled", value_type<bool>, ReservedUse::must_stay_off},
    {"websocket.tls.key_file", value_type<std::string>},
    {"websocket.tls.self_signed", value_type<bool>},
    {"websocket.write_buffer_size", value_type<TopicSize>},
});

}  // namespace

std::span<const ReservedKey> reserved_keys() { return table; }

}  // namespace iggy::server
