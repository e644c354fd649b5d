// Argon2id through libargon2, with memory that is mapped for one hash and unmapped behind it.
#include "broker/password.hpp"

#include <argon2.h>
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/bytes.hpp"
#include "runtime/workers.hpp"

namespace iggy::broker {

namespace {

constexpr std::size_t salt_size = 16;
constexpr std::size_t tag_size = 32;
constexpr std::string_view letters_and_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

using Salt = std::array<std::uint8_t, salt_size>;
using Tag = std::array<std::uint8_t, tag_size>;

// malloc would keep some of the 19 MiB for later.
int map_memory(std::uint8_t** memory, std::size_t size) {
  void* const mapped =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *memory = mapped == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(mapped);
  return mapped == MAP_FAILED ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}

void unmap_memory(std::uint8_t* memory, std::size_t size) { ::munmap(memory, size); }

/// The work itself, on a worker. `password` is lent; libargon2 does not change it.
Result<Tag> derive(const std::string& password, Salt salt) {
  Tag tag;
  argon2_context context{};
  context.out = tag.data();
  context.outlen = tag.size();
  context.pwd = reinterpret_cast<std::uint8_t*>(const_cast<char*>(password.data()));
  context.pwdlen = static_cast<std::uint32_t>(password.size());
  context.salt = salt.data();
  context.saltlen = salt.size();
  context.t_cost = 2;
  context.m_cost = 19456;  // KiB
  context.lanes = 1;
  context.threads = 1;
  context.version = ARGON2_VERSION_13;
  context.allocate_cbk = map_memory;
  context.free_cbk = unmap_memory;
  context.flags = ARGON2_DEFAULT_FLAGS;
  if (::argon2id_ctx(&context) != ARGON2_OK) return fail(Error::out_of_memory);
  return tag;
}

// The parameters are always ours, so a hash is known by its text.
constexpr std::string_view prefix = "$argon2id$v=19$m=19456,t=2,p=1$";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 without padding, as PHC strings have it.
std::string to_base64(std::span<const std::uint8_t> bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const auto byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text += base64_digits[bits >> (count - 6) & 63];
  }
  if (count > 0) text += base64_digits[bits << (6 - count) & 63];
  return text;
}

/// Exactly as many bytes as fit into `bytes`; false for any other text.
bool from_base64(std::string_view text, std::span<std::uint8_t> bytes) {
  if (text.size() != (bytes.size() * 8 + 5) / 6) return false;
  std::uint32_t bits = 0;
  unsigned count = 0;
  std::size_t filled = 0;
  for (const auto digit : text) {
    const auto value = base64_digits.find(digit);
    if (value == std::string_view::npos) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[filled++] = static_cast<std::uint8_t>(bits >> count & 255);
  }
  return true;
}

struct StoredHash {
  Salt salt{};
  Tag tag{};
};

std::optional<StoredHash> parse(std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  const auto dollar = text.find('$');
  if (dollar == std::string_view::npos) return std::nullopt;
  StoredHash hash;
  if (!from_base64(text.substr(0, dollar), hash.salt)) return std::nullopt;
  if (!from_base64(text.substr(dollar + 1), hash.tag)) return std::nullopt;
  return hash;
}

/// Looks at every byte whatever the earlier ones are.
bool are_equal(const Tag& a, const Tag& b) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return *static_cast<volatile unsigned*>(&difference) == 0;
}

}  // namespace

const std::string_view decoy_password_hash =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

Task<Result<std::string>> hash_password(std::string password) {
  Salt salt;
  runtime::Shard::current().random().fill(std::as_writable_bytes(std::span(salt)));
  const auto tag = co_await runtime::offload([&password, salt] { return derive(password, salt); });
  if (!tag) co_return fail(tag);
  co_return fmt::format("{}{}${}", prefix, to_base64(salt), to_base64(*tag));
}

Task<Result<bool>> verify_password(std::string password, std::string password_hash) {
  const auto stored = parse(password_hash);
  if (!stored) co_return false;
  const auto tag = co_await runtime::offload(
      [&password, salt = stored->salt] { return derive(password, salt); });
  if (!tag) co_return fail(tag);
  co_return are_equal(*tag, stored->tag);
}

std::string generate_password(runtime::Random& random) {
  // Bytes at and above the largest multiple are thrown away: no value is likelier than another.
  const auto below = [&random](unsigned bound) {
    for (;;) {
      std::byte byte{};
      random.fill({&byte, 1});
      const auto value = std::to_integer<unsigned>(byte);
      if (value < 256 - 256 % bound) return value % bound;
    }
  };
  std::string password(20 + below(20), '\0');
  for (auto& character : password) {
    character = letters_and_digits[below(static_cast<unsigned>(letters_and_digits.size()))];
  }
  return password;
}

}  // namespace iggy::broker
