// `sluice apps`: applications for people without the AWS CLI.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace sluice::cli {

/// The declaration of the command, for completion and help; running it does nothing.
std::unique_ptr<CLI::App> DeclareAppsCommand();
int RunAppsCommand(int argc, char** argv);

}  // namespace sluice::cli
