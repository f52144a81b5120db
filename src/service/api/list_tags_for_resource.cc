#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/json_access.h"

namespace sluice::service {

Answer<json::object> ListTagsForResource(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(std::string name, NameOfArn(context.config, TextAt(request, "ResourceARN")));
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  SLUICE_ASSIGN_OR_RETURN(TagMap tags, context.store.Tags(name));
  json::array list;
  for (const auto& [key, value] : tags) list.push_back(json::object{{"Key", key}, {"Value", value}});
  return json::object{{"Tags", std::move(list)}};
}

}  // namespace sluice::service
