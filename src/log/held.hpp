// A permit that is let go when its holder's scope ends.
#pragma once

#include "runtime/event.hpp"

namespace iggy::log {

/// Lets go of one permit that `acquire` took.
class Held {
 public:
  explicit Held(runtime::Semaphore& semaphore) : semaphore_(semaphore) {}
  ~Held() { semaphore_.release(); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  runtime::Semaphore& semaphore_;
};

}  // namespace iggy::log
