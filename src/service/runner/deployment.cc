#include "service/runner/deployment.h"

#include <boost/json.hpp>

namespace sluice::service {
namespace json = boost::json;

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
  boost::system::error_code ec;
  json::value value = json::parse(text, ec);
  if (ec || !value.is_object()) return out;
  const json::object& object = value.as_object();
  const auto read_text = [&](const char* key, std::string* to) {
    const json::value* member = object.if_contains(key);
    if (member != nullptr && member->is_string()) *to = std::string(member->as_string());
  };
  const auto read_bool = [&](const char* key, bool* to) {
    const json::value* member = object.if_contains(key);
    if (member != nullptr && member->is_bool()) *to = member->as_bool();
  };
  read_text("restore", &out.restore);
  read_text("snapshot", &out.snapshot);
  read_bool("standing_alone", &out.standing_alone);
  read_bool("allow_non_restored", &out.allow_non_restored);
  read_bool("take_snapshot", &out.take_snapshot);
  read_bool("stopped", &out.stopped);
  read_bool("resolved", &out.resolved);
  const auto read_paths = [&](const char* key, std::vector<std::string>* to) {
    const json::value* member = object.if_contains(key);
    if (member == nullptr || !member->is_array()) return;
    for (const json::value& path : member->as_array()) {
      if (path.is_string()) to->emplace_back(path.as_string());
    }
  };
  read_paths("savepoints", &out.savepoints);
  read_paths("running_savepoints", &out.running_savepoints);
  read_paths("stopped_jobs", &out.stopped_jobs);
  read_bool("goes_on", &out.goes_on);
  if (const json::value* member = object.if_contains("running_parallelism"); member != nullptr && member->is_int64()) {
    out.running_parallelism = member->as_int64();
  }
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
