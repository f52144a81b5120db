#include "engine/job/server/package_store.h"

#include <sys/stat.h>
#include <zip.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/files.h"
#include "base/ids.h"

namespace sluice::engine::server {
namespace {

constexpr size_t kMaxScriptBytes = 16 * 1024 * 1024;
constexpr size_t kUuidLength = 36;

Error Unusable(const std::string& name, const std::string& what) {
  return Error(ErrorCode::kValidation,
               name + ": " + what + ". The native engine runs SQL packages: a .sql file, or a zip that contains one.");
}

struct ZipDiscard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Zip = std::unique_ptr<zip_t, ZipDiscard>;

Result<Zip> OpenZip(const std::string& name, std::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* archive = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
  if (archive == nullptr) {
    std::string why = zip_error_strerror(&error);
    if (source != nullptr) zip_source_free(source);
    zip_error_fini(&error);
    return Unusable(name, "the zip cannot be read: " + why);
  }
  zip_error_fini(&error);
  return Zip(archive);
}

std::string FileNameOf(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

/// Which entry is the script: the only one, or the one with the agreed name.
Result<zip_uint64_t> FindScript(const std::string& name, zip_t* archive) {
  std::vector<zip_uint64_t> scripts;
  std::string listed;
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive, 0));
  for (zip_uint64_t i = 0; i < count; ++i) {
    const char* entry = zip_get_name(archive, i, 0);
    if (entry == nullptr || !std::string_view(entry).ends_with(".sql")) continue;
    scripts.push_back(i);
    listed += (listed.empty() ? "" : ", ") + std::string(entry);
  }
  if (scripts.empty()) return Unusable(name, "the zip contains no .sql file");
  if (scripts.size() == 1) return scripts.front();
  for (std::string_view wanted : {"main.sql", "application.sql"}) {
    for (zip_uint64_t i : scripts) {
      if (FileNameOf(zip_get_name(archive, i, 0)) == wanted) return i;
    }
  }
  return Unusable(name, "the zip contains several .sql files and none is main.sql or application.sql: " + listed);
}

std::string Uuid(Random& random) {
  std::string hex = Id128::New(random).ToString();
  for (size_t at : {20, 16, 12, 8}) hex.insert(at, "-");
  return hex;
}

}  // namespace

Result<std::string> ScriptOfPackage(const std::string& name, std::string_view bytes) {
  const bool is_zip = bytes.substr(0, 4) == "PK\x03\x04" || bytes.substr(0, 4) == "PK\x05\x06";
  if (!is_zip) {
    if (!name.ends_with(".sql")) return Unusable(name, "neither a .sql file nor a zip");
    if (bytes.size() > kMaxScriptBytes) return Unusable(name, "the script is larger than 16 MiB");
    return std::string(bytes);
  }
  SLUICE_ASSIGN_OR_RETURN(Zip archive, OpenZip(name, bytes));
  SLUICE_ASSIGN_OR_RETURN(zip_uint64_t index, FindScript(name, archive.get()));
  zip_stat_t stat;
  if (zip_stat_index(archive.get(), index, 0, &stat) != 0 || stat.size > kMaxScriptBytes) {
    return Unusable(name, "the script is larger than 16 MiB or cannot be read");
  }
  std::string script(stat.size, '\0');
  zip_file_t* file = zip_fopen_index(archive.get(), index, 0);
  if (file == nullptr) return Unusable(name, std::string("the script cannot be read: ") + zip_strerror(archive.get()));
  const zip_int64_t read = zip_fread(file, script.data(), script.size());
  zip_fclose(file);
  if (read != static_cast<zip_int64_t>(script.size())) return Unusable(name, "the script is cut off");
  return script;
}

Result<std::string> PackageStore::Add(const std::string& name, std::string_view bytes) {
  const std::string file_name = FileNameOf(name);
  auto script = ScriptOfPackage(file_name, bytes);
  if (!script.ok()) return script.error();
  std::lock_guard lock(mutex_);
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder_));
  const std::string path = folder_ + "/" + Uuid(random_) + "_" + file_name;
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(path, bytes));
  return path;
}

std::vector<PackageFacts> PackageStore::List() const {
  std::lock_guard lock(mutex_);
  std::vector<PackageFacts> packages;
  auto names = ListFolder(folder_);
  if (!names.ok()) return packages;
  for (const std::string& id : *names) {
    struct stat file {};
    if (id.size() <= kUuidLength || id[kUuidLength] != '_') continue;
    if (stat((folder_ + "/" + id).c_str(), &file) != 0) continue;
    packages.push_back({id, id.substr(kUuidLength + 1),
                        static_cast<int64_t>(file.st_mtim.tv_sec) * 1000 + file.st_mtim.tv_nsec / 1'000'000});
  }
  std::stable_sort(packages.begin(), packages.end(),
                   [](const PackageFacts& a, const PackageFacts& b) { return a.uploaded_ms > b.uploaded_ms; });
  return packages;
}

Result<std::string> PackageStore::PathOf(const std::string& id) const {
  const std::string path = folder_ + "/" + id;
  struct stat file {};
  const bool plain = id.find('/') == std::string::npos && id != "." && id != "..";
  if (!plain || stat(path.c_str(), &file) != 0) {
    return Error(ErrorCode::kInvalidArgument, "File " + id + " does not exist in " + folder_ + ".");
  }
  return path;
}

Status PackageStore::Delete(const std::string& id) {
  std::lock_guard lock(mutex_);
  SLUICE_ASSIGN_OR_RETURN(std::string path, PathOf(id));
  return RemoveTree(path);
}

Result<std::string> PackageStore::Script(const std::string& id) const {
  std::lock_guard lock(mutex_);
  SLUICE_ASSIGN_OR_RETURN(std::string path, PathOf(id));
  SLUICE_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
  return ScriptOfPackage(id, bytes);
}

}  // namespace sluice::engine::server
