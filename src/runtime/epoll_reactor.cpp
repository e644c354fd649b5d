// The epoll backend: tries the plain system call first, and waits for readiness where it must.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <ctime>
#include <optional>
#include <vector>

#include "runtime/backends.hpp"

namespace iggy::runtime {
namespace {

constexpr int events_max = 128;  // in one wait

/// What is known about one descriptor. It is in the epoll set, edge-triggered and for both
/// directions, from its first wait on until it is forgotten: no system call for each wait.
struct Slot {
  Operation* reader = nullptr;
  Operation* writer = nullptr;
  bool is_registered = false;
  // False: a system call showed that nothing is there, and no edge came since. Asking is in vain.
  bool may_be_readable = true;
  // The end of the stream comes with an edge too, but not with one of its own if data came with it.
  bool hung_up = false;
};

bool is_reading(const Operation& operation) {
  using Kind = Operation::Kind;
  return operation.kind == Kind::accept || operation.kind == Kind::receive ||
         operation.kind == Kind::wait_readable;
}

/// The outcome of a system call; nothing if it would have had to wait.
std::optional<std::int32_t> outcome(ssize_t result) {
  if (result >= 0) return static_cast<std::int32_t>(result);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::nullopt;
  return -errno;
}

std::optional<std::int32_t> readiness(int descriptor, short events) {
  pollfd polled{.fd = descriptor, .events = events, .revents = 0};
  const int count = ::poll(&polled, 1, 0);
  if (count == 0) return std::nullopt;
  return outcome(count);
}

std::optional<std::int32_t> connect(Operation& operation) {
  if (!operation.awaits_readiness) {
    operation.awaits_readiness = true;
    const int result = ::connect(operation.descriptor, operation.address, operation.address_size);
    if (result < 0 && errno == EINPROGRESS) return std::nullopt;
    return outcome(result);
  }
  if (!readiness(operation.descriptor, POLLOUT)) return std::nullopt;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(operation.descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  return -error;
}

/// Does it, if it need not wait.
std::optional<std::int32_t> attempt(Operation& operation) {
  const int descriptor = operation.descriptor;
  switch (operation.kind) {
    case Operation::Kind::accept:
      return outcome(::accept4(descriptor, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    case Operation::Kind::connect:
      return connect(operation);
    case Operation::Kind::receive:
      return outcome(::recv(descriptor, operation.memory, operation.size, MSG_DONTWAIT));
    case Operation::Kind::send:
      return outcome(::sendmsg(descriptor, operation.message, MSG_DONTWAIT | MSG_NOSIGNAL));
    case Operation::Kind::wait_readable:
      return readiness(descriptor, POLLIN);
    case Operation::Kind::wait_writable:
      return readiness(descriptor, POLLOUT);
  }
  return -EINVAL;
}

class EpollReactor final : public Reactor {
 public:
  explicit EpollReactor(int epoll) : epoll_(epoll) {}
  ~EpollReactor() override;

  [[nodiscard]] bool watch_wake_event();

  void submit(Operation& operation) override;
  void cancel(Operation& operation) override;
  bool wait(Duration limit) override;
  void wake() noexcept override { wake_event_.signal(); }
  void forget(int descriptor) override;
  [[nodiscard]] std::string_view name() const override { return "epoll"; }

 private:
  Slot& slot(int descriptor);
  /// 0, or -errno.
  std::int32_t register_once(Slot& slot, int descriptor);
  bool try_now(Slot& slot, Operation& operation);
  void serve(const epoll_event& event);
  int wait_for_events(Duration limit, std::array<epoll_event, events_max>& events);

  int epoll_;
  bool has_pwait2_ = true;
  WakeEvent wake_event_;
  std::vector<Slot> slots_;  // by descriptor: the kernel gives out the smallest free one
};

EpollReactor::~EpollReactor() { ::close(epoll_); }

bool EpollReactor::watch_wake_event() {
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.fd = -1}};
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_event_.descriptor(), &event) == 0;
}

Slot& EpollReactor::slot(int descriptor) {
  assert(descriptor >= 0);
  const auto index = static_cast<std::size_t>(descriptor);
  if (index >= slots_.size()) slots_.resize(index + 1);
  return slots_[index];
}

void EpollReactor::submit(Operation& operation) {
  auto& slot = this->slot(operation.descriptor);
  auto*& waiting = is_reading(operation) ? slot.reader : slot.writer;
  assert(waiting == nullptr && "one operation in each direction at a time");
  if (try_now(slot, operation)) return;
  // Readiness that arose between the attempt and this is reported as the first edge.
  if (const auto error = register_once(slot, operation.descriptor); error < 0) {
    return operation.complete(error);
  }
  waiting = &operation;
}

std::int32_t EpollReactor::register_once(Slot& slot, int descriptor) {
  if (slot.is_registered) return 0;
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    .data = {.fd = descriptor}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) return -errno;
  slot.is_registered = true;
  return 0;
}

bool EpollReactor::try_now(Slot& slot, Operation& operation) {
  const bool reads = is_reading(operation);
  if (reads && !slot.may_be_readable) return false;
  const auto result = attempt(operation);
  // A short read has emptied the socket, so that the next one need not find out. (Urgent data,
  // which nobody of ours sends, also ends a read short; then the stream waits for its next packet.)
  const bool emptied = !result || (operation.kind == Operation::Kind::receive && *result > 0 &&
                                   static_cast<std::size_t>(*result) < operation.size);
  if (reads && emptied && slot.is_registered && !slot.hung_up) slot.may_be_readable = false;
  if (!result) return false;
  operation.complete(*result);
  return true;
}

void EpollReactor::cancel(Operation& operation) {
  auto& slot = this->slot(operation.descriptor);
  auto*& waiting = is_reading(operation) ? slot.reader : slot.writer;
  assert(waiting == &operation);
  waiting = nullptr;
  operation.complete(-ECANCELED);
}

void EpollReactor::forget(int descriptor) {
  if (static_cast<std::size_t>(descriptor) >= slots_.size()) return;
  auto& slot = this->slot(descriptor);
  assert(slot.reader == nullptr && slot.writer == nullptr && "something still waits");
  if (slot.is_registered) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
  slot = Slot();
}

bool EpollReactor::wait(Duration limit) {
  std::array<epoll_event, events_max> events;
  const int count = wait_for_events(limit, events);
  for (int i = 0; i < count; ++i) serve(events[static_cast<std::size_t>(i)]);
  return count > 0;
}

/// No coroutine runs in here: descriptors can't change their meaning between two events.
void EpollReactor::serve(const epoll_event& event) {
  if (event.data.fd < 0) return;  // the wake event
  auto& slot = this->slot(event.data.fd);
  constexpr auto ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if (event.events & ended) slot.hung_up = true;
  if (event.events & (EPOLLIN | ended)) {
    slot.may_be_readable = true;
    if (slot.reader != nullptr && try_now(slot, *slot.reader)) slot.reader = nullptr;
  }
  if (event.events & (EPOLLOUT | ended)) {
    if (slot.writer != nullptr && try_now(slot, *slot.writer)) slot.writer = nullptr;
  }
}

int EpollReactor::wait_for_events(Duration limit, std::array<epoll_event, events_max>& events) {
  if (has_pwait2_) {
    const timespec timeout{.tv_sec = static_cast<time_t>(limit.microseconds / 1'000'000),
                           .tv_nsec = static_cast<long>(limit.microseconds % 1'000'000 * 1'000)};
    const int count = ::epoll_pwait2(epoll_, events.data(), events_max,
                                     limit == Duration::max() ? nullptr : &timeout, nullptr);
    if (count >= 0 || errno != ENOSYS) return count;
    has_pwait2_ = false;  // before Linux 5.11
  }
  constexpr std::uint64_t ms_max = 1'000'000'000;
  const auto ms = limit.microseconds / 1'000 + (limit.microseconds % 1'000 != 0 ? 1 : 0);
  const int timeout = limit == Duration::max() ? -1 : static_cast<int>(ms < ms_max ? ms : ms_max);
  return ::epoll_wait(epoll_, events.data(), events_max, timeout);
}

}  // namespace

Result<std::unique_ptr<Reactor>> make_epoll_reactor() {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) {
    return fail(errno == EMFILE || errno == ENFILE ? Error::too_many_open_files
                                                   : Error::operation_unsupported);
  }
  auto reactor = std::make_unique<EpollReactor>(epoll);
  if (!reactor->watch_wake_event()) return fail(Error::too_many_open_files);
  return reactor;
}

}  // namespace iggy::runtime
