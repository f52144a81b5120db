// sluice COMMAND …: finds the command and runs it.
#ifdef SLUICE_MIMALLOC
#include <mimalloc.h>
#endif

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "cli/apps_command.h"
#include "cli/command.h"
#include "cli/completion_command.h"
#include "cli/runtime_command.h"
#include "cli/server_command.h"

namespace {

struct Command {
  std::string_view name;
  std::string_view help;  // empty: for the service itself, not listed
  int (*run)(int argc, char** argv);
};

int RunCompletion(int argc, char** argv);

constexpr Command kCommands[] = {
    {"server", "the service: kinesisanalyticsv2 API, application lifecycle, engines", sluice::cli::RunServerCommand},
    {"apps", "applications of a service: list, describe, status, logs, snapshots, operations",
     sluice::cli::RunAppsCommand},
    {"runtime", "distributions of Apache Flink: install, list", sluice::cli::RunRuntimeCommand},
    {"sql", "run SQL: an interactive shell, a file or a statement", sluice::cli::RunSqlCommand},
    {"test", "run .stest files and compare the results", sluice::cli::RunTestCommand},
    {"engine", "one application's engine process, controlled by Flink's REST API", sluice::cli::RunEngineCommand},
    {"reference", "write the reference pages of errors, functions, connectors, formats, settings and metrics",
     sluice::cli::RunReferenceCommand},
    {"completion", "completion of commands and options for bash, zsh or fish", RunCompletion},
    {"enter", "", sluice::cli::RunEnterCommand},
};

int RunCompletion(int argc, char** argv) {
  std::vector<sluice::cli::CompletedCommand> commands;
  for (const Command& command : kCommands) {
    if (!command.help.empty()) commands.push_back({std::string(command.name), std::string(command.help)});
  }
  return sluice::cli::RunCompletionCommand(std::move(commands), argc, argv);
}

void PrintUsage(FILE* out) {
  std::fputs("usage: sluice COMMAND [OPTIONS]\n\ncommands:\n", out);
  for (const Command& command : kCommands) {
    if (command.help.empty()) continue;
    std::fprintf(out, "  %-10s %s\n", command.name.data(), command.help.data());
  }
  std::fputs("\n`sluice COMMAND --help` lists a command's options.\n", out);
}

/// Freed memory goes back to the kernel after a second without use. mimalloc's own 25 ms gives back what the next batch
/// takes again: the kernel then clears the same pages over and over (up to 10 % of a join's CPU time).
void SetUpAllocator() {
#ifdef SLUICE_MIMALLOC
  mi_option_set_default(mi_option_decommit_delay, 1000);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  SetUpAllocator();
  if (argc < 2) {
    PrintUsage(stderr);
    return 2;
  }
  const std::string_view name = argv[1];
  if (name == "--help" || name == "-h" || name == "help") {
    PrintUsage(stdout);
    return 0;
  }
  if (name == "--version") {
    std::puts("sluice " SLUICE_VERSION);
    return 0;
  }
  for (const Command& command : kCommands) {
    if (command.name == name) return command.run(argc - 1, argv + 1);
  }
  std::fprintf(stderr, "sluice: there is no command '%s'\n\n", argv[1]);
  PrintUsage(stderr);
  return 2;
}
