// VPC configurations as descriptions. There is no network behind them: they are kept and shown. Pure.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>

#include "service/model/api_error.h"

namespace sluice::service {

/// The VpcConfigurationDescription of a VpcConfiguration. AWS looks the VpcId up by the subnets; here it is made from
/// the first subnet's name, so that the same subnets are always in the same VPC. InvalidArgumentException for an id
/// that is not one, or that comes twice.
Answer<boost::json::object> DescribeVpc(const boost::json::object& vpc, const std::string& id);

/// VpcConfigurationUpdates on top of VpcConfigurationDescriptions. InvalidArgumentException for an unknown id; nothing
/// is changed when an error is answered.
Answer<Done> UpdateVpcs(const boost::json::array& updates, boost::json::array* descriptions);

}  // namespace sluice::service
