#include <cstdio>

#include "cli/command.h"

namespace sluice::cli {

int RunEngineCommand(int, char**) {
  std::fputs("not supported yet: sluice engine\n", stderr);
  return 2;
}

}  // namespace sluice::cli
