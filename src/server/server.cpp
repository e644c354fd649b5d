// The server: everything it starts, in order, and ends in the opposite one.
#include "server/server.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "runtime/process.hpp"
#include "runtime/timer.hpp"
#include "server/data_directory.hpp"
#include "server/log_files.hpp"

namespace iggy::server {
namespace {

constexpr auto connections_stop_limit = Duration::seconds(8);

broker::BrokerSettings broker_settings(const Settings& settings) {
  const auto& system = settings.system;
  return {.data_path = system.path,
          .log = {.segment_size = system.segment.size,
                  .enforce_fsync = system.partition.enforce_fsync,
                  .validate_checksum = system.partition.validate_checksum,
                  .validate_on_read = system.partition.validate_on_read},
          .default_message_expiry = system.topic.message_expiry.duration,
          .default_max_topic_size = system.topic.max_size.size,
          .recreate_missing_state = system.recovery.recreate_missing_state};
}

ConnectionLimits connection_limits(const LimitsSettings& limits) {
  return {.frames = {.send_payload_size = limits.send_frame_size.bytes,
                     .control_payload_size = limits.control_frame_size.bytes},
          .poll_reply_size = limits.poll_reply_size.bytes};
}

std::uint16_t port_of(const std::string& address) {
  const auto parsed = runtime::SocketAddress::parse(address);
  return parsed ? parsed->port() : 0;
}

std::string ip_of(const std::string& address) {
  const auto parsed = runtime::SocketAddress::parse(address);
  return parsed ? parsed->ip() : std::string();
}

/// The journal is no longer what was acknowledged: going on would make it worse.
void end_at_once(Error error) {
  base::log_error(
      "the journal of the catalogue failed ({}): the server stops now; check the disk, "
      "then start it again",
      base::describe(error).text);
  base::close_log_file();
  std::_Exit(1);
}

void open_log(const SystemSettings& system) {
  if (!system.logging.file_enabled) return;
  const auto options = log_file_options(system);
  if (!base::open_log_file(options)) {
    base::log_warning("cannot open the log file {}: logging to the console alone", options.path);
  }
}

/// The other half of the descriptors is for files.
void name_missing_descriptors(std::uint64_t connections) {
  const auto limit = runtime::descriptor_limit();
  if (connections <= limit / 2) return;
  base::log_warning(
      "limits.connections = {}, but the process may have only {} descriptors open: beyond about {} "
      "connections it may run out of them; raise the limit (ulimit -n, LimitNOFILE=) to {}",
      connections, limit, limit / 2, connections * 2);
}

void name_doors_not_built(const Settings& settings) {
  const auto tell = [](bool enabled, std::string_view transport) {
    if (enabled)
      base::log_info("{} is not served by this version: its address stays closed", transport);
  };
  tell(settings.quic.enabled, "quic");
  tell(settings.http.enabled, "http");
  tell(settings.websocket.enabled, "websocket");
}

}  // namespace

Server::Server(runtime::Runtime& runtime, runtime::Signals& signals, Start start)
    : runtime_(runtime),
      signals_(signals),
      start_(std::move(start)),
      bound_(start_.settings),
      disk_(runtime::make_real_disk()) {
  for (std::uint32_t i = 0; i < runtime_.shard_count(); ++i) {
    shards_.push_back(&runtime_.shard(i));
  }
}

Server::~Server() = default;

Task<int> Server::run() {
  auto status = 1;
  if (const auto begun = co_await begin()) {
    status = co_await wait_for_the_end();
  } else {
    base::log_error("the server could not start: {}", base::describe(begun.error()).text);
  }
  co_await end();
  co_return status;
}

Task<Result<>> Server::begin() {
  const auto& system = start_.settings.system;
  auto lock = co_await take_data_directory(
      *disk_,
      {.path = system.path, .runtime_path = system.runtime.path, .fresh = start_.options.fresh});
  if (!lock) co_return fail(lock);
  lock_ = std::move(*lock);
  open_log(system);

  if (const auto begun = co_await begin_broker(); !begun) co_return fail(begun);
  co_await begin_connections();
  if (const auto opened = co_await open_doors(); !opened) co_return fail(opened);
  broker_->set_cluster(cluster_metadata());
  if (start_.settings.message_saver.enabled) saving_.spawn(save_periodically());
  if (system.logging.file_enabled) jobs_.spawn(keep_log_files_in_bounds(system));
  co_return co_await tell_configuration();
}

Task<Result<>> Server::begin_broker() {
  broker_ = std::make_unique<broker::Broker>(*disk_, shards_, broker_settings(start_.settings),
                                             end_at_once);
  if (const auto started = co_await broker_->start(); !started) co_return fail(started);

  const auto root = co_await ensure_root_user(*broker_, start_.root);
  if (!root) co_return fail(root);
  if (*root && (*root)->is_generated) {
    // For the person at the terminal, or the tool that reads it: never in the log.
    std::printf("Generated root user password: %s\n", (*root)->password.c_str());
    std::fflush(stdout);
  }
  co_return co_await broker_->open_partitions();
}

Task<> Server::begin_connections() {
  const auto& limits = start_.settings.limits;
  placement_ = std::make_unique<Placement>(shards_);
  const auto memory = std::make_shared<ReceiveMemory>(limits.receive_bytes.bytes, shards_.size());
  connections_.resize(shards_.size());
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    co_await runtime::on(*shards_[i], [this, i, &limits, &memory] {
      connections_[i] =
          std::make_unique<Connections>(*broker_, *placement_, connection_limits(limits), memory);
      return true;
    });
    placement_->set(i, *connections_[i]);
  }
}

Task<Result<>> Server::open_doors() {
  name_doors_not_built(start_.settings);
  const auto& tcp = start_.settings.tcp;
  if (!tcp.enabled) co_return Result<>{};
  name_missing_descriptors(start_.settings.limits.connections);

  tcp_ = std::make_unique<TcpDoor>(*placement_, tcp, start_.settings.limits.connections);
  if (const auto opened = co_await tcp_->open(); !opened) {
    base::log_error("cannot listen on tcp.address = \"{}\": {}", tcp.address,
                    base::describe(opened.error()).text);
    co_return fail(opened);
  }
  bound_.tcp.address = tcp_->address().to_string();
  base::log_info("listening for TCP on {}", bound_.tcp.address);
  co_return Result<>{};
}

wire::ClusterMetadata Server::cluster_metadata() const {
  const auto& cluster = start_.settings.cluster;
  const wire::ClusterNode here{
      .name = cluster.enabled ? cluster.node.current.name : "iggy-node",
      .ip = cluster.enabled ? cluster.node.current.ip : ip_of(bound_.tcp.address),
      .tcp_port = port_of(bound_.tcp.address),
      .quic_port = port_of(bound_.quic.address),
      .http_port = port_of(bound_.http.address),
      .websocket_port = port_of(bound_.websocket.address)};
  if (!cluster.enabled) return {.name = "single-node", .nodes = {here}};

  wire::ClusterMetadata metadata{.name = cluster.name, .nodes = {here}};
  const auto follows = start_.options.follower;
  metadata.nodes.front().role = follows ? wire::NodeRole::follower : wire::NodeRole::leader;
  for (const auto& other : cluster.node.others) {
    metadata.nodes.push_back({.name = other.name,
                              .ip = other.ip,
                              .tcp_port = other.ports.tcp.value_or(here.tcp_port),
                              .quic_port = other.ports.quic.value_or(here.quic_port),
                              .http_port = other.ports.http.value_or(here.http_port),
                              .websocket_port = other.ports.websocket.value_or(here.websocket_port),
                              .role = follows ? wire::NodeRole::leader : wire::NodeRole::follower});
  }
  return metadata;
}

/// Tools read the bound addresses there; it appears when the server can be talked to.
Task<Result<>> Server::tell_configuration() {
  const auto& system = start_.settings.system;
  const auto path = runtime::join_path(runtime::join_path(system.path, system.runtime.path),
                                       "current_config.toml");
  const auto text = to_toml(bound_);
  const auto written = co_await runtime::write_file(*disk_, path, base::as_bytes(text));
  if (!written) {
    base::log_error("cannot write {}: {}", path, base::describe(written.error()).text);
    // On a full disk users must be able to delete something.
    if (written.error() != Error::no_space) co_return fail(written);
  }
  base::log_info("Iggy server is running; data in {}, {} shard{}, {}", system.path, shards_.size(),
                 shards_.size() == 1 ? "" : "s", shards_.front()->reactor().name());
  co_return Result<>{};
}

Task<> Server::save_periodically() {
  while (true) {
    const auto slept = co_await runtime::sleep(start_.settings.message_saver.interval);
    if (!slept) co_return;
    if (start_.settings.message_saver.enforce_fsync) co_await broker_->save();
  }
}

Task<int> Server::wait_for_the_end() {
  while (true) {
    const auto signal = co_await signals_.next();
    if (!signal) co_return 1;
    if (*signal == SIGHUP) {
      const auto reopened = base::reopen_log_file();
      base::set_log_level(chosen_log_level(start_.settings.system.logging, runtime::environment()));
      base::log_info("SIGHUP: {}", reopened ? "the log file is open anew" : "no log file is open");
      continue;
    }
    base::log_info("stopping; a second signal ends the server at once");
    jobs_.spawn(end_at_second_signal());
    co_return 0;
  }
}

Task<> Server::end_at_second_signal() {
  while (true) {
    const auto signal = co_await signals_.next();
    if (!signal) co_return;
    if (*signal == SIGHUP) continue;
    std::_Exit(128 + *signal);
  }
}

Task<> Server::end_connections(std::size_t shard) {
  co_await runtime::on(*shards_[shard],
                       [this, shard] { return connections_[shard]->stop(connections_stop_limit); });
}

Task<> Server::end() {
  if (broker_ && broker_->is_started()) co_await broker_->begin_stopping();
  if (tcp_) co_await tcp_->close();
  runtime::TaskGroup stopping;  // side by side: the limit holds for all together
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i]) stopping.spawn(end_connections(i));
  }
  co_await stopping.join();
  saving_.cancel();
  co_await saving_.join();
  if (broker_ && broker_->is_started()) co_await broker_->stop();
  jobs_.cancel();
  co_await jobs_.join();
  base::log_info("the server has stopped");
  base::close_log_file();
}

}  // namespace iggy::server
