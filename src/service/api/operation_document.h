// How an operation is shown.
#pragma once

#include <boost/json/object.hpp>

#include "service/store/application_store.h"

namespace sluice::service {

/// ApplicationOperationInfo.
boost::json::object OperationInfo(const OperationRow& row);
/// ApplicationOperationInfoDetails; EndTime is required there and is the start while the operation is in progress.
boost::json::object OperationDetails(const OperationRow& row);

}  // namespace sluice::service
