// The two engines as one runner: a job's specification says which is launched, an application's folder which is there.
#pragma once

#include <string>

#include "service/runner/engine_runner.h"

namespace sluice::service {

/// Both runners must outlive it.
class EngineChoice : public EngineRunner {
 public:
  EngineChoice(EngineRunner& native, EngineRunner& flink) : native_(native), flink_(flink) {}

  Result<EngineRecord> Launch(const std::string& folder, const JobSpec& spec, const Interruption& interrupted) override;
  Result<std::string> Stage(const std::string& folder, const EngineRecord& engine, const JobSpec& spec) override;
  Result<std::string> RunJob(const std::string& folder, const EngineRecord& engine, const JobSpec& spec,
                             const std::string& staged, const JobStart& start,
                             const Interruption& interrupted) override;
  Status RecordJob(const std::string& folder, const std::string& job_id, int64_t version) override;
  std::optional<EngineRecord> Adopt(const std::string& folder) override;
  bool Alive(const std::string& folder) override;
  std::string Tend(const std::string& folder) override;
  std::optional<EngineLoad> Load(const std::string& folder) override;
  bool RescalesInPlace(const std::string& folder) override;
  std::string Outdated(const std::string& folder) override;
  Status End(const std::string& folder, bool gently) override;
  std::string LastOutput(const std::string& folder) override;

 private:
  EngineRunner& Of(const std::string& folder) { return flink_.Adopt(folder) ? flink_ : native_; }
  EngineRunner& For(const JobSpec& spec) { return spec.engine == EngineKind::kFlink ? flink_ : native_; }

  EngineRunner& native_;
  EngineRunner& flink_;
};

}  // namespace sluice::service
