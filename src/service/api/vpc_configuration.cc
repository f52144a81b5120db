#include "service/api/vpc_configuration.h"

#include <fmt/format.h>

#include <set>

#include "net/digest.h"
#include "service/api/resource_ids.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

Answer<Done> CheckIds(const json::array& ids, std::string_view prefix, std::string_view what) {
  std::set<std::string> seen;
  for (const json::value& entry : ids) {
    const std::string id(entry.as_string());
    if (!id.starts_with(prefix) || id.size() == prefix.size()) {
      return ApiError::InvalidArgument(fmt::format("Invalid {}: '{}'; it must begin with {}", what, id, prefix));
    }
    if (!seen.insert(id).second) return ApiError::InvalidArgument(fmt::format("{} {} is given twice", what, id));
  }
  return Done{};
}

Answer<Done> Check(const json::object& vpc) {
  SLUICE_RETURN_IF_ERROR(CheckIds(*ArrayAt(vpc, "SubnetIds"), "subnet-", "subnet id"));
  return CheckIds(*ArrayAt(vpc, "SecurityGroupIds"), "sg-", "security group id");
}

std::string VpcIdOf(const json::array& subnets) {
  return "vpc-" + net::Hex(net::Sha256(std::string_view(subnets.front().as_string()))).substr(0, 17);
}

}  // namespace

Answer<json::object> DescribeVpc(const json::object& vpc, const std::string& id) {
  SLUICE_RETURN_IF_ERROR(Check(vpc));
  const json::array& subnets = *ArrayAt(vpc, "SubnetIds");
  return json::object{{"VpcConfigurationId", id},
                      {"VpcId", VpcIdOf(subnets)},
                      {"SubnetIds", subnets},
                      {"SecurityGroupIds", *ArrayAt(vpc, "SecurityGroupIds")}};
}

Answer<Done> UpdateVpcs(const json::array& updates, json::array* descriptions) {
  json::array changed = *descriptions;
  for (const json::value& entry : updates) {
    const json::object& update = entry.as_object();
    const std::string id = TextAt(update, "VpcConfigurationId");
    json::object* description = FindById(changed, "VpcConfigurationId", id);
    if (description == nullptr) return ApiError::InvalidArgument("The application has no VpcConfigurationId " + id);
    // The VPC stays: subnets of another one would be another configuration.
    if (const auto* subnets = update.if_contains("SubnetIdUpdates")) (*description)["SubnetIds"] = *subnets;
    if (const auto* groups = update.if_contains("SecurityGroupIdUpdates")) (*description)["SecurityGroupIds"] = *groups;
    SLUICE_RETURN_IF_ERROR(Check(*description));
  }
  *descriptions = std::move(changed);
  return Done{};
}

}  // namespace sluice::service
