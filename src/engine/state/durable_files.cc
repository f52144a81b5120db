#include "engine/state/durable_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file_descriptor.h"

namespace sluice::engine {
namespace {

namespace fs = std::filesystem;

class MachineFile : public DurableFile {
 public:
  MachineFile(std::string path, FileDescriptor file) : path_(std::move(path)), file_(std::move(file)) {}
  Status Write(std::string_view bytes) override { return WriteAll(file_, path_, bytes); }
  Status Sync() override { return SyncFile(file_, path_); }

 private:
  std::string path_;
  FileDescriptor file_;
};

class MachineReadableFile : public ReadableFile {
 public:
  MachineReadableFile(std::string path, FileDescriptor file) : path_(std::move(path)), file_(std::move(file)) {}
  Result<size_t> Read(uint64_t offset, char* room, size_t length) const override {
    return ReadFileAt(file_, path_, offset, room, length);
  }

 private:
  std::string path_;
  FileDescriptor file_;
};

class MachineFileSystem : public DurableFiles {
 public:
  Result<std::unique_ptr<DurableFile>> Create(const std::string& path) override {
    SLUICE_ASSIGN_OR_RETURN(FileDescriptor file, CreateFileAt(path));
    return std::unique_ptr<DurableFile>(std::make_unique<MachineFile>(path, std::move(file)));
  }

  Result<std::unique_ptr<ReadableFile>> Open(const std::string& path) override {
    SLUICE_ASSIGN_OR_RETURN(FileDescriptor file, OpenFileAt(path));
    return std::unique_ptr<ReadableFile>(std::make_unique<MachineReadableFile>(path, std::move(file)));
  }

  Result<uint64_t> Size(const std::string& path) override { return FileSize(path); }

  Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return FileError("create", to, errno);
    return {};
  }

  Status SyncFolder(const std::string& path) override { return sluice::SyncFolder(path); }

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

Result<std::string> DurableFiles::Read(const std::string& path, uint64_t offset, uint64_t length) {
  SLUICE_ASSIGN_OR_RETURN(const uint64_t size, Size(path));
  SLUICE_ASSIGN_OR_RETURN(const auto file, Open(path));
  std::string bytes(offset < size ? std::min(length, size - offset) : 0, '\0');
  SLUICE_ASSIGN_OR_RETURN(const size_t got, file->Read(offset, bytes.data(), bytes.size()));
  bytes.resize(got);
  return bytes;
}

DurableFiles& MachineFiles() {
  // Never destroyed: a writer thread may be at it when the process ends.
  static auto& files = *new MachineFileSystem();
  return files;
}

}  // namespace sluice::engine
