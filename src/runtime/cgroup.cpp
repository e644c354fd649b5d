// The files of cgroup v2, from the process's own group up to the root.
#include "runtime/cgroup.hpp"

#include <fstream>
#include <sstream>

namespace iggy::runtime {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The path of this process in the hierarchy: what is behind "0::"; "/" if unknown.
std::string cgroup_path() {
  std::istringstream lines(read_text("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "/";
}

}  // namespace

std::vector<std::string> cgroup_texts(const std::string& name) {
  std::vector<std::string> texts;
  for (auto path = cgroup_path();;) {
    texts.push_back(read_text("/sys/fs/cgroup" + path + "/" + name));
    if (path.empty() || path == "/") return texts;
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
}

}  // namespace iggy::runtime
