#include "service/api/actions.h"
#include "service/api/resource_ids.h"
#include "service/api/version_change.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> DeleteApplicationVpcConfiguration(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored,
                          LoadForChange(context, request, "DeleteApplicationVpcConfiguration"));
  const std::string id = TextAt(request, "VpcConfigurationId");
  VersionDocument document = stored.document;
  if (!EraseById(document.configuration, "VpcConfigurationDescriptions", "VpcConfigurationId", id)) {
    return ApiError::NotFound("The application has no VpcConfigurationId " + id);
  }
  return CommitChange(context, stored, document, "DeleteApplicationVpcConfiguration");
}

}  // namespace sluice::service
