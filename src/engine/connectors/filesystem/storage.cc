#include "engine/connectors/filesystem/storage.h"

#include "engine/connectors/connector.h"
#include "engine/connectors/filesystem/storage_kinds.h"
#include "net/aws/s3_options.h"

namespace sluice::engine::filesystem {
namespace {

bool IsObjectPath(const std::string& option) { return option.starts_with("s3://") || option.starts_with("s3a://"); }

}  // namespace

Status CheckPath(const std::string& option) {
  if (IsObjectPath(option)) {
    if (!NameOfPath(option).bucket.empty()) return {};
    return Error(ErrorCode::kOption, "The option 'path' = '" + option + "' names no bucket: s3://BUCKET/FOLDER.");
  }
  const Result<std::string> path = LocalPath(option);
  return path.ok() ? Status() : path.error();
}

Result<Location> Resolve(const std::string& option, const ConnectorEnvironment& environment) {
  SLUICE_RETURN_IF_ERROR(CheckPath(option));
  if (IsObjectPath(option)) {
    std::string path = option;
    while (path.ends_with('/')) path.pop_back();
    OptionValues settings;
    if (environment.settings != nullptr) {
      settings.insert(environment.settings->options.begin(), environment.settings->options.end());
    }
    SLUICE_ASSIGN_OR_RETURN(const net::EnvLookup found, net::S3Environment(settings));
    return Location{S3Storage(found, environment.clock), std::move(path)};
  }
  SLUICE_ASSIGN_OR_RETURN(std::string path, LocalPath(option));
  return Location{LocalStorage(), std::move(path)};
}

}  // namespace sluice::engine::filesystem
