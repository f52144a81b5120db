#include "engine/connectors/filesystem/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::engine::filesystem {
namespace {

class LocalFile : public RandomAccessFile {
 public:
  LocalFile(int fd, uint64_t size, std::string path) : fd_(fd), size_(size), path_(std::move(path)) {}
  ~LocalFile() override { close(fd_); }

  Result<size_t> ReadAt(uint64_t offset, char* to, size_t size) override {
    size_t done = 0;
    while (done < size) {
      const ssize_t n = pread(fd_, to + done, size - done, static_cast<off_t>(offset + done));
      if (n == 0) break;
      if (n > 0) {
        done += static_cast<size_t>(n);
      } else if (errno != EINTR) {
        return Error(ErrorCode::kIo, "Cannot read " + path_ + ": " + std::strerror(errno));
      }
    }
    return done;
  }
  uint64_t size() const override { return size_; }
  const std::string& name() const override { return path_; }

 private:
  const int fd_;
  const uint64_t size_;
  const std::string path_;
};

}  // namespace

Result<std::unique_ptr<RandomAccessFile>> OpenLocalFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat s;
  if (fd < 0 || fstat(fd, &s) != 0) {
    const int error = errno;
    if (fd >= 0) close(fd);
    return Error(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                 "Cannot open " + path + ": " + std::strerror(error));
  }
  return std::unique_ptr<RandomAccessFile>(std::make_unique<LocalFile>(fd, static_cast<uint64_t>(s.st_size), path));
}

}  // namespace sluice::engine::filesystem
