#include <cstdio>

#include "cli/command.h"

namespace sluice::cli {

int RunSqlCommand(int, char**) {
  std::fputs("not supported yet: sluice sql\n", stderr);
  return 2;
}

}  // namespace sluice::cli
