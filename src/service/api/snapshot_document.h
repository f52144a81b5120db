// Snapshots as the API shows them, and finding them: an application's own, and those that stand alone.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "service/api/service_context.h"
#include "service/model/api_error.h"

namespace sluice::service {

/// ResourceNotFoundException if there is none.
Answer<SnapshotRow> LoadApplicationSnapshot(ServiceContext& context, const std::string& application,
                                            const std::string& name);
Answer<SnapshotRow> LoadStandingSnapshot(ServiceContext& context, const std::string& name);

/// "arn:aws:kinesisanalytics:REGION:ACCOUNT:snapshot/NAME".
std::string SnapshotArn(const ServiceConfig& config, const std::string& name);
/// InvalidArgumentException if it is not such an ARN.
Answer<std::string> SnapshotNameOfArn(const ServiceConfig& config, const std::string& arn);

/// SnapshotDetails.
boost::json::object SnapshotDetails(const SnapshotRow& row);
/// SnapshotInfo, and SnapshotInfoDetails.
boost::json::object StandingSnapshotInfo(const ServiceConfig& config, const SnapshotRow& row);
boost::json::object StandingSnapshotDetails(const ServiceConfig& config, const SnapshotRow& row);
/// SnapshotOperationInfo, and SnapshotOperationInfoDetails.
boost::json::object SnapshotOperationInfo(const SnapshotOperationRow& row);
boost::json::object SnapshotOperationDetails(const ServiceConfig& config, const SnapshotOperationRow& row);

/// A text as the API's ErrorString has room for it; never cut within a character.
std::string ErrorString(const std::string& text);

/// A new operation, IN_PROGRESS from now.
SnapshotOperationRow NewSnapshotOperation(ServiceContext& context, const std::string& operation);
/// What CreateSnapshot, ImportSnapshot and DeleteSnapshot answer.
boost::json::object SnapshotBegun(const ServiceConfig& config, const SnapshotRow& row,
                                  const SnapshotOperationRow& operation);
/// SnapshotRow::detail with the description and the tags of a request in it.
std::string StandingSnapshotDetail(const std::string& detail, const boost::json::object& request);
/// "ResourceInUseException" etc. for what the store refuses of a new snapshot.
ApiError SnapshotProblem(const Error& error, const std::string& name);
/// InvalidArgumentException unless SnapshotCreationTimestamp is the snapshot's.
Answer<Done> CheckSnapshotTimestamp(const boost::json::object& request, const SnapshotRow& row);

}  // namespace sluice::service
