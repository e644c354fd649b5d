// What a test asks of the fake disk: calls that fail, that wait, and the loss of power.
#pragma once

#include <array>
#include <coroutine>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/memory_disk.hpp"
#include "runtime/memory_file.hpp"

namespace iggy::runtime {

class Shard;

/// How a call on the fake disk goes.
struct Verdict {
  static constexpr auto everything = std::numeric_limits<std::uint64_t>::max();

  std::optional<Error> error;
  std::uint64_t bytes = everything;  // of a write: how many are written; else 0: nothing is done
  bool power_fails = false;          // what is done is not synced

  [[nodiscard]] bool acts() const { return bytes > 0; }
};

/// Decides about each call, and counts them.
class MemoryFaults {
 public:
  struct Call {
    DiskCall kind;
    bool changes = true;
    std::uint64_t size = 0;  // of a write
    std::initializer_list<std::string_view> paths;
  };

  /// Waits while calls of this kind are held; they go on in the order of asking.
  struct Passage {
    MemoryFaults& faults;
    DiskCall kind;
    [[nodiscard]] bool await_ready() const noexcept;
    void await_suspend(std::coroutine_handle<> caller);
    void await_resume();
    bool waited = false;
  };
  [[nodiscard]] Passage pass(DiskCall kind);

  [[nodiscard]] Verdict judge(const Call& call, Dice& dice);

  void fail_call(DiskCall kind, std::uint64_t n, Verdict verdict, std::string path_part);
  void fail_always(DiskCall kind, Error error, std::string path_part);
  void heal();
  void hold(DiskCall kind);
  void release();
  void lose_power_after(std::uint64_t calls) { calls_to_power_loss_ = calls; }
  [[nodiscard]] bool has_lost_power() const { return power_lost_; }
  /// The power is back, and nobody is held any more.
  void restart();

  [[nodiscard]] std::uint64_t calls(DiskCall kind) const { return calls_[index(kind)]; }
  [[nodiscard]] std::uint64_t changing_calls() const { return changing_calls_; }

 private:
  static constexpr std::size_t kind_count = static_cast<std::size_t>(DiskCall::list) + 1;
  static constexpr std::size_t index(DiskCall kind) { return static_cast<std::size_t>(kind); }

  struct Fault {
    DiskCall kind;
    std::optional<std::uint64_t> calls_left;  // before the one that fails; none: every one does
    Verdict verdict;
    std::string path_part;
  };
  struct Waiter {
    std::coroutine_handle<> caller;
    Shard* shard;
    DiskCall kind;
  };

  [[nodiscard]] std::optional<Verdict> injected(const Call& call);
  [[nodiscard]] Verdict lose_power(const Call& call, Dice& dice);

  std::vector<Fault> faults_;
  std::vector<Waiter> waiting_;                       // in the order of asking
  std::array<bool, kind_count> held_{};               // calls of this kind wait
  std::array<std::uint64_t, kind_count> released_{};  // that have not gone on yet
  std::array<std::uint64_t, kind_count> calls_{};
  std::uint64_t changing_calls_ = 0;
  std::optional<std::uint64_t> calls_to_power_loss_;
  bool power_lost_ = false;
};

}  // namespace iggy::runtime
