// What Flink's REST API says of metrics: names first, as operators are known by them alone; then the values that are
// wanted.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "net/url.h"
#include "service/model/json_access.h"
#include "service/runner/flink_client.h"

namespace sluice::service {
namespace {

using Get = std::function<Result<json::array>(const std::string& path)>;

/// Numbers are numbers in one answer and texts in another; what is none, such as NaN, is left out.
double NumberIn(const json::object& entry, std::string_view key) {
  const json::value* value = entry.if_contains(key);
  if (value == nullptr) return std::nan("");
  if (value->is_number()) return value->to_number<double>();
  const std::string text = TextAt(entry, key);
  double number = std::nan("");
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// "?get=a,b" for all names, in pieces: Flink takes no request line of more than 4096 bytes.
std::vector<std::string> Queries(const std::vector<std::string>& names) {
  constexpr size_t kMost = 3000;
  std::vector<std::string> out;
  for (const std::string& name : names) {
    const std::string encoded = net::PercentEncode(name);
    if (out.empty() || out.back().size() + encoded.size() > kMost) {
      out.push_back("?get=" + encoded);
    } else {
      out.back() += "," + encoded;
    }
  }
  return out;
}

/// What `path` says of the metrics `names`, entry by entry.
template <class Use>
Status ForEach(const Get& get, const std::string& path, const std::vector<std::string>& names, Use use) {
  for (const std::string& query : Queries(names)) {
    SLUICE_ASSIGN_OR_RETURN(const json::array entries, get(path + query));
    for (const json::value& entry : entries) {
      if (entry.is_object()) use(TextAt(entry.as_object(), "id"), entry.as_object());
    }
  }
  return {};
}

Result<ValueByName> Values(const Get& get, const std::string& path, const std::vector<std::string>& names) {
  ValueByName out;
  SLUICE_RETURN_IF_ERROR(ForEach(get, path, names, [&](const std::string& id, const json::object& entry) {
    if (const double value = NumberIn(entry, "value"); std::isfinite(value)) out[id] = value;
  }));
  return out;
}

/// Those of the metrics at `path` that are wanted. Flink gives nothing at all when one that it is asked for is missing.
Result<std::vector<std::string>> Names(const Get& get, const std::string& path,
                                       const std::function<bool(const std::string&)>& is_wanted) {
  SLUICE_ASSIGN_OR_RETURN(const json::array all, get(path));
  std::vector<std::string> out;
  for (const json::value& entry : all) {
    std::string name = entry.is_object() ? TextAt(entry.as_object(), "id") : "";
    if (is_wanted(name)) out.push_back(std::move(name));
  }
  return out;
}

Result<SpreadByName> Spreads(const Get& get, const std::string& path, const std::vector<std::string>& names) {
  SpreadByName out;
  SLUICE_RETURN_IF_ERROR(ForEach(get, path, names, [&](const std::string& id, const json::object& entry) {
    const MetricSpread spread{NumberIn(entry, "min"), NumberIn(entry, "max"), NumberIn(entry, "sum")};
    if (std::isfinite(spread.sum)) out[id] = spread;
  }));
  return out;
}

Result<TaskReading> ReadTask(const Get& get, const std::string& job, const json::object& vertex, MetricsLevel level) {
  TaskReading out{TextAt(vertex, "id"), TextAt(vertex, "name"), {}, {}};
  const std::string path = job + "/vertices/" + out.id + "/subtasks/";
  const auto is_wanted = [&](const std::string& name) { return IsWantedOfTask(name, level); };
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> names, Names(get, path + "metrics", is_wanted));
  SLUICE_ASSIGN_OR_RETURN(out.values, Spreads(get, path + "metrics", names));
  const int64_t subtasks = level == MetricsLevel::kParallelism ? IntAt(vertex, "parallelism") : 0;
  for (int64_t s = 0; s < subtasks; ++s) {
    SLUICE_ASSIGN_OR_RETURN(ValueByName values, Values(get, path + std::to_string(s) + "/metrics", names));
    out.subtasks.push_back(std::move(values));
  }
  return out;
}

}  // namespace

Result<EngineReading> FlinkClient::Metrics(MetricsLevel level) const {
  const auto ask = [this](const std::string& path) { return Call("GET", path, "", "", std::chrono::seconds(10)); };
  const Get get = [&](const std::string& path) -> Result<json::array> {
    SLUICE_ASSIGN_OR_RETURN(const std::string text, ask(path));
    boost::system::error_code ec;
    json::value value = json::parse(text, ec);
    if (ec || !value.is_array()) return Error(ErrorCode::kData, "the engine's answer to " + path + " is no JSON array");
    return std::move(value.as_array());
  };
  EngineReading out;
  SLUICE_ASSIGN_OR_RETURN(const std::vector<FlinkJob> jobs, Jobs());
  for (const FlinkJob& job : jobs) {
    if (job.ended()) continue;
    const std::string path = "/jobs/" + job.id;
    JobReading reading;
    SLUICE_ASSIGN_OR_RETURN(reading.job, Values(get, path + "/metrics", WantedOfJobs()));
    SLUICE_ASSIGN_OR_RETURN(const std::string text, ask(path));
    SLUICE_ASSIGN_OR_RETURN(const json::object details, ParseObject(text, "the engine's answer to " + path));
    const json::array* vertices = ArrayAt(details, "vertices");
    for (const json::value& vertex : vertices != nullptr ? *vertices : json::array()) {
      if (!vertex.is_object()) continue;
      SLUICE_ASSIGN_OR_RETURN(TaskReading task, ReadTask(get, path, vertex.as_object(), level));
      reading.tasks.push_back(std::move(task));
    }
    out.jobs.push_back(std::move(reading));
  }
  if (!only_job_.empty()) return out;
  constexpr const char* kManagers = "/taskmanagers/metrics";
  const std::vector<std::string> wanted = WantedOfTaskManagers();
  const auto is_wanted = [&](const std::string& name) { return std::ranges::find(wanted, name) != wanted.end(); };
  auto names = Names(get, kManagers, is_wanted);
  if (!names.ok()) return out;  // the native engine has none
  SLUICE_ASSIGN_OR_RETURN(out.task_managers, Spreads(get, kManagers, *names));
  SLUICE_ASSIGN_OR_RETURN(const std::string text, ask("/taskmanagers"));
  SLUICE_ASSIGN_OR_RETURN(const json::object listed, ParseObject(text, "the engine's answer to /taskmanagers"));
  const json::array* task_managers = ArrayAt(listed, "taskmanagers");
  out.task_manager_count = task_managers == nullptr ? 0 : static_cast<int>(task_managers->size());
  return out;
}

}  // namespace sluice::service
