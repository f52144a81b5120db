#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/json_access.h"

namespace sluice::service {

Answer<json::object> UntagResource(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(std::string name, NameOfArn(context.config, TextAt(request, "ResourceARN")));
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  std::vector<std::string> keys;
  for (const json::value& key : *ArrayAt(request, "TagKeys")) keys.emplace_back(key.as_string());
  SLUICE_RETURN_IF_ERROR(context.store.RemoveTags(name, keys));
  return json::object();
}

}  // namespace sluice::service
