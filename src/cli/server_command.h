// `sluice server`: the service (control plane) in the foreground, until SIGINT or SIGTERM.
#pragma once

namespace sluice::cli {

/// argv[0] is the command's name. Returns the process's exit status.
int RunServerCommand(int argc, char** argv);

}  // namespace sluice::cli
