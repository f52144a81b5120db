#include "service/runner/engine_choice.h"

namespace sluice::service {

EngineRunner& EngineChoice::For(const JobSpec& spec) {
  if (spec.engine == EngineKind::kNative) return native_;
  if (spec.engine == EngineKind::kKubernetes) return kubernetes_;
  return spec.cluster_url.empty() ? flink_ : session_;
}

EngineRunner& EngineChoice::In(const std::string& folder) {
  for (EngineRunner* runner : All()) {
    if (runner->Adopt(folder)) return *runner;
  }
  return native_;
}

Result<EngineRecord> EngineChoice::Launch(const std::string& folder, const JobSpec& spec,
                                          const Interruption& interrupted) {
  EngineRunner& wanted = For(spec);
  for (EngineRunner* runner : All()) {
    if (runner != &wanted) SLUICE_RETURN_IF_ERROR(runner->End(folder, false));
  }
  return wanted.Launch(folder, spec, interrupted);
}

Status EngineChoice::End(const std::string& folder, bool gently) {
  Status all;
  for (EngineRunner* runner : All()) {
    const Status ended = runner->End(folder, gently);
    if (all.ok()) all = ended;
  }
  return all;
}

}  // namespace sluice::service
