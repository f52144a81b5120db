#include "service/api/actions.h"
#include "service/api/tags.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> TagResource(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(const TagMap tags, ReadTags(ArrayAt(request, "Tags"), context.config.quotas.tags));
  SLUICE_RETURN_IF_ERROR(AddTags(context, TextAt(request, "ResourceARN"), tags));
  return json::object();
}

}  // namespace sluice::service
