#include "engine/connectors/filesystem/file_listing.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/files.h"

namespace sluice::engine::filesystem {
namespace {

bool IsHidden(std::string_view name) { return name.starts_with('.') || name.starts_with('_'); }

int64_t ModifiedMs(const struct stat& s) { return int64_t{s.st_mtim.tv_sec} * 1000 + s.st_mtim.tv_nsec / 1'000'000; }

Status Walk(const std::string& folder, std::vector<FileInfo>& files) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(folder));
  for (const std::string& name : names) {
    if (IsHidden(name)) continue;
    const std::string path = folder + "/" + name;
    struct stat s;
    if (stat(path.c_str(), &s) != 0) continue;  // gone since it was listed
    if (S_ISDIR(s.st_mode)) {
      Status status = Walk(path, files);
      if (!status.ok() && status.error().code() != ErrorCode::kNotFound) return status;
    } else if (S_ISREG(s.st_mode)) {
      files.push_back({path, static_cast<uint64_t>(s.st_size), ModifiedMs(s)});
    }
  }
  return {};
}

/// Of the process, for messages about permissions.
std::string UserName() {
  std::array<char, 1024> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  const int status = getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found);
  return status == 0 && found != nullptr ? std::string(found->pw_name) : std::to_string(geteuid());
}

}  // namespace

Result<std::string> LocalPath(const std::string& option) {
  std::string path = option;
  if (path.starts_with("file:")) {
    path.erase(0, 5);
    if (path.starts_with("//")) {
      const size_t slash = path.find('/', 2);
      path = slash == std::string::npos ? "/" : path.substr(slash);
    }
  } else if (const size_t colon = path.find("://"); colon != std::string::npos) {
    return Error(ErrorCode::kNotSupported, "not supported yet: the file system scheme '" + path.substr(0, colon) +
                                               "' of the path '" + option + "'; use a local path or file://.");
  }
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (path.empty()) return Error(ErrorCode::kOption, "The option 'path' is empty: name a file or a folder.");
  return path;
}

Result<std::vector<FileInfo>> ListFiles(const std::string& path) {
  std::vector<FileInfo> files;
  struct stat s;
  if (stat(path.c_str(), &s) != 0) {
    if (errno == ENOENT) {
      return Error(ErrorCode::kNotFound,
                   "File " + path + " does not exist, or the user '" + UserName() + "' may not see it.");
    }
    return Error(ErrorCode::kIo, "Cannot read " + path + ": " + std::strerror(errno));
  }
  if (!S_ISDIR(s.st_mode)) {
    files.push_back({path, static_cast<uint64_t>(s.st_size), ModifiedMs(s)});
    return files;
  }
  SLUICE_RETURN_IF_ERROR(Walk(path, files));
  std::sort(files.begin(), files.end(), [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
  return files;
}

Result<std::vector<PartitionPath>> ListPartitions(const std::string& path, size_t depth) {
  std::vector<PartitionPath> found = {{{}, path}};
  for (size_t level = 0; level < depth; ++level) {
    std::vector<PartitionPath> next;
    for (const PartitionPath& above : found) {
      Result<std::vector<std::string>> names = ListFolder(above.path);
      if (!names.ok()) {
        if (names.error().code() == ErrorCode::kNotFound) continue;
        return names.error();
      }
      for (const std::string& name : *names) {
        if (IsHidden(name)) continue;
        PartitionSpec part = PartitionsOfPath(name);
        const std::string below = above.path + "/" + name;
        struct stat s;
        if (part.size() != 1 || stat(below.c_str(), &s) != 0 || !S_ISDIR(s.st_mode)) continue;
        PartitionPath p{above.spec, below};
        p.spec.push_back(part[0]);
        next.push_back(std::move(p));
      }
    }
    found = std::move(next);
  }
  return found;
}

}  // namespace sluice::engine::filesystem
