// What a control that runs no checkpoints answers.
#include "engine/job/server/engine_control.h"

namespace sluice::engine::server {
namespace {
Error Unsupported(const char* what) {
  return Error(ErrorCode::kNotSupported, std::string("not supported here: ") + what);
}
}  // namespace

Result<std::string> EngineControl::TriggerSavepoint(const std::string&, const SavepointOrder&, const std::string&) {
  return Unsupported("savepoints");
}
Result<std::string> EngineControl::TriggerCheckpoint(const std::string&, const std::string&) {
  return Unsupported("checkpoints");
}
Result<std::string> EngineControl::DisposeSavepoint(const std::string&) { return Unsupported("savepoints"); }
std::optional<OperationFacts> EngineControl::FindOperation(const std::string&, const std::string&) const {
  return std::nullopt;
}
std::optional<CheckpointFacts> EngineControl::FindCheckpoint(const std::string&, int64_t) const { return std::nullopt; }
Status EngineControl::UpdateParallelism(const std::string&, const std::map<std::string, int>&) {
  return Unsupported("rescaling");
}

}  // namespace sluice::engine::server
