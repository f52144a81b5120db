// ZeppelinApplicationConfiguration of Studio notebooks, as a description. Pure.
#pragma once

#include <boost/json/object.hpp>

#include "service/model/api_error.h"

namespace sluice::service {

/// ZeppelinApplicationConfigurationDescription, with AWS's default log level. InvalidArgumentException for an artifact
/// that has not exactly one place, or a UDF that is not in S3.
Answer<boost::json::object> DescribeZeppelin(const boost::json::object& zeppelin);

/// ZeppelinApplicationConfigurationUpdate on top of it.
Answer<Done> UpdateZeppelin(const boost::json::object& update, boost::json::object* zeppelin);

}  // namespace sluice::service
