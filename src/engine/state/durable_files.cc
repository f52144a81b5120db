#include "engine/state/durable_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace sluice::engine {
namespace {

namespace fs = std::filesystem;

Error FileError(std::string_view action, const std::string& path, int error) {
  ErrorCode code = ErrorCode::kIo;
  if (error == ENOENT) code = ErrorCode::kNotFound;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) code = ErrorCode::kResourceExhausted;
  return Error(code, fmt::format("cannot {} '{}': {}", action, path, std::generic_category().message(error)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class MachineFile : public DurableFile {
 public:
  MachineFile(std::string path, int fd) : path_(std::move(path)), file_(fd) {}

  Status Write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return FileError("write", path_, errno);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return {};
  }
  Status Sync() override {
    if (::fsync(file_.get()) != 0) return FileError("sync", path_, errno);
    return {};
  }

 private:
  std::string path_;
  Descriptor file_;
};

class MachineFileSystem : public DurableFiles {
 public:
  Result<std::unique_ptr<DurableFile>> Create(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return FileError("create", path, errno);
    return std::unique_ptr<DurableFile>(std::make_unique<MachineFile>(path, fd));
  }

  Result<std::string> Read(const std::string& path, uint64_t offset, uint64_t length) override {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat facts {};
    if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) return FileError("open", path, errno);
    const auto size = static_cast<uint64_t>(facts.st_size);
    if (offset >= size) return std::string();
    std::string bytes(std::min(length, size - offset), '\0');
    size_t used = 0;
    while (used < bytes.size()) {
      const ssize_t got =
          ::pread(file.get(), bytes.data() + used, bytes.size() - used, static_cast<off_t>(offset + used));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return FileError("read", path, errno);
      if (got == 0) break;
      used += static_cast<size_t>(got);
    }
    bytes.resize(used);
    return bytes;
  }

  Result<uint64_t> Size(const std::string& path) override {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return FileError("find", path, errno);
    if (!S_ISREG(facts.st_mode)) return FileError("find", path, ENOENT);
    return static_cast<uint64_t>(facts.st_size);
  }

  Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return FileError("create", to, errno);
    return {};
  }

  Status SyncFolder(const std::string& path) override {
    const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0) return FileError("open folder", path, errno);
    if (::fsync(folder.get()) != 0) return FileError("sync folder", path, errno);
    return {};
  }

  Status MakeFolders(const std::string& path) override {
    if (path.empty() || path == "/") return {};
    if (::mkdir(path.c_str(), 0755) != 0) {
      if (errno == ENOENT) {
        SLUICE_RETURN_IF_ERROR(MakeFolders(Parent(path)));
        if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return FileError("create folder", path, errno);
      } else if (errno == EEXIST) {
        std::error_code error;
        if (fs::is_directory(path, error)) return {};
        return FileError("create folder", path, ENOTDIR);
      } else {
        return FileError("create folder", path, errno);
      }
    }
    return SyncFolder(Parent(path));
  }

  Status Remove(const std::string& path) override {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) return FileError("remove", path, error.value());
    return {};
  }

  Result<std::vector<std::string>> ListFiles(const std::string& folder) override {
    std::vector<std::string> files;
    std::error_code error;
    fs::recursive_directory_iterator entry(folder, error);
    if (error == std::errc::no_such_file_or_directory) return files;
    while (!error && entry != fs::recursive_directory_iterator()) {
      std::error_code gone;  // a file may be removed while we look
      if (entry->is_regular_file(gone)) files.push_back(entry->path().lexically_relative(folder).generic_string());
      entry.increment(error);
    }
    if (error && error != std::errc::no_such_file_or_directory) return FileError("list folder", folder, error.value());
    std::sort(files.begin(), files.end());
    return files;
  }

 private:
  static std::string Parent(const std::string& path) {
    const size_t slash = path.find_last_of('/', path.find_last_not_of('/'));
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
  }
};

}  // namespace

DurableFiles& MachineFiles() {
  // Never destroyed: a writer thread may be at it when the process ends.
  static auto& files = *new MachineFileSystem();
  return files;
}

}  // namespace sluice::engine
