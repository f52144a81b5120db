#include <cstdio>

#include "cli/command.h"

namespace sluice::cli {

int RunBenchCommand(int, char**) {
  std::fputs("not supported yet: sluice bench\n", stderr);
  return 2;
}

}  // namespace sluice::cli
