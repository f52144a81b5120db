#include "base/files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/file_descriptor.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

Status WriteAndSync(const std::string& path, std::string_view content) {
  SLUICE_ASSIGN_OR_RETURN(const FileDescriptor file, CreateFileAt(path));
  SLUICE_RETURN_IF_ERROR(WriteAll(file, path, content));
  return SyncFile(file, path);
}

}  // namespace

Result<std::string> ReadFile(const std::string& path) {
  SLUICE_ASSIGN_OR_RETURN(const FileDescriptor file, OpenFileAt(path));
  return ReadToEnd(file, path);
}

Status WriteFileAtomically(const std::string& path, std::string_view content) {
  // The process id keeps two processes apart; within one, two writers of one path are the caller's to order.
  const std::string temporary = fmt::format("{}.{}.tmp", path, ::getpid());
  if (Status written = WriteAndSync(temporary, content); !written.ok()) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return FileError("replace", path, error);
  }
  const std::string folder = fs::path(path).parent_path().string();
  return SyncFolder(folder.empty() ? "." : folder);
}

Status MakeFolders(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return FileError("create folder", path, error.value());
  return {};
}

Result<std::vector<std::string>> ListFolder(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  fs::directory_iterator entry(path, error);
  while (!error && entry != fs::directory_iterator()) {
    names.push_back(entry->path().filename().string());
    entry.increment(error);
  }
  if (error) return FileError("list folder", path, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

Status RemoveTree(const std::string& path) {
  // What others put into it or take out of it meanwhile (a process that is ending) makes a round fail, not the whole.
  constexpr int kRounds = 5;
  std::error_code error;
  for (int round = 0; round < kRounds; ++round) {
    error.clear();
    fs::remove_all(path, error);
    if (error != std::errc::no_such_file_or_directory && error != std::errc::directory_not_empty) break;
  }
  if (error) return FileError("remove", path, error.value());
  return {};
}

Result<std::string> MakeTemporaryFolder(std::string_view prefix) {
  std::error_code error;
  fs::path parent = fs::temp_directory_path(error);
  if (error) parent = "/tmp";
  std::string name = (parent / fmt::format("{}XXXXXX", prefix)).string();
  if (::mkdtemp(name.data()) == nullptr) return FileError("create folder", name, errno);
  return name;
}

}  // namespace sluice
