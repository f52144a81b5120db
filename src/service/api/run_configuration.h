// RunConfiguration and RunConfigurationUpdate on top of what is stored.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "service/model/api_error.h"

namespace sluice::service {

/// The stored RunConfigurationDescription (empty before the first start) with the members of `change` in it, and AWS's
/// defaults for what neither says.
/// ResourceNotFoundException for a snapshot, as there are none yet; InvalidArgumentException if one is asked for
/// without a name.
Answer<std::string> ChangeRunConfiguration(const std::string& stored, const boost::json::object& change);

}  // namespace sluice::service
