// The one interface to the kernel's waiting: io_uring, epoll, or a simulation behind it.
#pragma once

#include <sys/socket.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "iggy/error.hpp"
#include "iggy/units.hpp"
#include "runtime/cancel.hpp"

namespace iggy::runtime {

class Shard;

/// One request to the kernel. It lives in the frame of the coroutine that waits for it and stays
/// there until the kernel has let go of it, cancelled or not.
class Operation : public Cancellable {
 public:
  enum class Kind : std::uint8_t {
    accept,         // result: descriptor
    connect,        // address
    receive,        // memory, size; result: bytes
    send,           // message; result: bytes, perhaps fewer than asked
    wait_readable,  // readiness alone
    wait_writable,
  };

  Kind kind{};
  int descriptor = -1;
  void* memory = nullptr;
  std::size_t size = 0;
  msghdr* message = nullptr;
  const sockaddr* address = nullptr;
  socklen_t address_size = 0;

  std::int32_t result = 0;  // >= 0, or -errno; -ECANCELED if it was cancelled first
  std::coroutine_handle<> waiter;

  // For the backend's own use.
  Operation* next = nullptr;
  bool in_kernel = false;
  bool awaits_readiness = false;
  bool is_cancelled = false;

  /// `co_await operation.run()`: submits it to the current shard's reactor, waits in the scope of
  /// the awaiting coroutine, gives `result`.
  struct Awaiter;
  Awaiter run();

  /// For the backend: the kernel has let go of it. Queues the waiter as ready.
  void complete(std::int32_t outcome);

 private:
  /// False if it has ended at once.
  bool start(std::coroutine_handle<> waiting, CancelScope* scope);
  void on_cancel() override;
};

struct Operation::Awaiter {
  Operation& operation;
  bool await_ready() const noexcept { return false; }
  template <class Waiting>
  bool await_suspend(std::coroutine_handle<Waiting> waiting) {
    return operation.start(waiting, waiting.promise().scope);
  }
  std::int32_t await_resume() const noexcept { return operation.result; }
};
inline Operation::Awaiter Operation::run() { return {*this}; }

/// A backend. Belongs to one shard; only `wake` may come from another thread.
class Reactor {
 public:
  virtual ~Reactor() = default;

  /// Starts `operation`. When it completes, its result is set and its waiter queued as ready.
  virtual void submit(Operation& operation) = 0;
  /// Asks for the end of `operation`; it still completes, with its result or -ECANCELED.
  virtual void cancel(Operation& operation) = 0;
  /// Submits what is queued, waits at most `limit` for completions (zero: does not wait), and
  /// completes what came. True if something did.
  virtual bool wait(Duration limit) = 0;
  /// Ends a `wait` that is under way or the next one. Any thread.
  virtual void wake() noexcept = 0;
  /// The descriptor is about to be closed, or to go to another shard. Nothing may be under way.
  virtual void forget(int /*descriptor*/) {}
  /// "io_uring", "epoll" ...
  [[nodiscard]] virtual std::string_view name() const = 0;
};

enum class Backend : std::uint8_t { io_uring, epoll };

/// Errors: operation_unsupported (io_uring is forbidden or too old here).
Result<std::unique_ptr<Reactor>> make_reactor(Backend backend);

/// The backend to use: what IGGY_RUNTIME says, else io_uring where it works, else epoll. A forced
/// backend that does not work is an error: operation_unsupported; another word:
/// invalid_configuration. `reason` says, for one log line, why it was chosen.
Result<Backend> choose_backend(const char* forced, std::string& reason);

}  // namespace iggy::runtime
