#include "service/runner/control_group.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "base/files.h"

namespace sluice::service {
namespace {

/// The kernel takes a value in one write and answers with the write's error.
Status Put(const std::string& path, const std::string& value) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  int failure = fd < 0 ? errno : 0;
  if (fd >= 0) {
    if (write(fd, value.data(), value.size()) < 0) failure = errno;
    close(fd);
  }
  if (failure == 0) return {};
  return Error(ErrorCode::kIo, fmt::format("cannot write '{}' to {}: {}", value, path, std::strerror(failure)));
}

Status MakeGroup(const std::string& folder) {
  if (mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return Error(ErrorCode::kIo, fmt::format("cannot make the control group {}: {}", folder, std::strerror(errno)));
}

bool HasWords(const std::string& text, std::initializer_list<std::string_view> wanted) {
  size_t found = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    for (std::string_view one : wanted) found += one == word;
  }
  return found == wanted.size();
}

Status EnableControllers(const std::string& parent) {
  const std::string control = parent + "/cgroup.subtree_control";
  if (auto enabled = ReadFile(control); enabled.ok() && HasWords(*enabled, {"cpu", "memory"})) return {};
  Status enabled = Put(control, "+cpu +memory");
  if (enabled.ok()) return {};
  // Likely it is busy: with ourselves.
  const std::string ours = parent + "/service";
  SLUICE_RETURN_IF_ERROR(MakeGroup(ours));
  SLUICE_RETURN_IF_ERROR(JoinControlGroup(ours, getpid()));
  enabled = Put(control, "+cpu +memory");
  if (!enabled.ok()) {
    (void)JoinControlGroup(parent, getpid());
    RemoveControlGroup(ours);
  }
  return enabled;
}

}  // namespace

std::string OwnControlGroup(const std::string& self, const std::string& mount) {
  std::istringstream lines(self);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kVersion2 = "0::";
    if (!line.starts_with(kVersion2)) continue;
    std::string folder = mount + line.substr(kVersion2.size());
    while (folder.ends_with('/')) folder.pop_back();
    auto controllers = ReadFile(folder + "/cgroup.controllers");
    if (controllers.ok() && HasWords(*controllers, {"cpu", "memory"})) return folder;
  }
  return "";
}

Result<std::string> MakeControlGroup(const std::string& parent, const std::string& name,
                                     const ControlGroupLimits& limits) {
  SLUICE_RETURN_IF_ERROR(EnableControllers(parent));
  const std::string group = parent + "/" + name;
  SLUICE_RETURN_IF_ERROR(MakeGroup(group));
  constexpr int64_t kPeriodUs = 100'000;
  Status set = Put(group + "/memory.max", std::to_string(limits.memory_bytes));
  if (set.ok()) {
    const auto quota_us = static_cast<int64_t>(limits.cpus * static_cast<double>(kPeriodUs));
    set = Put(group + "/cpu.max", fmt::format("{} {}", quota_us, kPeriodUs));
  }
  if (set.ok()) return group;
  RemoveControlGroup(group);
  return set.error();
}

Status JoinControlGroup(const std::string& group, int64_t pid) {
  return Put(group + "/cgroup.procs", std::to_string(pid));
}

void RemoveControlGroup(const std::string& group) { (void)rmdir(group.c_str()); }

}  // namespace sluice::service
