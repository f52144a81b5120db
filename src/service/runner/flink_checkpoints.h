// Checkpoints that Apache Flink has left on disk: <folder>/<job id>/chk-<number>.
#pragma once

#include <string>

namespace sluice::service {

/// The newest complete checkpoint below <checkpoints>/<job id>; empty if there is none. Of a job whose id is not known
/// there (SQL chooses its own) that of the only one that is.
std::string LastCheckpoint(const std::string& checkpoints, const std::string& job_id);

/// The one that was completed last of all jobs below the folder: one job that was submitted under several ids.
std::string NewestCheckpoint(const std::string& checkpoints);

}  // namespace sluice::service
