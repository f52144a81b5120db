#include "engine/connectors/filesystem/storage.h"

#include <map>

#include "engine/connectors/connector.h"
#include "engine/connectors/filesystem/storage_kinds.h"

namespace sluice::engine::filesystem {
namespace {

bool IsObjectPath(const std::string& option) { return option.starts_with("s3://") || option.starts_with("s3a://"); }

/// What AWS' names mean here: the settings under the names of Flink's S3 file systems (those of checkpoints, see
/// job/checkpoint_access.cc), else the process' environment.
net::EnvLookup S3Environment(const PlanSettings* settings) {
  static const std::pair<const char*, const char*> kNames[] = {
      {"s3.endpoint", "AWS_ENDPOINT_URL_S3"},     {"s3.endpoint.region", "AWS_REGION"},
      {"s3.access-key", "AWS_ACCESS_KEY_ID"},     {"s3.access.key", "AWS_ACCESS_KEY_ID"},
      {"s3.secret-key", "AWS_SECRET_ACCESS_KEY"}, {"s3.secret.key", "AWS_SECRET_ACCESS_KEY"}};
  std::map<std::string, std::string> set;
  for (const auto& [option, variable] : kNames) {
    if (settings == nullptr) break;
    auto found = settings->options.find(option);
    if (found != settings->options.end()) set.emplace(variable, found->second);
  }
  return [set = std::move(set), process = net::ProcessEnvironment()](const std::string& name) {
    // A key from the settings has no token of the environment's.
    if (name == "AWS_SESSION_TOKEN" && set.contains("AWS_ACCESS_KEY_ID")) return std::string();
    auto found = set.find(name);
    return found != set.end() ? found->second : process(name);
  };
}

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
    return Location{S3Storage(S3Environment(environment.settings), environment.clock), std::move(path)};
  }
  SLUICE_ASSIGN_OR_RETURN(std::string path, LocalPath(option));
  return Location{LocalStorage(), std::move(path)};
}

}  // namespace sluice::engine::filesystem
