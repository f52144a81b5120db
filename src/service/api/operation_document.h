// How an operation is shown.
#pragma once

#include <boost/json/object.hpp>

#include "service/api/service_context.h"

namespace sluice::service {

/// ApplicationOperationInfo.
boost::json::object OperationInfo(const OperationRow& row);
/// ApplicationOperationInfoDetails; EndTime is required there and is the start while the operation is in progress.
boost::json::object OperationDetails(const OperationRow& row);

/// A new operation, IN_PROGRESS from now; to be written with what it begins.
OperationRow NewOperation(ServiceContext& context, const std::string& operation, int64_t version_from,
                          int64_t version_to);

}  // namespace sluice::service
