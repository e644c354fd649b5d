// A permit that is let go when its holder's scope ends.
#pragma once

#include "runtime/event.hpp"

namespace iggy::runtime {

/// Lets go of one permit that `acquire` took.
class HeldPermit {
 public:
  explicit HeldPermit(Semaphore& semaphore) : semaphore_(semaphore) {}
  ~HeldPermit() { semaphore_.release(); }
  HeldPermit(const HeldPermit&) = delete;
  HeldPermit& operator=(const HeldPermit&) = delete;

 private:
  Semaphore& semaphore_;
};

}  // namespace iggy::runtime
