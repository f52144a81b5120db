// A client of Flink's JobManager REST API, as far as the service needs it; speaks to the native engine and to Apache
// Flink. Shapes: https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/ops/rest_api/
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/url.h"
#include "service/runner/job_control.h"

namespace sluice::service {

struct FlinkRunRequest {
  int parallelism = 1;
  std::string entry_class;  // empty: the package's own
  std::vector<std::string> program_args;
  std::map<std::string, std::string> configuration;
  std::string job_id;  // 32 hex digits; empty: the engine chooses. The native engine goes on with what it has of it
  /// What the jobs start from, in their order; Apache Flink has one job and knows the first alone.
  std::vector<std::string> savepoints;
  bool allow_non_restored = false;
};

/// Any thread; calls block. Errors: kIo and kTimeout when the peer cannot be reached, kNotFound for 404,
/// kInvalidArgument with the peer's own text for other refusals, kData for answers that are not Flink's.
class FlinkClient : public JobControl {
 public:
  /// With `only_job`, the cluster's other jobs do not exist for it.
  explicit FlinkClient(net::Url base, std::string only_job = "")
      : base_(std::move(base)), only_job_(std::move(only_job)) {}

  /// GET /overview.
  Status Ping() const;
  /// Returns the id to run it by.
  Result<std::string> UploadPackage(const std::string& file_name, std::string bytes) const;
  /// Returns the job's id. May take as long as the program's main() does.
  Result<std::string> Run(const std::string& package_id, const FlinkRunRequest& request,
                          std::chrono::milliseconds timeout) const;
  Status DeletePackage(const std::string& package_id) const;
  Result<FlinkJob> Job(const std::string& job_id) const;

  Result<std::vector<FlinkJob>> Jobs() const override;
  Result<FlinkJob> AllJobs() const override;
  Result<std::string> RootException(const std::string& job_id) const override;
  Result<std::string> Plan(const std::string& job_id) const override;
  Status Cancel(const std::string& job_id) const override;
  Status TriggerSavepoint(const std::string& job_id, const std::string& folder, const std::string& trigger_id,
                          bool stop) const override;
  Result<FlinkSavepoint> Savepoint(const std::string& job_id, const std::string& trigger_id) const override;
  /// GET and PUT /jobs/:id/resource-requirements.
  Result<std::map<std::string, int64_t>> ParallelismBounds(const std::string& job_id) const override;
  Status SetParallelismBounds(const std::string& job_id, const std::map<std::string, int64_t>& bounds) const override;
  /// Those of TaskManagers too, unless others' jobs run on them.
  Result<EngineReading> Metrics(MetricsLevel level) const override;

 private:
  Result<std::string> Call(const std::string& method, const std::string& path, std::string body,
                           const std::string& content_type, std::chrono::milliseconds timeout) const;

  net::Url base_;
  std::string only_job_;
};

}  // namespace sluice::service
