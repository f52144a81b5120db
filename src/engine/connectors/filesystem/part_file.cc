#include "engine/connectors/filesystem/part_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/files.h"

namespace sluice::engine::filesystem {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;

Error IoError(const std::string& what, const std::string& path) {
  return Error(ErrorCode::kIo, "Cannot " + what + " " + path + ": " + std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<PartFile>> PartFile::Create(const std::string& folder, const std::string& name,
                                                   const std::string& id, int64_t now_ms) {
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder));
  std::unique_ptr<PartFile> file(new PartFile());
  file->final_path_ = folder + "/" + name;
  file->temporary_path_ = folder + "/." + name + ".inprogress." + id;
  file->created_ms_ = file->last_write_ms_ = now_ms;
  file->fd_ = open(file->temporary_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file->fd_ < 0) return IoError("create", file->temporary_path_);
  return file;
}

PartFile::~PartFile() {
  if (fd_ >= 0) close(fd_);
}

Status PartFile::Wrote(int64_t now_ms) {
  last_write_ms_ = now_ms;
  if (buffer_.size() < kBufferBytes) return {};
  return Flush();
}

Status PartFile::Flush() {
  size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t n = write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (n < 0) {
      if (errno == EINTR) continue;
      return IoError("write", temporary_path_);
    }
    done += static_cast<size_t>(n);
  }
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Status PartFile::Finish() {
  SLUICE_RETURN_IF_ERROR(Flush());
  if (fdatasync(fd_) != 0) return IoError("flush", temporary_path_);
  const int fd = fd_;
  fd_ = -1;
  if (close(fd) != 0) return IoError("close", temporary_path_);
  return {};
}

Status CommitPartFile(const std::string& temporary_path, const std::string& final_path) {
  if (std::rename(temporary_path.c_str(), final_path.c_str()) == 0) return {};
  struct stat s;
  if (errno == ENOENT && stat(final_path.c_str(), &s) == 0) return {};
  return IoError("commit", final_path);
}

}  // namespace sluice::engine::filesystem
