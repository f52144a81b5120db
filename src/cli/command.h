// The sub-commands of `sluice`, each in a file of its own. argv[0] is the command's name.
#pragma once

namespace sluice::cli {

int RunEngineCommand(int argc, char** argv);
int RunSqlCommand(int argc, char** argv);
int RunTestCommand(int argc, char** argv);
int RunEnterCommand(int argc, char** argv);
int RunReferenceCommand(int argc, char** argv);

}  // namespace sluice::cli
