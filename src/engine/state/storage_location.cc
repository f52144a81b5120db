#include "engine/state/storage_location.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace sluice::engine {

Result<std::shared_ptr<CheckpointStorage>> OpenCheckpointStorage(const std::string& uri,
                                                                 const StorageSettings& settings) {
  const size_t colon = uri.find(':');
  const std::string_view scheme = std::string_view(uri).substr(0, colon);
  const bool has_scheme = colon != std::string::npos && !scheme.empty() && scheme.find('/') == std::string_view::npos;
  if (!has_scheme || scheme == "file") return MakeFolderCheckpointStorage(uri, settings);
  if (scheme == "s3" || scheme == "s3a" || scheme == "s3n" || scheme == "s3p") {
    return MakeObjectCheckpointStorage(uri, settings);
  }
  static constexpr std::string_view kFlinks[] = {"hdfs", "gs", "oss", "abfs", "abfss", "wasb", "wasbs", "viewfs"};
  if (std::find(std::begin(kFlinks), std::end(kFlinks), scheme) != std::end(kFlinks)) {
    return Error(
        ErrorCode::kNotSupported,
        fmt::format("not supported yet: '{}': checkpoints are kept in a folder (file:///…) or in S3 (s3://…)", uri));
  }
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("Could not find a file system implementation for scheme '{}' of '{}'. Write file:///folder or "
                  "s3://bucket/folder.",
                  scheme, uri));
}

}  // namespace sluice::engine
