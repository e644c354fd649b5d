// Signals, read from a descriptor like anything else that comes from outside.
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>

#include "runtime/reactor.hpp"
#include "runtime/runtime.hpp"

namespace iggy::runtime {

Signals::Signals(std::vector<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  assert(descriptor_ >= 0);
}

Signals::~Signals() {
  if (auto* const shard = Shard::current_or_null()) shard->reactor().forget(descriptor_);
  ::close(descriptor_);
}

Task<Result<int>> Signals::next() {
  for (;;) {
    Operation readable;
    readable.kind = Operation::Kind::wait_readable;
    readable.descriptor = descriptor_;
    const auto result = co_await readable.run();
    if (result == -ECANCELED) co_return fail(Error::cancelled);

    signalfd_siginfo info{};
    if (::read(descriptor_, &info, sizeof info) == sizeof info) {
      co_return static_cast<int>(info.ssi_signo);
    }
  }
}

}  // namespace iggy::runtime
