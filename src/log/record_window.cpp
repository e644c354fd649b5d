// Loading stretches of a file.
#include "log/record_window.hpp"

#include <algorithm>
#include <utility>

#include "runtime/shard.hpp"

namespace iggy::log {

RecordWindow::RecordWindow(FileHandle file, std::uint64_t end)
    : file_(std::move(file)), end_(end), owns_(true) {}

Task<Result<ByteView>> RecordWindow::load(std::uint64_t position, std::uint64_t size) {
  const auto most = owns_ ? std::max<std::uint64_t>(size, own_size) : memory_.size();
  return read(position, most);
}

Task<Result<ByteView>> RecordWindow::load_only(std::uint64_t position, std::uint64_t size) {
  return read(position, size);
}

Task<Result<ByteView>> RecordWindow::read(std::uint64_t position, std::uint64_t size) {
  const auto rest = position < end_ ? end_ - position : 0;
  size = std::min(size, rest);
  size_ = 0;
  if (owns_ && memory_.size() < size) {
    own_ = runtime::Shard::current().buffers().take(size);
    if (!own_) co_return fail(Error::out_of_memory);
    memory_ = own_.bytes();
  }
  size = std::min<std::uint64_t>(size, memory_.size());
  if (size == 0) co_return ByteView{};

  // A long walk lets others have their turn.
  if (size >= own_size) co_await runtime::yield();
  const auto read = co_await file_->read(position, memory_.first(size));
  if (!read) co_return fail(read);
  position_ = position;
  size_ = *read;
  co_return ByteView(memory_).first(size_);
}

}  // namespace iggy::log
