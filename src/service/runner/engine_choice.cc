#include "service/runner/engine_choice.h"

namespace sluice::service {

EngineRunner& EngineChoice::For(const JobSpec& spec) {
  if (spec.engine == EngineKind::kNative) return native_;
  if (spec.engine == EngineKind::kKubernetes) return kubernetes_;
  return spec.cluster_url.empty() ? flink_ : session_;
}

EngineRunner* EngineChoice::In(const std::string& folder) {
  for (EngineRunner* runner : All()) {
    if (runner->Adopt(folder)) return runner;
  }
  return nullptr;
}

Result<EngineRecord> EngineChoice::Launch(const std::string& folder, const JobSpec& spec,
                                          const Interruption& interrupted) {
  // An update may have changed the engine.
  for (EngineRunner* runner : All()) {
    if (runner != &For(spec)) SLUICE_RETURN_IF_ERROR(runner->End(folder, false));
  }
  return For(spec).Launch(folder, spec, interrupted);
}

Result<std::string> EngineChoice::Stage(const std::string& folder, const EngineRecord& engine, const JobSpec& spec) {
  return For(spec).Stage(folder, engine, spec);
}

Result<std::string> EngineChoice::RunJob(const std::string& folder, const EngineRecord& engine, const JobSpec& spec,
                                         const std::string& staged, const JobStart& start,
                                         const Interruption& interrupted) {
  return For(spec).RunJob(folder, engine, spec, staged, start, interrupted);
}

Status EngineChoice::RecordJob(const std::string& folder, const std::string& job_id, int64_t version) {
  EngineRunner* runner = In(folder);
  if (runner == nullptr) return Error(ErrorCode::kNotFound, "there is no engine in " + folder);
  return runner->RecordJob(folder, job_id, version);
}

std::optional<EngineRecord> EngineChoice::Adopt(const std::string& folder) {
  EngineRunner* runner = In(folder);
  return runner == nullptr ? std::nullopt : runner->Adopt(folder);
}

bool EngineChoice::Alive(const std::string& folder) {
  EngineRunner* runner = In(folder);
  return runner != nullptr && runner->Alive(folder);
}

std::string EngineChoice::Tend(const std::string& folder) {
  EngineRunner* runner = In(folder);
  return runner == nullptr ? "" : runner->Tend(folder);
}

std::unique_ptr<JobControl> EngineChoice::Control(const std::string& folder, const EngineRecord& engine) {
  EngineRunner* runner = In(folder);
  return runner == nullptr ? EngineRunner::Control(folder, engine) : runner->Control(folder, engine);
}

std::optional<EngineLoad> EngineChoice::Load(const std::string& folder) {
  EngineRunner* runner = In(folder);
  return runner == nullptr ? std::nullopt : runner->Load(folder);
}

bool EngineChoice::RescalesInPlace(const std::string& folder) {
  EngineRunner* runner = In(folder);
  return runner != nullptr && runner->RescalesInPlace(folder);
}

std::string EngineChoice::Outdated(const std::string& folder) {
  EngineRunner* runner = In(folder);
  return runner == nullptr ? "" : runner->Outdated(folder);
}

Status EngineChoice::End(const std::string& folder, bool gently) {
  Status all;
  for (EngineRunner* runner : All()) {
    const Status ended = runner->End(folder, gently);
    if (all.ok()) all = ended;
  }
  return all;
}

std::string EngineChoice::LastOutput(const std::string& folder) {
  // Also of an engine that has ended: each has its output in logs/engine.log.
  EngineRunner* runner = In(folder);
  return runner == nullptr ? native_.LastOutput(folder) : runner->LastOutput(folder);
}

}  // namespace sluice::service
