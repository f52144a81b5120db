// The engine behind `sluice test`: a session and a local executor with the settings that every test file starts with.
#pragma once

#include "engine/job/builtins.h"
#include "engine/job/stest/test_runner.h"

namespace sluice {
class Clock;
class Random;
}  // namespace sluice

namespace sluice::engine {

/// Parallelism 1, a watermark after every row, UTC, no restarts. All arguments outlive the runners.
stest::StatementRunnerFactory MakeSqlTestRunners(const Builtins& builtins, Clock& clock, Random& random);

}  // namespace sluice::engine
