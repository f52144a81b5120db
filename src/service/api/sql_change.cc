#include "service/api/sql_change.h"

#include "service/api/resource_ids.h"
#include "service/api/runtime_family.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> ChangeSql(ServiceContext& context, const json::object& request, std::string_view operation,
                               const SqlChange& change) {
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadForChange(context, request, operation));
  SLUICE_RETURN_IF_ERROR(RequireSql(stored.document.runtime, operation));
  constexpr std::string_view kSql = "SqlApplicationConfigurationDescription";
  VersionDocument document = stored.document;
  const auto* before = ObjectAt(document.configuration, kSql);
  json::object sql = before == nullptr ? json::object() : *before;
  json::object members;
  SLUICE_RETURN_IF_ERROR(change(sql, stored.row.version + 1, members));
  document.configuration[kSql] = std::move(sql);
  SLUICE_ASSIGN_OR_RETURN(json::object out, CommitChange(context, stored, document, operation));
  out.erase("OperationId");  // these operations do not name one
  for (auto& member : members) out[member.key()] = std::move(member.value());
  return out;
}

Answer<json::object*> FindInput(json::object& sql, const std::string& id) {
  json::value* inputs = sql.if_contains("InputDescriptions");
  json::object* input = inputs == nullptr ? nullptr : FindById(inputs->as_array(), "InputId", id);
  if (input == nullptr) return ApiError::NotFound("The application has no InputId " + id);
  return input;
}

}  // namespace sluice::service
