#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/json_access.h"
#include "service/api/tags.h"

namespace sluice::service {

Answer<json::object> TagResource(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(std::string name, NameOfArn(context.config, TextAt(request, "ResourceARN")));
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  SLUICE_ASSIGN_OR_RETURN(TagMap tags, ReadTags(ArrayAt(request, "Tags"), context.config.quotas.tags));
  if (auto put = context.store.PutTags(name, tags, context.config.quotas.tags); !put.ok()) {
    if (put.error().code() != ErrorCode::kResourceExhausted) return put.error();
    return ApiError("TooManyTagsException", put.error().message());
  }
  return json::object();
}

}  // namespace sluice::service
