// The client's commands about streams.
#include <utility>

#include "client/client.hpp"

namespace iggy::client {

Task<Result<std::optional<wire::StreamDetails>>> Client::get_stream(Identifier stream_id) {
  return call(wire::GetStream{.stream_id = std::move(stream_id)});
}

Task<Result<wire::Stream>> Client::create_stream(std::string name) {
  if (!wire::Name::is_valid(name)) co_return fail(Error::invalid_format);
  co_return co_await call(wire::CreateStream{.name = wire::Name(std::move(name))});
}

Task<Result<>> Client::update_stream(Identifier stream_id, std::string name) {
  if (!wire::Name::is_valid(name)) co_return fail(Error::invalid_format);
  co_return co_await call(
      wire::UpdateStream{.stream_id = std::move(stream_id), .name = wire::Name(std::move(name))});
}

Task<Result<>> Client::delete_stream(Identifier stream_id) {
  return call(wire::DeleteStream{.stream_id = std::move(stream_id)});
}

Task<Result<>> Client::purge_stream(Identifier stream_id) {
  return call(wire::PurgeStream{.stream_id = std::move(stream_id)});
}

}  // namespace iggy::client
