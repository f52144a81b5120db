// Runs a plan while its job is killed and restored, or rescaled, at points that a seed decides.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "engine/job/job_builder.h"
#include "engine/job/result_display.h"
#include "engine/job/stest/matrix_point.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {
class WorkerPool;
}

namespace sluice::engine::stest {

/// Where jobs of this point keep their state; empty: as jobs do by default.
StateBackendFactory StateBackendsOf(const MatrixPoint& point);

/// The rows of a query (none of an INSERT), or why the job failed; kTimeout at the deadline (monotonic). `name` joins
/// the seed, so that statements are disturbed at different points.
Result<std::vector<DisplayedRow>> RunDisturbed(PhysicalPlan plan, const JobBuildEnvironment& environment,
                                               const MatrixPoint& point, std::string_view name, WorkerPool& workers,
                                               int64_t deadline_ns);

}  // namespace sluice::engine::stest
