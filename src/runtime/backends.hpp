// The backends that make_reactor chooses from.
#pragma once

#include <memory>

#include "iggy/error.hpp"
#include "runtime/reactor.hpp"

namespace iggy::runtime {

/// Errors: operation_unsupported (io_uring is forbidden, or too old here).
Result<std::unique_ptr<Reactor>> make_uring_reactor();
/// Errors: operation_unsupported, too_many_open_files.
Result<std::unique_ptr<Reactor>> make_epoll_reactor();

/// A descriptor by which other threads end a reactor's wait.
class WakeEvent {
 public:
  WakeEvent();
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;

  /// Any thread. Each call is an edge to who polls the descriptor, so that nobody has to read it.
  void signal() const noexcept;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace iggy::runtime
