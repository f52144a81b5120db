#include "service/api/actions.h"
#include "service/api/tags.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> UntagResource(ServiceContext& context, const json::object& request) {
  std::vector<std::string> keys;
  for (const json::value& key : *ArrayAt(request, "TagKeys")) keys.emplace_back(key.as_string());
  SLUICE_RETURN_IF_ERROR(RemoveTags(context, TextAt(request, "ResourceARN"), keys));
  return json::object();
}

}  // namespace sluice::service
