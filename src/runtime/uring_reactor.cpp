// The io_uring backend: requests go to the kernel in batches, once per loop turn.
#include <liburing.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>

#include "base/logging.hpp"
#include "runtime/backends.hpp"

namespace iggy::runtime {
namespace {

// Small, as every idle shard has one: a full queue of requests is handed over early, and the kernel
// keeps completions for which there is no room.
constexpr unsigned requests_max = 256;
constexpr unsigned completions_max = 1024;

// What a completion belongs to, where it is no operation.
constexpr std::uint64_t ignored_tag = 0;
constexpr std::uint64_t wake_tag = 1;

// Timeouts of waits, and polls that fire more than once (Linux 5.13).
constexpr unsigned features_needed =
    IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_FAST_POLL | IORING_FEAT_RSRC_TAGS;

constexpr std::size_t small_receive_max = 64 * 1024;

// From the cheapest to the oldest: completions are worked off when we ask for them (6.1), when we
// enter the kernel anyway (5.19, which can also wait for data before it tries to take some), or at
// any moment.
constexpr std::array setups{
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
        IORING_SETUP_SUBMIT_ALL,
    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL,
    0U,
};

/// 0, or -errno. The ring starts disabled: the thread that drives it, which may be another than the
/// one that makes it, becomes its only issuer.
int make_ring(io_uring& ring) {
  int result = -ENOSYS;
  for (const auto setup : setups) {
    io_uring_params params{};
    params.flags = setup | IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    params.cq_entries = completions_max;
    result = io_uring_queue_init_params(requests_max, &ring, &params);
    if (result == -EINVAL) continue;  // the kernel does not know one of the flags
    if (result < 0) return result;
    if ((params.features & features_needed) == features_needed) return 0;
    io_uring_queue_exit(&ring);
    return -ENOSYS;
  }
  return result;
}

void prepare(io_uring_sqe& request, Operation& operation) {
  const int descriptor = operation.descriptor;
  switch (operation.kind) {
    case Operation::Kind::accept:
      io_uring_prep_accept(&request, descriptor, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      return;
    case Operation::Kind::connect:
      io_uring_prep_connect(&request, descriptor, operation.address, operation.address_size);
      return;
    case Operation::Kind::receive:
      io_uring_prep_recv(&request, descriptor, operation.memory, operation.size, 0);
      return;
    case Operation::Kind::send:
      io_uring_prep_sendmsg(&request, descriptor, operation.message, MSG_NOSIGNAL);
      return;
    case Operation::Kind::wait_readable:
      io_uring_prep_poll_add(&request, descriptor, POLLIN);
      return;
    case Operation::Kind::wait_writable:
      io_uring_prep_poll_add(&request, descriptor, POLLOUT);
      return;
  }
}

bool is_reading(const Operation& operation) {
  return operation.kind == Operation::Kind::accept || operation.kind == Operation::Kind::receive;
}

class UringReactor final : public Reactor {
 public:
  explicit UringReactor(const io_uring& ring)
      : ring_(ring), polls_first_((ring.flags & IORING_SETUP_TASKRUN_FLAG) != 0) {}
  ~UringReactor() override;

  void submit(Operation& operation) override;
  void cancel(Operation& operation) override;
  bool wait(Duration limit) override;
  void wake() noexcept override { wake_event_.signal(); }
  [[nodiscard]] std::string_view name() const override { return "io_uring"; }

 private:
  void enable();
  void watch_wake_event();
  io_uring_sqe& next_request();
  void request_readiness(Operation& operation);
  void enter_kernel(Duration limit);
  [[nodiscard]] bool has_kernel_work() const;
  bool take_completions();
  void serve(const io_uring_cqe& completion);
  void finish(Operation& operation, std::int32_t result);

  io_uring ring_;
  const bool polls_first_;
  bool is_enabled_ = false;
  std::size_t under_way_ = 0;
  WakeEvent wake_event_;
};

UringReactor::~UringReactor() {
  assert(under_way_ == 0 && "the kernel still holds an operation");
  io_uring_queue_exit(&ring_);
}

void UringReactor::enable() {
  if (is_enabled_) return;
  is_enabled_ = true;
  // liburing 2.3 declares a function for this, but its shared library does not have it.
  const auto enabled =
      ::syscall(__NR_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  assert(enabled == 0);
  watch_wake_event();
}

void UringReactor::watch_wake_event() {
  auto& request = next_request();
  io_uring_prep_poll_multishot(&request, wake_event_.descriptor(), POLLIN);
  io_uring_sqe_set_data64(&request, wake_tag);
}

io_uring_sqe& UringReactor::next_request() {
  enable();
  auto* request = io_uring_get_sqe(&ring_);
  while (request == nullptr) {
    // The queue is full: it goes to the kernel before its time.
    const int submitted = io_uring_submit(&ring_);
    assert(submitted >= 0 || submitted == -EAGAIN || submitted == -EBUSY || submitted == -EINTR);
    if (submitted < 0) take_completions();  // it wants room for more of them
    request = io_uring_get_sqe(&ring_);
  }
  return *request;
}

void UringReactor::submit(Operation& operation) {
  auto& request = next_request();
  prepare(request, operation);
  // Who waits for a small request has just answered one: nothing is there yet, and a first attempt
  // to take it would be in vain. Of something large, more is often there.
  const bool is_small_receive =
      operation.kind == Operation::Kind::receive && operation.size <= small_receive_max;
  if (is_small_receive && polls_first_) request.ioprio |= IORING_RECVSEND_POLL_FIRST;
  io_uring_sqe_set_data(&request, &operation);
  ++under_way_;
}

/// For kernels that answer EAGAIN for a descriptor in non-blocking mode instead of waiting.
void UringReactor::request_readiness(Operation& operation) {
  operation.awaits_readiness = true;
  auto& request = next_request();
  io_uring_prep_poll_add(&request, operation.descriptor, is_reading(operation) ? POLLIN : POLLOUT);
  io_uring_sqe_set_data(&request, &operation);
  ++under_way_;
}

void UringReactor::cancel(Operation& operation) {
  auto& request = next_request();
  io_uring_prep_cancel(&request, &operation, 0);
  io_uring_sqe_set_data64(&request, ignored_tag);
}

bool UringReactor::wait(Duration limit) {
  enable();
  enter_kernel(limit);
  return take_completions();
}

void UringReactor::enter_kernel(Duration limit) {
  int result = 0;
  if (limit == Duration{} || io_uring_cq_ready(&ring_) > 0) {
    if (has_kernel_work()) result = io_uring_submit_and_get_events(&ring_);
  } else if (limit == Duration::max()) {
    result = io_uring_submit_and_wait(&ring_, 1);
  } else {
    io_uring_cqe* first = nullptr;
    __kernel_timespec timeout{
        .tv_sec = static_cast<long long>(limit.microseconds / 1'000'000),
        .tv_nsec = static_cast<long long>(limit.microseconds % 1'000'000 * 1'000)};
    result = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
  }
  // All but these mean that the ring is broken: EAGAIN and EBUSY ask us to take completions first.
  assert(result >= 0 || result == -ETIME || result == -EINTR || result == -EAGAIN ||
         result == -EBUSY);
}

/// Whether entering the kernel without waiting would do anything.
bool UringReactor::has_kernel_work() const {
  const auto flags = IO_URING_READ_ONCE(*ring_.sq.kflags);
  return io_uring_sq_ready(&ring_) > 0 ||
         (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

bool UringReactor::take_completions() {
  bool came = false;
  while (io_uring_cq_ready(&ring_) > 0) {
    io_uring_cqe* next = nullptr;
    if (io_uring_peek_cqe(&ring_, &next) != 0) break;
    const auto completion = *next;
    io_uring_cqe_seen(&ring_, next);
    serve(completion);
    came = true;
  }
  return came;
}

void UringReactor::serve(const io_uring_cqe& completion) {
  if (completion.user_data == ignored_tag) return;
  if (completion.user_data == wake_tag) {
    assert(completion.res > 0);
    if ((completion.flags & IORING_CQE_F_MORE) == 0) watch_wake_event();
    return;
  }
  --under_way_;
  finish(*reinterpret_cast<Operation*>(completion.user_data), completion.res);
}

void UringReactor::finish(Operation& operation, std::int32_t result) {
  if (result == -EISCONN && operation.kind == Operation::Kind::connect) result = 0;
  if (result == -EAGAIN || result == -EINTR || result == -EINPROGRESS) {
    if (operation.is_cancelled) return operation.complete(-ECANCELED);
    return request_readiness(operation);
  }
  if (!operation.awaits_readiness || result < 0) return operation.complete(result);
  operation.awaits_readiness = false;
  if (operation.kind == Operation::Kind::wait_readable ||
      operation.kind == Operation::Kind::wait_writable) {
    return operation.complete(result);
  }
  if (operation.is_cancelled) return operation.complete(-ECANCELED);
  submit(operation);
}

}  // namespace

Result<std::unique_ptr<Reactor>> make_uring_reactor() {
  io_uring ring{};
  if (const int result = make_ring(ring); result < 0) {
    base::log_debug("io_uring is not available: error {}", -result);
    return fail(Error::operation_unsupported);
  }
  return std::make_unique<UringReactor>(ring);
}

}  // namespace iggy::runtime
