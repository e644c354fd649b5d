// A thread of the system, with a name and a small stack.
#pragma once

#include <pthread.h>

#include <functional>
#include <string>

namespace iggy::runtime {

/// Names the calling thread, as debuggers and `top` show it; at most 15 bytes are kept.
void name_this_thread(std::string name);

/// Runs a function beside the others. It must be joined before it is destroyed (asserted).
class Thread {
 public:
  Thread() = default;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread();

  /// False if the system refuses another thread; then nothing has happened.
  [[nodiscard]] bool start(std::string name, std::function<void()> body);
  void join();

 private:
  pthread_t handle_{};
  bool is_running_ = false;
};

}  // namespace iggy::runtime
