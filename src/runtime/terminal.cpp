// Standard input, output and error, for programs that people type at.
#include "runtime/terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace iggy::runtime {
namespace {

constexpr char interrupt_key = '\x03';

/// The terminal of the process, or standard input and error if it has none.
class Terminal {
 public:
  explicit Terminal(int fallback) : descriptor_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    owned_ = descriptor_ >= 0;
    if (!owned_) descriptor_ = fallback;
    known_ = ::tcgetattr(descriptor_, &saved_) == 0;
  }
  ~Terminal() {
    if (known_) ::tcsetattr(descriptor_, TCSAFLUSH, &saved_);
    if (owned_) ::close(descriptor_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// The interrupt key becomes a character, so that the echo is switched on again before the end.
  void hide_typing() {
    if (!known_) return;
    auto hidden = saved_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    ::tcsetattr(descriptor_, TCSAFLUSH, &hidden);
  }
  [[nodiscard]] int input() const { return descriptor_; }
  [[nodiscard]] int output() const { return owned_ ? descriptor_ : STDERR_FILENO; }

 private:
  int descriptor_;
  bool owned_ = false;
  bool known_ = false;
  termios saved_{};
};

Result<> write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(errno == EPIPE ? Error::connection_reset : Error::io_error);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

bool StandardInput::is_terminal() const { return ::isatty(descriptor_) == 1; }

Result<bool> StandardInput::fill() {
  std::array<char, 64 * 1024> chunk;
  ssize_t size = 0;
  do {
    size = ::read(descriptor_, chunk.data(), chunk.size());
  } while (size < 0 && errno == EINTR);
  if (size < 0) return fail(Error::io_error);
  buffer_.append(chunk.data(), static_cast<std::size_t>(size));
  return size > 0;
}

Result<std::optional<std::string>> StandardInput::read_line(std::size_t size_max) {
  std::size_t searched = 0;
  while (true) {
    if (const auto end = buffer_.find('\n', searched); end != std::string::npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (line.size() > size_max) return fail(Error::limit_reached);
      return line;
    }
    searched = buffer_.size();
    if (searched > size_max) return fail(Error::limit_reached);
    const auto more = fill();
    if (!more) return fail(more);
    if (!*more) break;
  }
  if (buffer_.empty()) return std::nullopt;
  return std::exchange(buffer_, {});
}

Result<std::string> StandardInput::read_all(std::size_t size_max) {
  while (true) {
    if (buffer_.size() > size_max) return fail(Error::limit_reached);
    const auto more = fill();
    if (!more) return fail(more);
    if (!*more) return std::exchange(buffer_, {});
  }
}

Result<std::string> StandardInput::read_secret(std::string_view prompt) {
  constexpr std::size_t secret_size_max = 4096;
  Terminal terminal(descriptor_);
  terminal.hide_typing();
  if (const auto shown = write_all(terminal.output(), prompt); !shown) return fail(shown);

  auto line = StandardInput(terminal.input()).read_line(secret_size_max);
  if (const auto shown = write_all(terminal.output(), "\n"); !shown) return fail(shown);
  if (!line) return fail(line);
  auto secret = std::move(*line).value_or(std::string());
  if (secret.find(interrupt_key) != std::string::npos) return fail(Error::cancelled);
  return secret;
}

Result<> write_standard(StandardStream stream, std::string_view text) {
  return write_all(stream == StandardStream::output ? STDOUT_FILENO : STDERR_FILENO, text);
}

}  // namespace iggy::runtime
