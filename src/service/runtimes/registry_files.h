// Fetches pinned files from the Python and Maven registries that this machine is set up for. No registry is named here:
// its address comes from the environment, from pip's and Maven's own configuration, or from these programs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "net/aws/credentials.h"
#include "service/runtimes/flink_distribution.h"

namespace sluice::service {

/// Told now and then while a file comes in; false interrupts it.
using FetchProgress = std::function<bool(std::string_view file, int64_t bytes, int64_t of)>;

/// Downloads go through curl, which knows the machine's proxies and certificates and continues a file that was cut off.
/// Not for several threads and the same folder at a time.
class RegistryFiles {
 public:
  /// Files are kept in `folder`, which is made; what is there whole already is not fetched again.
  RegistryFiles(std::string folder, net::EnvLookup environment, FetchProgress progress)
      : folder_(std::move(folder)), environment_(std::move(environment)), progress_(std::move(progress)) {}

  /// Both give the file's path. kNotFound and kIo say which address was asked and how to name another; kCorrupt if what
  /// came does not have the pinned checksum (it is removed).
  Result<std::string> FetchPython(std::string_view project, const PinnedFile& file);
  Result<std::string> FetchMaven(const MavenFile& file);

 private:
  Result<std::string> PythonIndex();
  /// Empty: Maven itself is to be asked.
  std::string MavenRepository();
  Result<std::string> PythonFileUrl(std::string_view project, std::string_view file);
  Status Download(const std::string& url, const std::string& path, std::string_view name, int64_t bytes);
  Status CopyWithMaven(const MavenFile& file, const std::string& path);
  Status Check(const std::string& path, std::string_view sha256);

  std::string folder_;
  net::EnvLookup environment_;
  FetchProgress progress_;
};

/// The address of `file` in an index page (PEP 503's HTML or PEP 691's JSON) that was read from `page_url`; empty if it
/// is not there. Pure.
std::string FindInIndexPage(std::string_view page, std::string_view page_url, std::string_view file);

/// The address of the first mirror of Maven's settings.xml that stands in for its central repository; empty: none.
/// Pure.
std::string FindMavenMirror(std::string_view settings);

/// SHA-256 of a file in hex.
Result<std::string> FileSha256(const std::string& path);

}  // namespace sluice::service
