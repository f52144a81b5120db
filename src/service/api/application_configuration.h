// ApplicationConfiguration → …Description with AWS's defaults, and …Update on top of a description. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "service/api/service_context.h"
#include "service/model/api_error.h"

namespace sluice::service {

/// All of ApplicationConfigurationDescription but the code and the run configuration, for the first version of an
/// application with that RuntimeEnvironment; empty for a SQL-1_0 application that is given nothing.
/// InvalidArgumentException for members that the runtime does not have; UnsupportedOperationException for what is not
/// supported yet.
Answer<boost::json::object> DescribeConfiguration(const boost::json::object& configuration, const std::string& runtime,
                                                  const Quotas& quotas);

struct ConfigurationChange {
  boost::json::object description;
  bool needs_restart = false;  // a running job has to be started anew to see it
};
/// `update` (ApplicationConfigurationUpdate, without its code part) on top of `description`.
Answer<ConfigurationChange> UpdateConfiguration(const boost::json::object& description,
                                                const boost::json::object& update, const std::string& runtime,
                                                const Quotas& quotas);

}  // namespace sluice::service
