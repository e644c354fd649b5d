// What the cgroups of this process say.
#pragma once

#include <string>
#include <vector>

namespace iggy::runtime {

/// The contents of one file, "cpu.max", in the cgroup (version 2) of this process and in each one
/// above it; empty where there is none.
[[nodiscard]] std::vector<std::string> cgroup_texts(const std::string& name);

}  // namespace iggy::runtime
