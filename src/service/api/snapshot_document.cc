#include "service/api/snapshot_document.h"

#include <fmt/format.h>

#include "base/ids.h"
#include "service/api/application_document.h"
#include "service/model/json_access.h"
#include "service/runner/snapshot_transfer.h"

namespace sluice::service {
namespace {

json::object ParseDetail(const std::string& text) {
  boost::system::error_code ec;
  json::value value = json::parse(text, ec);
  return !ec && value.is_object() ? std::move(value.as_object()) : json::object();
}

Answer<SnapshotRow> Load(ServiceContext& context, const std::string& owner, const std::string& name) {
  auto row = context.store.FindSnapshot(owner, name);
  if (row.ok()) return std::move(*row);
  if (row.error().code() == ErrorCode::kNotFound) return ApiError::NotFound("Snapshot not found: " + name);
  return row.error();
}

json::object Location(const TransferPlace& place) {
  json::object prefix{{"BucketARN", place.bucket_arn}, {"KeyPrefix", place.prefix}};
  if (!place.exported_prefix.empty()) prefix["ExportedPrefix"] = place.exported_prefix;
  return {{"LocationType", "S3"}, {"S3PrefixLocation", std::move(prefix)}};
}

json::object Key(const TransferPlace& place) {
  json::object out{{"KeyType", place.key_type}};
  if (!place.key_id.empty()) out["KeyId"] = place.key_id;
  return out;
}

}  // namespace

Answer<SnapshotRow> LoadApplicationSnapshot(ServiceContext& context, const std::string& application,
                                            const std::string& name) {
  return Load(context, application, name);
}

Answer<SnapshotRow> LoadStandingSnapshot(ServiceContext& context, const std::string& name) {
  return Load(context, "", name);
}

std::string SnapshotArn(const ServiceConfig& config, const std::string& name) {
  const std::string application = ApplicationArn(config, name);
  return application.substr(0, application.rfind(":application/")) + ":snapshot/" + name;
}

Answer<std::string> SnapshotNameOfArn(const ServiceConfig& config, const std::string& arn) {
  constexpr std::string_view kResource = ":snapshot/";
  const size_t at = arn.find(kResource);
  std::string name = at == std::string::npos ? "" : arn.substr(at + kResource.size());
  if (name.empty() || arn != SnapshotArn(config, name)) {
    return ApiError::InvalidArgument(fmt::format("Invalid ARN: {}; expected {}", arn, SnapshotArn(config, "NAME")));
  }
  return name;
}

json::object SnapshotDetails(const SnapshotRow& row) {
  json::object out{{"SnapshotName", row.name},
                   {"SnapshotStatus", row.status},
                   {"ApplicationVersionId", row.version},
                   {"SnapshotCreationTimestamp", Seconds(row.created_ms)}};
  if (!row.runtime.empty()) out["RuntimeEnvironment"] = row.runtime;
  const json::object detail = ParseDetail(row.detail);
  const auto* encryption = ObjectAt(detail, "encryption");
  out["ApplicationEncryptionConfigurationDescription"] =
      encryption != nullptr ? *encryption : json::object{{"KeyType", "AWS_OWNED_KEY"}};
  return out;
}

json::object StandingSnapshotInfo(const ServiceConfig& config, const SnapshotRow& row) {
  json::object out{{"SnapshotName", row.name},
                   {"SnapshotArn", SnapshotArn(config, row.name)},
                   {"SnapshotStatus", row.status},
                   {"SnapshotCreationTimestamp", Seconds(row.created_ms)},
                   {"SnapshotInitiator", row.by_system ? "SYSTEM" : "USER"},
                   {"SnapshotInitiatorOperation", row.origin},
                   {"SnapshotFormat", "CANONICAL"}};
  if (!row.application.empty()) out["SourceApplicationName"] = row.application;
  return out;
}

json::object StandingSnapshotDetails(const ServiceConfig& config, const SnapshotRow& row) {
  const json::object detail = ParseDetail(row.detail);
  json::object out = StandingSnapshotInfo(config, row);
  out.erase("SourceApplicationName");
  if (!row.runtime.empty()) out["RuntimeEnvironment"] = row.runtime;
  if (const std::string text = TextAt(detail, "description"); !text.empty()) out["SnapshotDescription"] = text;
  const auto* encryption = ObjectAt(detail, "encryption");
  out["SnapshotEncryptionConfigurationDescription"] =
      encryption != nullptr ? *encryption : json::object{{"KeyType", "AWS_OWNED_KEY"}};
  if (row.status == "READY") out["SnapshotSizeInBytes"] = row.size_bytes;
  json::object source;
  if (!row.application.empty()) {
    source["SourceApplicationDescription"] = {{"ApplicationName", row.application},
                                              {"ApplicationCreationTimestamp", Seconds(row.application_created_ms)},
                                              {"ApplicationVersionId", row.version}};
  }
  if (const auto* place = ObjectAt(detail, "source")) source["S3PrefixLocation"] = *place;
  out["SnapshotSourceDescription"] = std::move(source);
  return out;
}

json::object SnapshotOperationInfo(const SnapshotOperationRow& row) {
  json::object out{{"SnapshotOperationId", row.id},
                   {"SnapshotOperation", row.operation},
                   {"SnapshotOperationStatus", row.status},
                   {"StartTime", Seconds(row.start_ms)}};
  if (row.end_ms > 0) out["EndTime"] = Seconds(row.end_ms);
  return out;
}

json::object SnapshotOperationDetails(const ServiceConfig& config, const SnapshotOperationRow& row) {
  json::object out = SnapshotOperationInfo(row);
  out["SnapshotArn"] = SnapshotArn(config, row.name);
  if (!row.error.empty()) {
    out["SnapshotOperationFailureDetails"] = {
        {"ErrorInfo", {{"ErrorCode", row.error_code}, {"ErrorString", ErrorString(row.error)}}}};
  }
  if (row.detail.empty()) return out;
  const TransferPlace place = TransferPlace::Parse(row.detail);
  const bool import = row.operation == "ImportSnapshot";
  out[import ? "SnapshotSourceLocationDescription" : "SnapshotDestinationLocationDescription"] = Location(place);
  if (!place.key_type.empty()) {
    out[import ? "SourceEncryptionConfigurationDescription" : "DestinationEncryptionConfigurationDescription"] =
        Key(place);
  }
  return out;
}

std::string ErrorString(const std::string& text) {
  constexpr size_t kRoom = 512;
  if (text.size() <= kRoom) return text;
  size_t end = kRoom;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

SnapshotOperationRow NewSnapshotOperation(ServiceContext& context, const std::string& operation) {
  SnapshotOperationRow row;
  row.id = Id128::New(context.random).ToString();
  row.operation = operation;
  row.start_ms = context.clock.NowMs();
  return row;
}

json::object SnapshotBegun(const ServiceConfig& config, const SnapshotRow& row, const SnapshotOperationRow& operation) {
  return {{"SnapshotArn", SnapshotArn(config, row.name)},
          {"SnapshotStatus", row.status},
          {"SnapshotOperationId", operation.id},
          {"SnapshotOperationStatus", operation.status}};
}

std::string StandingSnapshotDetail(const std::string& detail, const json::object& request) {
  json::object out = ParseDetail(detail);
  if (const std::string text = TextAt(request, "SnapshotDescription"); !text.empty()) out["description"] = text;
  if (const auto* tags = ArrayAt(request, "Tags")) out["tags"] = *tags;
  return json::serialize(out);
}

ApiError SnapshotProblem(const Error& error, const std::string& name) {
  switch (error.code()) {
    case ErrorCode::kAlreadyExists: return ApiError::InUse("Snapshot already exists: " + name);
    case ErrorCode::kResourceExhausted: return ApiError::Limit(error.message());
    case ErrorCode::kConflict: return ApiError::InUse(error.message());
    default: return error;
  }
}

Answer<Done> CheckSnapshotTimestamp(const json::object& request, const SnapshotRow& row) {
  if (SecondsAt(request, "SnapshotCreationTimestamp") == Seconds(row.created_ms)) return Done{};
  return ApiError::InvalidArgument("SnapshotCreationTimestamp is not the one of snapshot " + row.name +
                                   "; read it with the operation that describes it");
}

}  // namespace sluice::service
