// For tests that need real files: a directory of their own.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

namespace iggy::runtime {

/// A test with a directory that is removed behind it, with all that it holds.
class TemporaryDirectoryTest : public testing::Test {
 protected:
  TemporaryDirectoryTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "iggy-test-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr) root = pattern;
  }
  void SetUp() override { ASSERT_FALSE(root.empty()); }
  ~TemporaryDirectoryTest() override { std::filesystem::remove_all(root); }

  std::string root;
};

}  // namespace iggy::runtime
