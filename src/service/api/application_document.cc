#include "service/api/application_document.h"

#include <fmt/format.h>

#include <array>

#include "net/digest.h"
#include "service/lifecycle/maintenance_window.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

constexpr int64_t kDocumentFormat = 1;

struct RegionWindow {
  std::string_view region;
  std::string_view start;
};
constexpr RegionWindow kWindows[] = {
    {"us-gov-west-1", "06:00"},  {"us-gov-east-1", "03:00"},  {"us-east-1", "03:00"},      {"us-east-2", "03:00"},
    {"us-west-1", "06:00"},      {"us-west-2", "06:00"},      {"ap-east-1", "13:00"},      {"ap-south-1", "16:30"},
    {"ap-south-2", "16:30"},     {"ap-northeast-2", "13:00"}, {"ap-southeast-1", "14:00"}, {"ap-southeast-2", "12:00"},
    {"ap-southeast-3", "15:00"}, {"ap-northeast-1", "13:00"}, {"ca-central-1", "03:00"},   {"cn-north-1", "13:00"},
    {"cn-northwest-1", "13:00"}, {"eu-central-1", "06:00"},   {"eu-central-2", "20:00"},   {"eu-west-1", "22:00"},
    {"eu-west-2", "23:00"},      {"eu-north-1", "23:00"},     {"eu-south-1", "21:00"},     {"eu-south-2", "21:00"},
    {"af-south-1", "20:00"},     {"eu-west-3", "23:00"},      {"me-south-1", "13:00"},     {"me-central-1", "18:00"},
    {"sa-east-1", "19:00"},      {"il-central-1", "20:00"},
};

Answer<StoredApplication> Load(ServiceContext& context, const std::string& name, int64_t version) {
  auto row = context.store.Find(name);
  if (!row.ok()) {
    if (row.error().code() == ErrorCode::kNotFound) return ApiError::NotFound("Application not found: " + name);
    return row.error();
  }
  StoredApplication out;
  out.row = std::move(*row);
  auto stored = context.store.FindVersion(name, version == 0 ? out.row.version : version);
  if (!stored.ok()) {
    if (stored.error().code() == ErrorCode::kNotFound) {
      return ApiError::NotFound(fmt::format("Application {} has no version {}", name, version));
    }
    return stored.error();
  }
  out.version = std::move(*stored);
  SLUICE_ASSIGN_OR_RETURN(out.document, VersionDocument::Parse(out.version.detail));
  return out;
}

void ShowCurrentParallelism(int64_t current, json::object* configuration) {
  auto* flink = ObjectAt(*configuration, "FlinkApplicationConfigurationDescription");
  auto* parallelism = flink == nullptr ? nullptr : ObjectAt(*flink, "ParallelismConfigurationDescription");
  if (parallelism != nullptr) (*parallelism)["CurrentParallelism"] = current;
}

}  // namespace

std::string VersionDocument::Serialize() const {
  json::object out{{"format", kDocumentFormat},
                   {"runtime", runtime},
                   {"role", role},
                   {"description", description},
                   {"configuration", configuration},
                   {"logging_options", logging_options},
                   {"code_file", code_file},
                   {"code_name", code_name}};
  if (!why_not_runnable.empty()) out["why_not_runnable"] = why_not_runnable;
  return json::serialize(out);
}

Result<VersionDocument> VersionDocument::Parse(const std::string& text) {
  boost::system::error_code ec;
  json::value value = json::parse(text, ec);
  if (ec || !value.is_object() || IntAt(value.as_object(), "format", 0) != kDocumentFormat) {
    return Error(ErrorCode::kData, "a version in the metadata store cannot be read");
  }
  const json::object& object = value.as_object();
  VersionDocument out;
  out.runtime = TextAt(object, "runtime");
  out.role = TextAt(object, "role");
  out.description = TextAt(object, "description");
  if (const auto* configuration = ObjectAt(object, "configuration")) out.configuration = *configuration;
  if (const auto* options = ArrayAt(object, "logging_options")) out.logging_options = *options;
  out.code_file = TextAt(object, "code_file");
  out.code_name = TextAt(object, "code_name");
  out.why_not_runnable = TextAt(object, "why_not_runnable");
  return out;
}

Answer<StoredApplication> LoadApplication(ServiceContext& context, const std::string& name) {
  return Load(context, name, 0);
}

Answer<StoredApplication> LoadApplicationVersion(ServiceContext& context, const std::string& name, int64_t version) {
  return Load(context, name, version);
}

json::object ApplicationDetail(const StoredApplication& application) {
  const ApplicationRow& row = application.row;
  const VersionDocument& document = application.document;
  json::object out;
  out["ApplicationARN"] = row.arn;
  if (!document.description.empty()) out["ApplicationDescription"] = document.description;
  out["ApplicationName"] = row.name;
  out["RuntimeEnvironment"] = document.runtime;
  out["ServiceExecutionRole"] = document.role;
  out["ApplicationStatus"] = ApplicationStatusName(row.status);
  out["ApplicationVersionId"] = application.version.version;
  out["CreateTimestamp"] = Seconds(row.created_ms);
  out["LastUpdateTimestamp"] = Seconds(row.updated_ms);
  json::object configuration = document.configuration;
  if (row.current_parallelism > 0 && application.version.version == row.version) {
    ShowCurrentParallelism(row.current_parallelism, &configuration);
  }
  boost::system::error_code ec;
  json::value run = json::parse(row.run_configuration, ec);
  if (!ec && run.is_object()) configuration["RunConfigurationDescription"] = run;
  // A SQL-1_0 application that was given nothing has none, as in AWS.
  if (!configuration.empty()) out["ApplicationConfigurationDescription"] = std::move(configuration);
  if (!document.logging_options.empty()) out["CloudWatchLoggingOptionDescriptions"] = document.logging_options;
  out["ApplicationMaintenanceConfigurationDescription"] = MaintenanceDescription(row.maintenance_start);
  out["ApplicationVersionCreateTimestamp"] = Seconds(application.version.created_ms);
  out["ConditionalToken"] = ConditionalToken(row);
  if (application.version.updated_from > 0) out["ApplicationVersionUpdatedFrom"] = application.version.updated_from;
  if (application.version.rolled_back_from > 0) {
    out["ApplicationVersionRolledBackFrom"] = application.version.rolled_back_from;
    out["ApplicationVersionRolledBackTo"] = application.version.rolled_back_to;
  }
  out["ApplicationMode"] = row.mode;
  return out;
}

json::object MaintenanceDescription(const std::string& start) {
  return {{"ApplicationMaintenanceWindowStartTime", start},
          {"ApplicationMaintenanceWindowEndTime", MaintenanceWindowEnd(start)}};
}

std::string DefaultMaintenanceStart(const std::string& region) {
  for (const RegionWindow& window : kWindows) {
    if (window.region == region) return std::string(window.start);
  }
  return "03:00";
}

std::string ApplicationArn(const ServiceConfig& config, const std::string& name) {
  const std::string_view partition = config.region.starts_with("cn-")       ? "aws-cn"
                                     : config.region.starts_with("us-gov-") ? "aws-us-gov"
                                                                            : "aws";
  return fmt::format("arn:{}:kinesisanalytics:{}:{}:application/{}", partition, config.region, config.account, name);
}

Answer<std::string> NameOfArn(const ServiceConfig& config, const std::string& arn) {
  constexpr std::string_view kResource = ":application/";
  size_t at = arn.find(kResource);
  if (arn.find(":kinesisanalytics:") == std::string::npos || at == std::string::npos) {
    return ApiError::InvalidArgument(fmt::format("Invalid ARN: {}; expected {}", arn, ApplicationArn(config, "NAME")));
  }
  std::string name = arn.substr(at + kResource.size());
  if (arn != ApplicationArn(config, name)) return ApiError::NotFound("Resource not found: " + arn);
  return name;
}

std::string ConditionalToken(const ApplicationRow& row) {
  return net::Base64(net::Sha256(fmt::format("{}|{}|{}", row.arn, row.created_ms, row.version)));
}

int64_t Seconds(int64_t ms) { return ms / 1000; }

std::string CodeFolder(const ServiceConfig& config, const std::string& name) {
  return ApplicationFolder(config.data_folder, name) + "/code";
}

ApiError WrongStatus(const std::string& name, ApplicationStatus status, std::string_view operation) {
  return ApiError::InUse(fmt::format("Application {} cannot accept {} while its status is {}", name, operation,
                                     ApplicationStatusName(status)));
}

}  // namespace sluice::service
