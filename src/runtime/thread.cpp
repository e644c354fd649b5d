// Threads by pthread: std::thread can't be told the size of its stack.
#include "runtime/thread.hpp"

#include <cassert>
#include <memory>
#include <utility>

namespace iggy::runtime {
namespace {

// Far below the default of 8 MiB, which the kernel may back with huge pages of 2 MiB at first
// touch.
constexpr std::size_t stack_size = 512 * 1024;

struct Start {
  std::string name;
  std::function<void()> body;
};

void* run_thread(void* argument) {
  const std::unique_ptr<Start> start(static_cast<Start*>(argument));
  name_this_thread(std::move(start->name));
  start->body();
  return nullptr;
}

}  // namespace

void name_this_thread(std::string name) {
  constexpr std::size_t name_size_max = 15;
  if (name.size() > name_size_max) name.resize(name_size_max);
  pthread_setname_np(pthread_self(), name.c_str());
}

Thread::~Thread() { assert(!is_running_ && "a thread was not joined"); }

bool Thread::start(std::string name, std::function<void()> body) {
  assert(!is_running_);
  auto start = std::make_unique<Start>(Start{std::move(name), std::move(body)});
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_size);
  is_running_ = pthread_create(&handle_, &attributes, &run_thread, start.get()) == 0;
  pthread_attr_destroy(&attributes);
  if (is_running_) (void)start.release();  // the thread owns it now
  return is_running_;
}

void Thread::join() {
  assert(is_running_);
  pthread_join(handle_, nullptr);
  is_running_ = false;
}

}  // namespace iggy::runtime
