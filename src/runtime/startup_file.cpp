// Reading the environment and small files at start, and looking after log files.
#include "runtime/startup_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

namespace iggy::runtime {
namespace {

Error error_of(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return Error::file_not_found;
    case EACCES:
    case EPERM:
      return Error::permission_denied;
    default:
      return Error::io_error;
  }
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

Result<std::string> read_all(int descriptor, std::uint64_t size_max) {
  std::string text;
  std::array<char, 4096> piece{};
  while (true) {
    const auto size = ::read(descriptor, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(error_of(errno));
    if (size == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(size));
    if (text.size() > size_max) return fail(Error::limit_reached);
  }
}

}  // namespace

Environment environment() {
  Environment variables;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

Result<std::string> read_small_file(const std::string& path, std::uint64_t size_max) {
  // Not waiting for a writer, should it be a pipe.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) return fail(error_of(errno));
  struct stat facts{};
  if (::fstat(file.number(), &facts) != 0) return fail(error_of(errno));
  if (!S_ISREG(facts.st_mode)) return fail(Error::operation_unsupported);
  return read_all(file.number(), size_max);
}

std::string working_directory() {
  std::array<char, 4096> path{};
  if (::getcwd(path.data(), path.size()) == nullptr) return ".";
  return path.data();
}

std::vector<std::string> upward_paths(const std::string& path) {
  if (path.starts_with('/')) return {path};
  std::vector<std::string> paths;
  auto directory = working_directory();
  while (directory.size() > 1) {
    paths.push_back(directory + '/' + path);
    directory.resize(std::min(directory.rfind('/'), directory.size() - 1));
  }
  paths.push_back('/' + path);
  return paths;
}

Result<FileFacts> file_facts(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return fail(error_of(errno));
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto seconds = now.tv_sec - facts.st_mtim.tv_sec;
  return FileFacts{.size = {static_cast<std::uint64_t>(facts.st_size)},
                   .age = Duration::seconds(seconds > 0 ? static_cast<std::uint64_t>(seconds) : 0)};
}

Result<> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return fail(error_of(errno));
  return {};
}

}  // namespace iggy::runtime
