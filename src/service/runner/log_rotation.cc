#include "service/runner/log_rotation.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

namespace sluice::service {
namespace {

class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Error Failed(const std::string& what, const std::string& path) {
  return Error(ErrorCode::kIo, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

std::string Numbered(const std::string& path, int number) { return fmt::format("{}.{}", path, number); }

/// [0, end) of `from`.
Status CopyBeginning(const OpenFile& from, int64_t end, const std::string& to_path) {
  OpenFile to(to_path, O_WRONLY | O_CREAT | O_TRUNC);
  if (to.fd() < 0) return Failed("write", to_path);
  std::vector<char> buffer(1 << 20);
  for (int64_t at = 0; at < end;) {
    const auto wanted = static_cast<size_t>(std::min<int64_t>(end - at, static_cast<int64_t>(buffer.size())));
    const ssize_t got = pread(from.fd(), buffer.data(), wanted, at);
    if (got <= 0 || write(to.fd(), buffer.data(), static_cast<size_t>(got)) != got) return Failed("write", to_path);
    at += got;
  }
  return {};
}

/// Where the line that has the byte `at` ends; `size` if its end is not there yet.
int64_t EndOfLine(const OpenFile& file, int64_t at, int64_t size) {
  std::vector<char> buffer(1 << 16);
  while (at < size) {
    const ssize_t got = pread(file.fd(), buffer.data(), buffer.size(), at);
    if (got <= 0) return size;
    const auto end = std::find(buffer.begin(), buffer.begin() + got, '\n');
    if (end != buffer.begin() + got) return std::min(size, at + (end - buffer.begin()) + 1);
    at += got;
  }
  return size;
}

}  // namespace

Status KeepLogSmall(const std::string& path, const LogLimits& limits) {
  struct stat now {};
  if (stat(path.c_str(), &now) != 0 || now.st_size <= limits.bytes) return {};
  OpenFile file(path, O_RDWR);
  if (file.fd() < 0) return Failed("open", path);
  // Only whole blocks can be cut off; of the last one what belongs to the old log is blanked out.
  const int64_t cut = (now.st_size - 1) / now.st_blksize * now.st_blksize;
  const int64_t end = EndOfLine(file, cut == 0 ? 0 : cut - 1, now.st_size);
  const std::string next = path + ".next";
  SLUICE_RETURN_IF_ERROR(CopyBeginning(file, end, next));
  for (int number = limits.old; number > 1; --number) {
    (void)rename(Numbered(path, number - 1).c_str(), Numbered(path, number).c_str());
  }
  if (rename(next.c_str(), Numbered(path, 1).c_str()) != 0) return Failed("rename", next);
  if (cut > 0 && fallocate(file.fd(), FALLOC_FL_COLLAPSE_RANGE, 0, cut) == 0) {
    const std::string blanks(static_cast<size_t>(end - cut), ' ');
    if (pwrite(file.fd(), blanks.data(), blanks.size(), 0) < 0) return Failed("write", path);
    return {};
  }
  return ftruncate(file.fd(), 0) == 0 ? Status() : Failed("truncate", path);
}

Status KeepLogsSmall(const std::string& folder, const LogLimits& limits) {
  Status all;
  for (const char* log : {"/logs/application.log", "/logs/engine.log"}) {
    const Status kept = KeepLogSmall(folder + log, limits);
    if (all.ok()) all = kept;
  }
  return all;
}

}  // namespace sluice::service
