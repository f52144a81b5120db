#include "service/runner/load_meter.h"

#include <utility>

namespace sluice::service {

std::optional<double> LoadMeter::Look(const std::optional<EngineLoad>& load, int64_t now_ns) {
  const int64_t since_ns = std::exchange(looked_ns_, now_ns);
  const EngineLoad before = std::exchange(load_, load.value_or(EngineLoad()));
  if (!load || since_ns == 0 || now_ns <= since_ns) return std::nullopt;
  if (load->processes != before.processes || load->cpu_seconds < before.cpu_seconds) return std::nullopt;
  return (load->cpu_seconds - before.cpu_seconds) / (static_cast<double>(now_ns - since_ns) / 1e9);
}

}  // namespace sluice::service
