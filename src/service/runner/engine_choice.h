// Which engine: a job's specification says which is launched, an application's folder which is there.
#pragma once

#include <array>
#include <string>

#include "service/runner/engine_runner.h"

namespace sluice::service {

/// Any thread. The runners must outlive it.
class EngineChoice {
 public:
  EngineChoice(EngineRunner& native, EngineRunner& flink, EngineRunner& session, EngineRunner& kubernetes)
      : native_(native), flink_(flink), session_(session), kubernetes_(kubernetes) {}
  /// One for everything.
  explicit EngineChoice(EngineRunner& only) : EngineChoice(only, only, only, only) {}

  /// The one that runs such jobs.
  EngineRunner& For(const JobSpec& spec);
  /// The one whose engine is in the folder; where there is none, the native one: the last output of each is in
  /// logs/engine.log.
  EngineRunner& In(const std::string& folder);

  /// As EngineRunner's; what other engines have left in the folder is ended first: an update may have changed the
  /// engine.
  Result<EngineRecord> Launch(const std::string& folder, const JobSpec& spec, const Interruption& interrupted);
  /// Whatever is there. The first error, after all were tried.
  Status End(const std::string& folder, bool gently);

 private:
  std::array<EngineRunner*, 4> All() { return {&native_, &flink_, &session_, &kubernetes_}; }

  EngineRunner& native_;
  EngineRunner& flink_;
  EngineRunner& session_;
  EngineRunner& kubernetes_;
};

}  // namespace sluice::service
