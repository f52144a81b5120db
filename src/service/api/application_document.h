// How an application is stored and shown: the document of a version, and ApplicationDetail made of row and document.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "service/api/service_context.h"
#include "service/model/api_error.h"

namespace sluice::service {

/// What VersionRow::detail holds.
struct VersionDocument {
  std::string runtime;                 // RuntimeEnvironment
  std::string role;                    // ServiceExecutionRole
  std::string description;             // ApplicationDescription
  boost::json::object configuration;   // ApplicationConfigurationDescription, without the run configuration
  boost::json::array logging_options;  // CloudWatchLoggingOptionDescriptions
  std::string code_file;               // in the application's code folder; empty when there is no code
  std::string code_name;               // what the user called the package: "orders.sql"
  std::string why_not_runnable;        // code that is kept but that no engine here can run; empty if one can

  std::string Serialize() const;
  /// kData if `text` was not written by Serialize.
  static Result<VersionDocument> Parse(const std::string& text);
};

/// An application's row with the document of its current version.
struct StoredApplication {
  ApplicationRow row;
  VersionRow version;
  VersionDocument document;
};

/// ResourceNotFoundException if there is none.
Answer<StoredApplication> LoadApplication(ServiceContext& context, const std::string& name);
/// The same at an older version; the row stays the current one.
Answer<StoredApplication> LoadApplicationVersion(ServiceContext& context, const std::string& name, int64_t version);

/// ApplicationDetail.
boost::json::object ApplicationDetail(const StoredApplication& application);
/// ApplicationMaintenanceConfigurationDescription for a window that begins at "HH:MM" UTC; it lasts eight hours.
boost::json::object MaintenanceDescription(const std::string& start);
/// AWS's default window of a region.
std::string DefaultMaintenanceStart(const std::string& region);

/// "arn:aws:kinesisanalytics:REGION:ACCOUNT:application/NAME".
std::string ApplicationArn(const ServiceConfig& config, const std::string& name);
/// The name in such an ARN. InvalidArgumentException if it is not one; ResourceNotFoundException if it is of another
/// region or account.
Answer<std::string> NameOfArn(const ServiceConfig& config, const std::string& arn);

/// Opaque; changes with every version.
std::string ConditionalToken(const ApplicationRow& row);

/// Whole seconds since 1970, as the API writes timestamps.
int64_t Seconds(int64_t ms);

/// <data>/apps/<name>/code.
std::string CodeFolder(const ServiceConfig& config, const std::string& name);

/// The window and message for a request that the application's status does not allow.
ApiError WrongStatus(const std::string& name, ApplicationStatus status, std::string_view operation);

}  // namespace sluice::service
