// The newest metrics of each application, between those who read them off engines and those who ask for all of them.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "service/observe/application_metrics.h"

namespace sluice::service {

/// Any thread. A reader sees an application's samples of one time, never a mixture.
class MetricsBoard {
 public:
  /// In the place of those that were there.
  void Put(const std::string& application, std::vector<MetricSample> samples);
  /// What is not known any more is not shown.
  void Remove(const std::string& application);

  /// Of all applications, and `more`, in Prometheus' text format.
  std::string PrometheusText(const std::vector<MetricSample>& more) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<MetricSample>> samples_;
};

}  // namespace sluice::service
