// Limits of memory and CPU by Linux's control groups, version 2: for engines whose owners are to have what they pay for
// and no more. Where this process may not make groups there are no limits.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace sluice::service {

struct ControlGroupLimits {
  int64_t memory_bytes = 0;  // beyond it the kernel ends processes of the group
  double cpus = 1;
};

/// The folder of the group that this process is in, if memory and CPU can be limited below it; empty if not.
/// `self` is /proc/self/cgroup's text, `mount` where version 2 is mounted.
std::string OwnControlGroup(const std::string& self, const std::string& mount = "/sys/fs/cgroup");

/// Makes <parent>/<name> with these limits; its folder. A group that has children with limits cannot have processes of
/// its own, so if this process is in `parent` it moves to <parent>/service. kIo says what is not permitted.
Result<std::string> MakeControlGroup(const std::string& parent, const std::string& name,
                                     const ControlGroupLimits& limits);

/// What the process starts from now on is in the group, too.
Status JoinControlGroup(const std::string& group, int64_t pid);

/// Of a group without processes; fine if it is not there.
void RemoveControlGroup(const std::string& group);

}  // namespace sluice::service
