// ApplicationConfiguration → …Description with AWS's defaults, and …Update on top of a description. Pure.
#pragma once

#include <boost/json/object.hpp>

#include "service/api/service_context.h"
#include "service/model/api_error.h"

namespace sluice::service {

/// All of ApplicationConfigurationDescription but the code and the run configuration.
/// UnsupportedOperationException for members that are not supported yet.
Answer<boost::json::object> DescribeConfiguration(const boost::json::object& configuration, const Quotas& quotas);

struct ConfigurationChange {
  boost::json::object description;
  bool needs_restart = false;  // a running job has to be started anew to see it
};
/// `update` (ApplicationConfigurationUpdate, without its code part) on top of `description`.
Answer<ConfigurationChange> UpdateConfiguration(const boost::json::object& description,
                                                const boost::json::object& update, const Quotas& quotas);

}  // namespace sluice::service
