// The server itself: ping, statistics, cluster metadata.
#pragma once

#include "broker/context.hpp"
#include "wire/system.hpp"

namespace iggy::broker {

inline constexpr std::string_view server_version = "0.8.0";
inline constexpr std::uint32_t server_semver = 8000;  // major * 1000000 + minor * 1000 + patch

Task<Result<>> ping(Context context, wire::Ping request);
/// Errors: unauthorized.
Task<Result<wire::Stats>> get_stats(Context context, wire::GetStats request);
Task<Result<wire::ClusterMetadata>> get_cluster_metadata(Context context,
                                                         wire::GetClusterMetadata request);

}  // namespace iggy::broker
