// All engines as one runner: a job's specification says which is launched, an application's folder which is there.
#pragma once

#include <string>
#include <vector>

#include "service/runner/engine_runner.h"

namespace sluice::service {

/// The runners must outlive it.
class EngineChoice : public EngineRunner {
 public:
  EngineChoice(EngineRunner& native, EngineRunner& flink, EngineRunner& session, EngineRunner& kubernetes)
      : native_(native), flink_(flink), session_(session), kubernetes_(kubernetes) {}

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
  std::unique_ptr<JobControl> Control(const std::string& folder, const EngineRecord& engine) override;
  Status End(const std::string& folder, bool gently) override;
  std::string LastOutput(const std::string& folder) override;

 private:
  EngineRunner& For(const JobSpec& spec);
  /// The one whose engine is in the folder; null if none is.
  EngineRunner* In(const std::string& folder);
  std::vector<EngineRunner*> All() { return {&native_, &flink_, &session_, &kubernetes_}; }

  EngineRunner& native_;
  EngineRunner& flink_;
  EngineRunner& session_;
  EngineRunner& kubernetes_;
};

}  // namespace sluice::service
