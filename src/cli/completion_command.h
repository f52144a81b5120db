// `sluice completion bash|zsh|fish`: a script for the shell, written from the declarations of the commands.
#pragma once

#include <string>
#include <vector>

namespace sluice::cli {

struct CompletedCommand {
  std::string name;
  std::string help;
};

/// `commands`: what `sluice` offers; those that can declare themselves are completed with all their options.
int RunCompletionCommand(std::vector<CompletedCommand> commands, int argc, char** argv);

}  // namespace sluice::cli
