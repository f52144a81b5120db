#include "service/runner/snapshot_transfer.h"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

namespace sluice::service {
namespace json = boost::json;
namespace fs = std::filesystem;
namespace {

std::string Text(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

/// Paths that stay below the folder that they are put into.
Result<std::vector<std::string>> Paths(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_array())
    return Error(ErrorCode::kData, "snapshot.json has no " + std::string(key));
  for (const json::value& entry : value->as_array()) {
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
  return {Text(object, "bucket_arn"), Text(object, "prefix"), Text(object, "exported_prefix"), Text(object, "key_type"),
          Text(object, "key_id")};
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
  boost::system::error_code ec;
  json::value value = json::parse(text, ec);
  const json::value* format = !ec && value.is_object() ? value.as_object().if_contains("format") : nullptr;
  if (format == nullptr || *format != 1) return Error(ErrorCode::kData, "snapshot.json is not one that was exported");
  const json::object& object = value.as_object();
  ReadManifest out;
  out.runtime = Text(object, "runtime");
  out.application = Text(object, "application");
  if (const json::value* version = object.if_contains("version"); version != nullptr && version->is_int64()) {
    out.version = version->as_int64();
  }
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
