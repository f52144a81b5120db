#include "service/api/actions.h"
#include "service/api/resource_ids.h"
#include "service/api/runtime_family.h"
#include "service/api/version_change.h"
#include "service/api/vpc_configuration.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> AddApplicationVpcConfiguration(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadForChange(context, request, "AddApplicationVpcConfiguration"));
  SLUICE_RETURN_IF_ERROR(RefuseSql(stored.document.runtime, "VpcConfiguration"));
  VersionDocument document = stored.document;
  json::array& all = ArrayIn(document.configuration, "VpcConfigurationDescriptions");
  const std::string id = NextId(all, "VpcConfigurationId", stored.row.version + 1);
  SLUICE_ASSIGN_OR_RETURN(json::object added, DescribeVpc(*ObjectAt(request, "VpcConfiguration"), id));
  all.push_back(added);
  SLUICE_ASSIGN_OR_RETURN(json::object out, CommitChange(context, stored, document, "AddApplicationVpcConfiguration"));
  out["VpcConfigurationDescription"] = std::move(added);
  return out;
}

}  // namespace sluice::service
