#include "service/runner/engine_choice.h"

namespace sluice::service {

Result<EngineRecord> EngineChoice::Launch(const std::string& folder, const JobSpec& spec,
                                          const Interruption& interrupted) {
  // An update may have changed the engine.
  SLUICE_RETURN_IF_ERROR((&For(spec) == &native_ ? flink_ : native_).End(folder, false));
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
  auto recorded = flink_.RecordJob(folder, job_id, version);
  return recorded.ok() ? recorded : native_.RecordJob(folder, job_id, version);
}

std::optional<EngineRecord> EngineChoice::Adopt(const std::string& folder) {
  auto record = flink_.Adopt(folder);
  return record ? record : native_.Adopt(folder);
}

bool EngineChoice::Alive(const std::string& folder) { return flink_.Alive(folder) || native_.Alive(folder); }

std::string EngineChoice::Tend(const std::string& folder) { return flink_.Tend(folder); }

std::optional<EngineLoad> EngineChoice::Load(const std::string& folder) { return Of(folder).Load(folder); }

bool EngineChoice::RescalesInPlace(const std::string& folder) { return Of(folder).RescalesInPlace(folder); }

std::string EngineChoice::Outdated(const std::string& folder) { return Of(folder).Outdated(folder); }

Status EngineChoice::End(const std::string& folder, bool gently) {
  const Status flink = flink_.End(folder, gently);
  const Status native = native_.End(folder, gently);
  return flink.ok() ? native : flink;
}

std::string EngineChoice::LastOutput(const std::string& folder) { return native_.LastOutput(folder); }

}  // namespace sluice::service
