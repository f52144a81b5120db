// Reads what to run out of an application's stored documents.
#pragma once

#include "service/api/service_context.h"
#include "service/runner/job_spec.h"

namespace sluice::service {

/// The store must outlive it. Any thread.
class StoredJobSpecs : public JobSpecSource {
 public:
  StoredJobSpecs(const ServiceConfig& config, ApplicationStore& store) : config_(config), store_(store) {}
  Result<JobSpec> SpecFor(const ApplicationRow& row) override;
  Result<LifecycleSettings> SettingsFor(const ApplicationRow& row) override;

 private:
  const ServiceConfig& config_;
  ApplicationStore& store_;
};

}  // namespace sluice::service
