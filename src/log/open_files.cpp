// The list of open files, the newest first.
#include "log/open_files.hpp"

#include <cassert>
#include <utility>

namespace iggy::log {

KeptFile::KeptFile(KeptFile&& other) noexcept { take(other); }

KeptFile& KeptFile::operator=(KeptFile&& other) noexcept {
  if (this != &other) {
    close();
    take(other);
  }
  return *this;
}

/// Takes the file, and its place in the list.
void KeptFile::take(KeptFile& other) {
  file_ = std::move(other.file_);
  files_ = std::exchange(other.files_, nullptr);
  newer_ = std::exchange(other.newer_, nullptr);
  older_ = std::exchange(other.older_, nullptr);
  if (files_ == nullptr) return;
  (newer_ != nullptr ? newer_->older_ : files_->newest_) = this;
  (older_ != nullptr ? older_->newer_ : files_->oldest_) = this;
}

const runtime::FileHandle& KeptFile::use() {
  if (files_ != nullptr && newer_ != nullptr) {
    files_->remove(*this);
    files_->add(*this);
  }
  return file_;
}

void KeptFile::keep(OpenFiles& files, runtime::FileHandle file) {
  assert(file != nullptr);
  close();
  file_ = std::move(file);
  files_ = &files;
  files.add(*this);
  files.make_room();
}

void KeptFile::close() {
  if (files_ == nullptr) return;
  std::exchange(files_, nullptr)->remove(*this);
  file_.reset();
}

void OpenFiles::add(KeptFile& file) {
  file.newer_ = nullptr;
  file.older_ = newest_;
  (newest_ != nullptr ? newest_->newer_ : oldest_) = &file;
  newest_ = &file;
  ++count_;
}

void OpenFiles::remove(KeptFile& file) {
  (file.newer_ != nullptr ? file.newer_->older_ : newest_) = file.older_;
  (file.older_ != nullptr ? file.older_->newer_ : oldest_) = file.newer_;
  file.newer_ = file.older_ = nullptr;
  --count_;
}

void OpenFiles::make_room() {
  while (count_ > count_max_ && oldest_ != newest_) oldest_->close();
}

}  // namespace iggy::log
