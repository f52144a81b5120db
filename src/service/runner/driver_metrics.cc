#include "service/runner/driver.h"

namespace sluice::service {

void Supervisor::Driver::ReadMetrics(const JobControl& client) {
  const int64_t now = supervisor_.clock_.MonotonicNs();
  const int64_t interval = std::chrono::nanoseconds(supervisor_.options_.metrics_interval).count();
  if (metrics_ns_ != 0 && now - metrics_ns_ < interval) return;
  metrics_ns_ = now;
  auto row = supervisor_.store_.Find(name_);
  auto settings = row.ok() ? supervisor_.specs_.SettingsFor(*row) : Result<LifecycleSettings>(row.error());
  if (!settings.ok()) return;
  const MetricsLevel level = MetricsLevelOf(settings->metrics_level);
  auto engine = client.Metrics(level);
  const bool failed = !engine.ok() && engine.error().code() != ErrorCode::kNotSupported;
  if (failed && !metrics_failed_) {
    logger_.Warn("the job's metrics cannot be read", {{"error", engine.error().message()}});
  }
  metrics_failed_ = failed;
  ServiceReading service;
  const int64_t parallelism = row->current_parallelism > 0 ? row->current_parallelism : settings->parallelism;
  service.kpus = KpusFor(parallelism, settings->parallelism_per_kpu);
  service.processors = metrics_load_.Look(Runner().Load(folder_), now).value_or(-1);
  supervisor_.metrics_.Put(name_, SamplesOf(name_, engine.ok() ? *engine : EngineReading(), service, level));
}

}  // namespace sluice::service
