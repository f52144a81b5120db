#include "service/runner/flink_checkpoints.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "base/files.h"

namespace sluice::service {
namespace {

namespace fs = std::filesystem;

/// Of one job; empty if there is none.
std::string NewestOf(const std::string& folder) {
  constexpr std::string_view kPrefix = "chk-";
  auto names = ListFolder(folder);
  if (!names.ok()) return "";
  int64_t newest = -1;
  for (const std::string& name : *names) {
    int64_t number = -1;
    if (!name.starts_with(kPrefix)) continue;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), number);
    // Flink writes this file last.
    if (number > newest && ReadFile(fmt::format("{}/{}/_metadata", folder, name)).ok()) newest = number;
  }
  return newest < 0 ? "" : fmt::format("{}/{}{}", folder, kPrefix, newest);
}

}  // namespace

std::string LastCheckpoint(const std::string& checkpoints, const std::string& job_id) {
  if (const std::string own = checkpoints + "/" + job_id; ListFolder(own).ok()) return NewestOf(own);
  auto jobs = ListFolder(checkpoints);
  return jobs.ok() && jobs->size() == 1 ? NewestOf(checkpoints + "/" + jobs->front()) : "";
}

std::string NewestCheckpoint(const std::string& checkpoints) {
  auto jobs = ListFolder(checkpoints);
  if (!jobs.ok()) return "";
  std::string newest;
  fs::file_time_type newest_time = fs::file_time_type::min();
  for (const std::string& job : *jobs) {
    const std::string checkpoint = NewestOf(checkpoints + "/" + job);
    std::error_code ec;
    const auto time = fs::last_write_time(checkpoint + "/_metadata", ec);
    if (checkpoint.empty() || ec || time < newest_time) continue;
    newest = checkpoint;
    newest_time = time;
  }
  return newest;
}

}  // namespace sluice::service
