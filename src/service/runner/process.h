// Processes that outlive us: start one on its own, recognise it later, end it for sure. Linux (/proc).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::service {

/// A process as nobody else can be: the pid with its start time and the boot it belongs to; a recycled pid differs.
struct ProcessIdentity {
  int64_t pid = 0;
  uint64_t start_ticks = 0;
  std::string boot_id;
};

/// Starts `arguments[0]` in a session of its own, standard input empty, output appended to `output_path`, no other file
/// of ours open in it; the environment is ours plus `extra_environment` ("NAME=value").
Result<ProcessIdentity> StartDetached(const std::vector<std::string>& arguments,
                                      const std::vector<std::string>& extra_environment,
                                      const std::string& output_path);

/// The identity of a running process; nothing if there is none (zombies count as gone).
std::optional<ProcessIdentity> IdentifyProcess(int64_t pid);
bool IsAlive(const ProcessIdentity& process);

/// What the process (not its children) has used of the processors, in user and system mode; nothing if it is gone.
std::optional<double> CpuSeconds(const ProcessIdentity& process);

/// SIGTERM to its whole session's group, without waiting.
void TellToEnd(const ProcessIdentity& process);

/// SIGTERM, and SIGKILL if it is still there after `grace` (zero: SIGKILL at once); to its whole session's group.
/// Returns when it is gone; an error if even SIGKILL does not end it within ten seconds.
Status EndProcess(const ProcessIdentity& process, std::chrono::milliseconds grace);

/// The processes whose environment has `entry` ("NAME=value"); for those that were started but never recorded.
std::vector<ProcessIdentity> FindByEnvironment(const std::string& entry);

}  // namespace sluice::service
