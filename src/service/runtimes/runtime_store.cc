#include "service/runtimes/runtime_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/files.h"
#include "service/code/zip_unpack.h"
#include "service/runtimes/tar_archive.h"

namespace sluice::service {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kManifest = "/runtime.json";
constexpr const char* kProject = "apache-flink-libraries";

/// Held by one installation at a time; the kernel lets go of it however the process ends.
class InstallLock {
 public:
  ~InstallLock() {
    if (fd_ >= 0) close(fd_);
  }
  Status Take(const std::string& path, const FetchProgress& progress) {
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd_ < 0) return Error(ErrorCode::kIo, "cannot open " + path);
    while (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      if (progress && !progress("another installation", 0, 0)) {
        return Error(ErrorCode::kCancelled, "the installation was interrupted");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return {};
  }

 private:
  int fd_ = -1;
};

/// Where a file of the libraries' archive belongs, below the distribution; empty: nowhere. flink-scala stays away: its
/// old Scala would stand before the one of Scala packages, whose lambdas then fail on newer Java.
std::string PlaceOf(const std::string& name) {
  const size_t deps = name.find("/deps/");
  if (deps == std::string::npos || name.find("..") != std::string::npos) return "";
  std::string place = name.substr(deps + 6);
  const std::string top = place.substr(0, place.find('/'));
  if (top != "lib" && top != "opt" && top != "plugins" && top != "licenses") return "";
  return place.starts_with("lib/flink-scala_") ? "" : place;
}

Status CopyFile(const std::string& from, const std::string& to) {
  SLUICE_RETURN_IF_ERROR(MakeFolders(fs::path(to).parent_path().string()));
  std::error_code ec;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, ec);
  if (ec) return Error(ErrorCode::kIo, fmt::format("cannot copy {} to {}: {}", from, to, ec.message()));
  return {};
}

/// Flink's web pages stand in flink-dist; dashboards of the native engine show them too.
Status UnpackPages(const std::string& distribution) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> jars, JarsIn(distribution + "/lib"));
  for (const std::string& jar : jars) {
    if (jar.find("/flink-dist-") == std::string::npos) continue;
    return UnpackZip(jar, [&](const std::string& name) {
      return name.starts_with("web/") ? distribution + "/" + name : std::string();
    });
  }
  return {};
}

int64_t BytesIn(const std::string& folder) {
  int64_t out = 0;
  std::error_code ec;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ec)) {
    if (entry.is_regular_file(ec)) out += static_cast<int64_t>(entry.file_size(ec));
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> JarsIn(const std::string& folder) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<std::string> names, ListFolder(folder));
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (name.ends_with(".jar")) out.push_back(folder + "/" + name);
  }
  return out;
}

Result<std::string> RuntimeStore::Find(const FlinkDistribution& flink) const {
  const std::string path = folder_ + "/" + std::string(flink.runtime);
  if (ReadFile(path + kManifest).ok()) return path;
  return Error(ErrorCode::kNotFound,
               fmt::format("Apache Flink {} is not installed in {}; run `sluice runtime install {} --runtimes {}`",
                           flink.version, folder_, flink.runtime, folder_));
}

Status RuntimeStore::Assemble(const FlinkDistribution& flink, const FetchProgress& progress,
                              const std::string& into) const {
  RegistryFiles files(folder_ + "/downloads", environment_, progress);
  SLUICE_ASSIGN_OR_RETURN(const std::string s3, files.FetchMaven(flink.s3));
  SLUICE_ASSIGN_OR_RETURN(const std::string properties, files.FetchMaven(flink.properties));
  std::string gateway;
  if (!flink.gateway.version.empty()) {
    SLUICE_ASSIGN_OR_RETURN(gateway, files.FetchMaven(flink.gateway));
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string libraries, files.FetchPython(kProject, flink.libraries));
  SLUICE_RETURN_IF_ERROR(RemoveTree(into));
  SLUICE_RETURN_IF_ERROR(UnpackTarGz(libraries, [&](const std::string& name) {
    const std::string place = PlaceOf(name);
    return place.empty() ? place : into + "/" + place;
  }));
  SLUICE_RETURN_IF_ERROR(CopyFile(s3, into + "/plugins/s3-fs-hadoop/" + flink.s3.FileName()));
  SLUICE_RETURN_IF_ERROR(CopyFile(properties, into + "/lib/" + flink.properties.FileName()));
  if (!gateway.empty()) SLUICE_RETURN_IF_ERROR(CopyFile(gateway, into + "/opt/" + flink.gateway.FileName()));
  SLUICE_RETURN_IF_ERROR(UnpackPages(into));
  const json::object manifest{{"format", 1}, {"runtime", flink.runtime}, {"version", flink.version}};
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(into + kManifest, json::serialize(manifest)));
  // The others are small.
  SLUICE_RETURN_IF_ERROR(RemoveTree(libraries));
  return RemoveTree(s3);
}

Result<std::string> RuntimeStore::Install(const FlinkDistribution& flink, const FetchProgress& progress) const {
  if (auto there = Find(flink); there.ok()) return there;
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder_));
  const std::string path = folder_ + "/" + std::string(flink.runtime);
  InstallLock lock;
  SLUICE_RETURN_IF_ERROR(lock.Take(path + ".lock", progress));
  if (auto there = Find(flink); there.ok()) return there;
  const std::string building = path + ".partial";
  SLUICE_RETURN_IF_ERROR(Assemble(flink, progress, building));
  SLUICE_RETURN_IF_ERROR(RemoveTree(path));
  std::error_code ec;
  fs::rename(building, path, ec);
  if (ec) return Error(ErrorCode::kIo, fmt::format("cannot rename {}: {}", building, ec.message()));
  return path;
}

std::string RuntimeStore::PagesFolder() const {
  std::string out;
  for (const InstalledRuntime& one : List(false)) {
    if (ReadFile(one.folder + "/web/index.html").ok()) out = one.folder + "/web";
  }
  return out;
}

std::vector<InstalledRuntime> RuntimeStore::List(bool with_sizes) const {
  std::vector<InstalledRuntime> out;
  for (const FlinkDistribution& flink : FlinkDistributions()) {
    auto folder = Find(flink);
    if (!folder.ok()) continue;
    out.push_back({std::string(flink.runtime), std::string(flink.version), *folder, with_sizes ? BytesIn(*folder) : 0});
  }
  return out;
}

}  // namespace sluice::service
