// on(shard, function): runs a function on another shard and brings its result back.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "runtime/shard.hpp"

namespace iggy::runtime {

/// What `function()` gives once it is awaited.
template <class F>
struct OnResult {
  using Returned = std::invoke_result_t<F&>;
  using type = Returned;
};
template <class F>
  requires is_task<std::invoke_result_t<F&>>
struct OnResult<F> {
  using type = typename std::invoke_result_t<F&>::value_type;
};

/// Runs `function` on `target` and gives its result; it may return a value or a Task. On the
/// current shard it is called in place, without touching anything shared. Otherwise it travels to
/// `target`'s inbox, runs there, and the result travels back; at most `calls_in_flight_max` calls
/// from one shard are under way, further ones wait their turn.
///
/// The caller stays suspended until the function has ended, also when it is cancelled meanwhile
/// (the function's scope is cancelled then, if it waits): what it was lent by reference stays
/// valid. The function must not be a capturing lambda that is itself a coroutine: it calls one.
/// What it throws arrives at the caller.
template <class F>
Task<typename OnResult<F>::type> on(Shard& target, F function);

inline constexpr std::size_t calls_in_flight_max = 4096;

}  // namespace iggy::runtime

#include "runtime/on_impl.hpp"
