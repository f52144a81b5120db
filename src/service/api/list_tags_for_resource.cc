#include "service/api/actions.h"
#include "service/api/tags.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> ListTagsForResource(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(const TagMap tags, TagsOf(context, TextAt(request, "ResourceARN")));
  return json::object{{"Tags", TagList(tags)}};
}

}  // namespace sluice::service
