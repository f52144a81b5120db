// Open files and folders: what every part that writes files durably is made of. Errors name the path; a full disk or
// quota is kResourceExhausted, a missing file kNotFound, the rest kIo.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

/// "cannot <action> '<path>': <what the system says of `error`, an errno>".
Error FileError(std::string_view action, const std::string& path, int error);

/// Closes on every way out.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  int get() const { return fd_; }

 private:
  int fd_;
};

/// A new file for writing; an old one of that name is emptied.
Result<FileDescriptor> CreateFileAt(const std::string& path);
Result<FileDescriptor> OpenFileAt(const std::string& path);
/// All of `bytes`, or an error.
Status WriteAll(const FileDescriptor& file, const std::string& path, std::string_view bytes);
Status SyncFile(const FileDescriptor& file, const std::string& path);
/// Fills `room` from `offset` on; answers how many bytes there were: fewer only if the file ends before.
Result<size_t> ReadFileAt(const FileDescriptor& file, const std::string& path, uint64_t offset, char* room,
                          size_t length);
/// From where the file stands to its end, which a pipe has too.
Result<std::string> ReadToEnd(const FileDescriptor& file, const std::string& path);
/// Of a regular file; kNotFound for anything else.
Result<uint64_t> FileSize(const std::string& path);
/// New, renamed and removed entries of the folder survive a crash from now on.
Status SyncFolder(const std::string& path);

}  // namespace sluice
