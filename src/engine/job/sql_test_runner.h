// The engine behind `sluice test`: a session and a local executor with the settings that every test file starts with.
#pragma once

#include "engine/job/builtins.h"
#include "engine/job/stest/matrix_point.h"
#include "engine/job/stest/test_runner.h"

namespace sluice {
class Clock;
class Random;
}  // namespace sluice

namespace sluice::engine {

/// A watermark after every row, UTC, no restarts; batches, parallelism and disturbances as the point says (batch jobs
/// are not disturbed). All references outlive the runners.
stest::StatementRunnerFactory MakeSqlTestRunners(const Builtins& builtins, Clock& clock, Random& random,
                                                 const stest::MatrixPoint& point = {});

}  // namespace sluice::engine
