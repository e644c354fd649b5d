// Socket addresses as the kernel wants them. For runtime/ alone.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "runtime/socket.hpp"

namespace iggy::runtime {

/// An address in the kernel's form, of either family.
struct KernelAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

struct SocketAddressAccess {
  static KernelAddress to_kernel(const SocketAddress& address);
  /// Errors: invalid_ip_address (another family).
  static Result<SocketAddress> from_kernel(const KernelAddress& address);
};

}  // namespace iggy::runtime
