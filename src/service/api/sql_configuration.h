// SqlApplicationConfiguration: inputs, outputs and reference data of SQL-1_0 applications, as descriptions. Pure.
// `sql` is always the SqlApplicationConfigurationDescription to change; nothing is changed when an error is answered.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "service/api/service_context.h"
#include "service/model/api_error.h"

namespace sluice::service {

/// The description of a SqlApplicationConfiguration whose parts come with `version`.
Answer<boost::json::object> DescribeSql(const boost::json::object& configuration, int64_t version,
                                        const Quotas& quotas);
/// SqlApplicationConfigurationUpdate on top of `sql`.
Answer<Done> UpdateSql(const boost::json::object& update, boost::json::object* sql);

/// Each gives the new part an id of `version`. InvalidArgumentException: more than the quota, or not exactly one source
/// or destination.
Answer<Done> AddInput(const boost::json::object& input, int64_t version, const Quotas& quotas,
                      boost::json::object* sql);
Answer<Done> AddOutput(const boost::json::object& output, int64_t version, const Quotas& quotas,
                       boost::json::object* sql);
Answer<Done> AddReference(const boost::json::object& reference, int64_t version, const Quotas& quotas,
                          boost::json::object* sql);

/// The InputProcessingConfigurationDescription of an InputProcessingConfiguration.
boost::json::object DescribeProcessing(const boost::json::object& processing);

}  // namespace sluice::service
