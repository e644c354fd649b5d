// How streams and topics of the catalogue are told to clients.
#pragma once

#include <map>

#include "broker/broker.hpp"
#include "wire/streams.hpp"
#include "wire/topics.hpp"

namespace iggy::broker {

using TotalsByTopic = std::map<Incarnation, Totals>;

[[nodiscard]] wire::Stream describe(const Stream& stream, const TotalsByTopic& totals);
[[nodiscard]] wire::Topic describe(const Topic& topic, const Totals& totals);
/// The totals of `topic`: zeros if it has none.
[[nodiscard]] Totals totals_of(const TotalsByTopic& totals, const Topic& topic);

}  // namespace iggy::broker
