// `sluice runtime`: fetches and lists distributions of Apache Flink.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace sluice::cli {

/// The declaration of the command, for completion and help; running it does nothing.
std::unique_ptr<CLI::App> DeclareRuntimeCommand();

/// argv[0] is the command's name. Returns the process's exit status.
int RunRuntimeCommand(int argc, char** argv);

}  // namespace sluice::cli
