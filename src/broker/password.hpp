// Passwords: hashed with Argon2id on a worker, compared in constant time, or made up.
#pragma once

#include <string>
#include <string_view>

#include "iggy/error.hpp"
#include "runtime/shard.hpp"
#include "runtime/task.hpp"

namespace iggy::broker {

using runtime::Task;

/// The hash of `password` as a PHC string: Argon2id, 19 MiB, 2 passes, 1 lane, a random salt from
/// the current shard. Takes some 20 ms on a worker; its memory goes back to the kernel at once.
/// Errors: out_of_memory.
Task<Result<std::string>> hash_password(std::string password);

/// True if `password_hash` was made from `password`. Takes as long whether they agree or not. False
/// for a text that is not such a hash. Errors: out_of_memory.
Task<Result<bool>> verify_password(std::string password, std::string password_hash);

/// A hash that no password is known for: verify against it when there is no such user, so that a
/// stranger can't tell by the time whether there is one.
extern const std::string_view decoy_password_hash;

/// 20 to 39 letters and digits, each length and each character equally likely.
[[nodiscard]] std::string generate_password(runtime::Random& random);

}  // namespace iggy::broker
