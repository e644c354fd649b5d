// For tests: the fake disk in few words.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"

namespace iggy::runtime {

inline FileHandle open_file(Disk& disk, std::string path, OpenMode mode = OpenMode::create) {
  return run(disk.open(std::move(path), mode)).value();
}

inline Result<> write_text(const FileHandle& file, std::uint64_t position, std::string_view text) {
  const std::array pieces{base::as_bytes(text)};
  return run(file->write_at(position, pieces));
}

inline base::Bytes bytes_of(std::string_view text) {
  const auto view = base::as_bytes(text);
  return {view.begin(), view.end()};
}

inline std::string text_at(const MemoryDisk& disk, const std::string& path) {
  return std::string(base::as_text(disk.contents(path)));
}

/// All files, separated by blanks.
inline std::string names(MemoryDisk& disk) {
  std::string result;
  for (const auto& path : disk.paths()) result += (result.empty() ? "" : " ") + path;
  return result;
}

/// A whole sector of one letter.
inline std::string sector(char letter) { return std::string(512, letter); }

/// One letter for each sector, '.' for zeros.
inline std::string letters(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); i += 512) result += text[i] == '\0' ? '.' : text[i];
  return result;
}

}  // namespace iggy::runtime
