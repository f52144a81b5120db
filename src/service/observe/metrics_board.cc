#include "service/observe/metrics_board.h"

#include <algorithm>

namespace sluice::service {
namespace {

void Show(const std::vector<MetricSample>& samples, MetricsRegistry* registry) {
  for (const MetricSample& sample : samples) {
    if (sample.spec->kind == MetricKind::kCounter) {
      registry->NewCounter(*sample.spec, sample.labels)->Add(static_cast<uint64_t>(std::max(0.0, sample.value)));
    } else {
      registry->NewGauge(*sample.spec, sample.labels)->Set(sample.value);
    }
  }
}

}  // namespace

void MetricsBoard::Put(const std::string& application, std::vector<MetricSample> samples) {
  std::lock_guard lock(mutex_);
  samples_[application] = std::move(samples);
}

void MetricsBoard::Remove(const std::string& application) {
  std::lock_guard lock(mutex_);
  samples_.erase(application);
}

std::string MetricsBoard::PrometheusText(const std::vector<MetricSample>& more) const {
  MetricsRegistry registry;
  Show(more, &registry);
  std::lock_guard lock(mutex_);
  for (const auto& [application, samples] : samples_) Show(samples, &registry);
  return registry.PrometheusText();
}

}  // namespace sluice::service
