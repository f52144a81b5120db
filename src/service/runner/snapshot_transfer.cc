#include "service/runner/snapshot_transfer.h"

#include <algorithm>
#include <filesystem>

#include "service/model/json_access.h"

namespace sluice::service {
namespace fs = std::filesystem;
namespace {

/// Paths that stay below the folder that they are put into.
Result<std::vector<std::string>> Paths(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  const json::array* entries = ArrayAt(object, key);
  if (entries == nullptr) return Error(ErrorCode::kData, "snapshot.json has no " + std::string(key));
  for (const json::value& entry : *entries) {
    if (!entry.is_string()) return Error(ErrorCode::kData, "snapshot.json has a path that is no text");
    std::string path(entry.as_string());
    const fs::path parsed(path);
    const bool leaves = std::any_of(parsed.begin(), parsed.end(), [](const fs::path& part) { return part == ".."; });
    if (parsed.is_absolute() || leaves) return Error(ErrorCode::kData, "snapshot.json has the path " + path);
    out.push_back(std::move(path));
  }
  return out;
}

}  // namespace

std::string TransferPlace::bucket() const { return bucket_arn.substr(bucket_arn.rfind(':') + 1); }

std::string TransferPlace::Serialize() const {
  return json::serialize(json::object{{"bucket_arn", bucket_arn},
                                      {"prefix", prefix},
                                      {"exported_prefix", exported_prefix},
                                      {"key_type", key_type},
                                      {"key_id", key_id}});
}

TransferPlace TransferPlace::Parse(const std::string& text) {
  boost::system::error_code ec;
  json::value value = json::parse(text, ec);
  if (ec || !value.is_object()) return {};
  const json::object& object = value.as_object();
  return {TextAt(object, "bucket_arn"), TextAt(object, "prefix"), TextAt(object, "exported_prefix"),
          TextAt(object, "key_type"), TextAt(object, "key_id")};
}

std::string SnapshotManifest(const SnapshotRow& row, const std::vector<std::string>& files) {
  json::array locations;
  for (const std::string& location : row.locations) {
    locations.emplace_back(location.size() > row.folder.size() ? location.substr(row.folder.size() + 1) : "");
  }
  return json::serialize(json::object{{"format", 1},
                                      {"runtime", row.runtime},
                                      {"application", row.application},
                                      {"version", row.version},
                                      {"locations", std::move(locations)},
                                      {"files", json::value_from(files)}});
}

Result<ReadManifest> ParseSnapshotManifest(const std::string& text) {
  auto content = ParseObject(text, "snapshot.json");
  if (!content.ok() || IntAt(*content, "format") != 1) {
    return Error(ErrorCode::kData, "snapshot.json is not one that was exported");
  }
  const json::object& object = *content;
  ReadManifest out;
  out.runtime = TextAt(object, "runtime");
  out.application = TextAt(object, "application");
  out.version = IntAt(object, "version", out.version);
  SLUICE_ASSIGN_OR_RETURN(out.locations, Paths(object, "locations"));
  SLUICE_ASSIGN_OR_RETURN(out.files, Paths(object, "files"));
  return out;
}

Result<std::vector<std::string>> FilesBelow(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code ec;
  for (auto it = fs::recursive_directory_iterator(folder, ec); !ec && it != fs::recursive_directory_iterator();
       it.increment(ec)) {
    if (it->is_regular_file(ec)) out.push_back(it->path().lexically_relative(folder).string());
  }
  if (ec) return Error(ErrorCode::kIo, "cannot read " + folder + ": " + ec.message());
  std::sort(out.begin(), out.end());
  return out;
}

int64_t BytesBelow(const std::string& folder) {
  auto files = FilesBelow(folder);
  int64_t bytes = 0;
  if (!files.ok()) return 0;
  for (const std::string& file : *files) {
    std::error_code ec;
    auto size = fs::file_size(fs::path(folder) / file, ec);
    if (!ec) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

}  // namespace sluice::service
