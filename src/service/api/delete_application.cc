#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> DeleteApplication(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  // A safety check: who deletes must know which application of that name is meant. Clients print whole seconds.
  if (SecondsAt(request, "CreateTimestamp") != Seconds(stored.row.created_ms)) {
    return ApiError::InvalidArgument("CreateTimestamp is not the one of application " + name +
                                     "; read it with DescribeApplication");
  }
  SLUICE_ASSIGN_OR_RETURN(auto moved, context.store.Apply(name, ApplicationEvent::kDelete, context.clock.NowMs()));
  if (!moved.accepted()) return WrongStatus(name, moved.before, "DeleteApplication");
  context.supervisor.Perform(name, moved.transition.action);
  return json::object();
}

}  // namespace sluice::service
