// What all backends share: the life of an operation, waking, and which backend is used.
#include "runtime/reactor.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>

#include "runtime/backends.hpp"
#include "runtime/shard.hpp"

namespace iggy::runtime {

bool Operation::start(std::coroutine_handle<> waiting, CancelScope* scope) {
  if (scope != nullptr && scope->is_cancelled()) {
    result = -ECANCELED;
    return false;
  }
  waiter = waiting;
  in_kernel = true;
  is_cancelled = false;
  awaits_readiness = false;
  enter(scope);
  Shard::current().reactor().submit(*this);
  return true;
}

void Operation::complete(std::int32_t outcome) {
  assert(in_kernel);
  in_kernel = false;
  leave();
  result = outcome;
  Shard::current().ready(waiter);
}

void Operation::on_cancel() {
  is_cancelled = true;
  Shard::current().reactor().cancel(*this);
}

WakeEvent::WakeEvent() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

WakeEvent::~WakeEvent() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void WakeEvent::signal() const noexcept {
  const std::uint64_t one = 1;
  const auto written = ::write(descriptor_, &one, sizeof one);
  assert(written == sizeof one);  // the counter has room for 2^64 - 2 of them
}

Result<std::unique_ptr<Reactor>> make_reactor(Backend backend) {
  return backend == Backend::io_uring ? make_uring_reactor() : make_epoll_reactor();
}

Result<Backend> choose_backend(const char* forced, std::string& reason) {
  const std::string_view word = forced == nullptr ? "" : forced;
  if (word == "epoll") {
    reason = "forced by IGGY_RUNTIME";
    return Backend::epoll;
  }
  if (!word.empty() && word != "io_uring") {
    reason = "IGGY_RUNTIME is neither io_uring nor epoll";
    return fail(Error::invalid_configuration);
  }
  const bool works = make_uring_reactor().has_value();
  if (word == "io_uring") {
    reason = works ? "forced by IGGY_RUNTIME" : "forced by IGGY_RUNTIME, but not available here";
    if (!works) return fail(Error::operation_unsupported);
    return Backend::io_uring;
  }
  reason = works ? "available" : "io_uring is forbidden or too old here";
  return works ? Backend::io_uring : Backend::epoll;
}

}  // namespace iggy::runtime
