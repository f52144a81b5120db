#include "service/runner/deployment.h"

#include "service/model/json_access.h"

namespace sluice::service {

std::string Deployment::Serialize() const {
  return json::serialize(json::object{{"restore", restore},
                                      {"snapshot", snapshot},
                                      {"standing_alone", standing_alone},
                                      {"allow_non_restored", allow_non_restored},
                                      {"take_snapshot", take_snapshot},
                                      {"stopped", stopped},
                                      {"resolved", resolved},
                                      {"savepoints", json::value_from(savepoints)},
                                      {"running_savepoints", json::value_from(running_savepoints)},
                                      {"running_parallelism", running_parallelism},
                                      {"stopped_jobs", json::value_from(stopped_jobs)},
                                      {"goes_on", goes_on}});
}

Deployment Deployment::Parse(const std::string& text) {
  Deployment out;
  auto content = ParseObject(text, "a deployment");
  if (!content.ok()) return out;
  out.restore = TextAt(*content, "restore");
  out.snapshot = TextAt(*content, "snapshot");
  out.standing_alone = BoolAt(*content, "standing_alone", out.standing_alone);
  out.allow_non_restored = BoolAt(*content, "allow_non_restored", out.allow_non_restored);
  out.take_snapshot = BoolAt(*content, "take_snapshot", out.take_snapshot);
  out.stopped = BoolAt(*content, "stopped", out.stopped);
  out.resolved = BoolAt(*content, "resolved", out.resolved);
  out.savepoints = TextsAt(*content, "savepoints");
  out.running_savepoints = TextsAt(*content, "running_savepoints");
  out.stopped_jobs = TextsAt(*content, "stopped_jobs");
  out.goes_on = BoolAt(*content, "goes_on", out.goes_on);
  out.running_parallelism = IntAt(*content, "running_parallelism");
  return out;
}

Deployment Deployment::Following(int64_t current_parallelism) const {
  Deployment out = *this;
  out.running_savepoints = savepoints;
  out.running_parallelism = current_parallelism;
  out.restore.clear();
  out.take_snapshot = true;
  out.stopped = false;
  out.resolved = true;  // unless a snapshot is taken on the way, it starts from what this one did
  out.stopped_jobs.clear();
  out.goes_on = false;
  return out;
}

ApplicationStore::Change ServiceChange(const ApplicationRow& row, ApplicationEvent event, OperationRow operation) {
  ApplicationStore::Change change;
  change.expected_version = row.version;
  change.expected_status = row.status;
  change.expected_deployment = row.deployment;
  change.event = event;
  change.deployment = Deployment::Parse(row.deployment).Following(row.current_parallelism).Serialize();
  change.operation = std::move(operation);
  return change;
}

OperationRow ServiceOperation(std::string name, std::string id, int64_t version, int64_t now_ms) {
  OperationRow row;
  row.id = std::move(id);
  row.operation = std::move(name);
  row.status = "IN_PROGRESS";
  row.start_ms = now_ms;
  row.version_from = row.version_to = version;
  return row;
}

Result<ApplicationStore::Change> RollbackTo(ApplicationStore& store, const ApplicationRow& row, int64_t version,
                                            int64_t now_ms) {
  SLUICE_ASSIGN_OR_RETURN(VersionRow next, store.FindVersion(row.name, version));
  next.created_ms = now_ms;
  next.updated_from = row.version;
  next.rolled_back_from = row.version;
  next.rolled_back_to = version;
  ApplicationStore::Change change;
  change.expected_version = row.version;
  change.next = std::move(next);
  return change;
}

}  // namespace sluice::service
