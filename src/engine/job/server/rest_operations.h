// Bodies and answers of Flink's asynchronous operations: savepoints, checkpoints, stop, disposal; and of changes of the
// parallelism. Pure. A body that does not fit is kInvalidArgument with Flink's sentence.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/job/server/engine_control.h"

namespace sluice::engine::server {

struct SavepointBody {
  SavepointOrder order;
  std::string trigger_id;  // empty: a new one
};
/// POST /jobs/:id/savepoints
Result<SavepointBody> ParseSavepointBody(const std::string& body, const JobFacts& job);
/// POST /jobs/:id/stop
Result<SavepointBody> ParseStopBody(const std::string& body, const JobFacts& job);
/// POST /jobs/:id/checkpoints: the trigger id, or "".
Result<std::string> ParseCheckpointBody(const std::string& body);
/// POST /savepoint-disposal: the path.
Result<std::string> ParseDisposalBody(const std::string& body);
/// {"request-id": …}
std::string TriggerJson(const std::string& trigger_id);

enum class OperationKind : uint8_t { kSavepoint, kCheckpoint, kDisposal };
std::string OperationJson(OperationKind kind, const OperationFacts& facts);

/// /jobs/:id/resource-requirements: the upper bounds, by task id.
Result<std::map<std::string, int>> ParseRequirements(const std::string& body, const JobFacts& job);
std::string RequirementsJson(const JobFacts& job);

/// /jobs/:id/exceptions: at most `limit` entries.
std::string ExceptionsJson(const JobFacts& job, size_t limit);

}  // namespace sluice::engine::server
