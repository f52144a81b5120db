#include "service/runner/job_control.h"

namespace sluice::service {
namespace {

Error NoBounds() {
  return Error(ErrorCode::kNotSupported, "not supported yet: another parallelism of a job that runs on this engine");
}

}  // namespace

Result<std::map<std::string, int64_t>> JobControl::ParallelismBounds(const std::string&) const { return NoBounds(); }

Status JobControl::SetParallelismBounds(const std::string&, const std::map<std::string, int64_t>&) const {
  return NoBounds();
}

Result<EngineReading> JobControl::Metrics(MetricsLevel) const {
  return Error(ErrorCode::kNotSupported, "not supported yet: metrics of this engine; its own reporters have them");
}

}  // namespace sluice::service
