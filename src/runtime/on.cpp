// The messages of a call between shards.
#include "runtime/on.hpp"

#include "runtime/event.hpp"

namespace iggy::runtime {

Task<> acquire_call_permit(Shard& origin) {
  if (origin.call_permits().try_acquire()) co_return;
  CancelScope never_cancelled;
  const auto acquired = co_await in_scope(never_cancelled, origin.call_permits().acquire());
  assert(acquired);
}

void release_call_permit(Shard& origin) { origin.call_permits().release(); }

Task<> RemoteCall::serve(Task<> task) {
  CancelScope scope(co_await this_scope());
  scope_ = &scope;
  co_await in_scope(scope, std::move(task));
  scope_ = nullptr;
  reply();
}

void RemoteCall::send(Message& message, void (*run)(InboxNode&)) {
  message.run = run;
  message.call = this;
  ++under_way_;
  target_.post(message);
}

void RemoteCall::reply() {
  request_.run = &run_reply;
  origin_.post(request_);
}

void RemoteCall::on_cancel() { send(cancel_, &run_cancel); }

void RemoteCall::came_back() {
  if (--under_way_ == 0) origin_.ready(waiting_);
}

void RemoteCall::run_request(InboxNode& message) { static_cast<Message&>(message).call->start(); }

void RemoteCall::run_reply(InboxNode& message) {
  auto& call = *static_cast<Message&>(message).call;
  call.leave();
  call.came_back();
}

void RemoteCall::run_cancel(InboxNode& message) {
  auto& call = *static_cast<Message&>(message).call;
  if (call.scope_ != nullptr) call.scope_->cancel();
  message.run = &run_cancelled;
  call.origin_.post(message);
}

void RemoteCall::run_cancelled(InboxNode& message) {
  static_cast<Message&>(message).call->came_back();
}

}  // namespace iggy::runtime
