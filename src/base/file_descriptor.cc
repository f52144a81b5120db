#include "base/file_descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace sluice {

Error FileError(std::string_view action, const std::string& path, int error) {
  ErrorCode code = ErrorCode::kIo;
  if (error == ENOENT) code = ErrorCode::kNotFound;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) code = ErrorCode::kResourceExhausted;
  return Error(code, fmt::format("cannot {} '{}': {}", action, path, std::generic_category().message(error)));
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Result<FileDescriptor> CreateFileAt(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) return FileError("create", path, errno);
  return file;
}

Result<FileDescriptor> OpenFileAt(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return FileError("open", path, errno);
  return file;
}

Status WriteAll(const FileDescriptor& file, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Status SyncFile(const FileDescriptor& file, const std::string& path) {
  if (::fsync(file.get()) != 0) return FileError("sync", path, errno);
  return {};
}

Result<size_t> ReadFileAt(const FileDescriptor& file, const std::string& path, uint64_t offset, char* room,
                          size_t length) {
  size_t used = 0;
  while (used < length) {
    const ssize_t got = ::pread(file.get(), room + used, length - used, static_cast<off_t>(offset + used));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", path, errno);
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  return used;
}

Result<std::string> ReadToEnd(const FileDescriptor& file, const std::string& path) {
  std::string content;
  size_t used = 0;
  while (true) {
    if (content.size() - used < 4096) content.resize(std::max<size_t>(64 * 1024, content.size() * 2));
    const ssize_t got = ::read(file.get(), content.data() + used, content.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", path, errno);
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  content.resize(used);
  return content;
}

Result<uint64_t> FileSize(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return FileError("find", path, errno);
  if (!S_ISREG(facts.st_mode)) return FileError("find", path, ENOENT);
  return static_cast<uint64_t>(facts.st_size);
}

Status SyncFolder(const std::string& path) {
  const FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return FileError("open folder", path, errno);
  if (::fsync(folder.get()) != 0) return FileError("sync folder", path, errno);
  return {};
}

}  // namespace sluice
