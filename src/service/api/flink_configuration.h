// FlinkApplicationConfiguration: checkpoints, monitoring, parallelism, with AWS's defaults. Pure.
#pragma once

#include <boost/json/object.hpp>

#include "service/api/service_context.h"
#include "service/model/api_error.h"

namespace sluice::service {

/// FlinkApplicationConfigurationDescription. InvalidArgumentException or LimitExceededException for a parallelism that
/// the quotas do not allow.
Answer<boost::json::object> DescribeFlink(const boost::json::object& flink, const Quotas& quotas);

/// FlinkApplicationConfigurationUpdate on top of that description; says whether a running job must be started anew.
Answer<bool> UpdateFlink(const boost::json::object& update, const Quotas& quotas, boost::json::object* flink);

}  // namespace sluice::service
