#include "engine/state/faulty_durable_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sluice::engine {
namespace {

Error Fault(std::string_view action, const std::string& path) {
  return Error(ErrorCode::kIo, fmt::format("cannot {} '{}': Input/output error", action, path));
}

class FaultyFile : public DurableFile {
 public:
  FaultyFile(FaultyDurableFiles* files, std::string path, std::unique_ptr<DurableFile> file)
      : files_(files), path_(std::move(path)), file_(std::move(file)) {}

  Status Write(std::string_view bytes) override {
    const auto size = static_cast<int64_t>(bytes.size());
    const int64_t left = files_->bytes_left.fetch_sub(size);
    if (left >= size) return file_->Write(bytes);
    SLUICE_RETURN_IF_ERROR(file_->Write(bytes.substr(0, static_cast<size_t>(std::max<int64_t>(left, 0)))));
    return Error(ErrorCode::kResourceExhausted, fmt::format("cannot write '{}': No space left on device", path_));
  }
  Status Sync() override {
    ++files_->syncs;
    return files_->fail_sync ? Fault("sync", path_) : file_->Sync();
  }

 private:
  FaultyDurableFiles* files_;
  std::string path_;
  std::unique_ptr<DurableFile> file_;
};

}  // namespace

Result<std::unique_ptr<DurableFile>> FaultyDurableFiles::Create(const std::string& path) {
  if (fail_create) return Error(ErrorCode::kIo, fmt::format("cannot create '{}': Permission denied", path));
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<DurableFile> file, MachineFiles().Create(path));
  return std::unique_ptr<DurableFile>(std::make_unique<FaultyFile>(this, path, std::move(file)));
}
Result<std::unique_ptr<ReadableFile>> FaultyDurableFiles::Open(const std::string& path) {
  return MachineFiles().Open(path);
}
Result<uint64_t> FaultyDurableFiles::Size(const std::string& path) { return MachineFiles().Size(path); }
Status FaultyDurableFiles::Rename(const std::string& from, const std::string& to) {
  return fail_rename ? Fault("create", to) : MachineFiles().Rename(from, to);
}
Status FaultyDurableFiles::SyncFolder(const std::string& path) {
  ++folder_syncs;
  return fail_sync_folder ? Fault("sync folder", path) : MachineFiles().SyncFolder(path);
}
Status FaultyDurableFiles::MakeFolders(const std::string& path) { return MachineFiles().MakeFolders(path); }
Status FaultyDurableFiles::Remove(const std::string& path) {
  return fail_remove ? Fault("remove", path) : MachineFiles().Remove(path);
}
Result<std::vector<std::string>> FaultyDurableFiles::ListFiles(const std::string& folder) {
  return MachineFiles().ListFiles(folder);
}

}  // namespace sluice::engine
