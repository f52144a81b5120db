// `sluice server`: the service (control plane) in the foreground, until SIGINT or SIGTERM.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace sluice::cli {

/// The declaration of the command, for completion and help; running it does nothing.
std::unique_ptr<CLI::App> DeclareServerCommand();

/// argv[0] is the command's name. Returns the process's exit status.
int RunServerCommand(int argc, char** argv);

}  // namespace sluice::cli
