// What all backends share: the life of an operation, and which backend is used.
#include "runtime/reactor.hpp"

#include <cassert>
#include <cerrno>

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
  if (!in_kernel) return;
  is_cancelled = true;
  Shard::current().reactor().cancel(*this);
}

}  // namespace iggy::runtime
