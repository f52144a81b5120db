#include "base/error_reference.h"

#include <fmt/format.h>

#include "base/error_codes.h"

namespace sluice {

std::string ErrorReferencePage() {
  std::string page =
      "# Errors\n\nGenerated from the error catalogue (src/base/error_codes.h); do not edit.\n\n"
      "| code | meaning |\n|---|---|\n";
#define SLUICE_X(e, name, text) page += fmt::format("| `{}` | {} |\n", name, text);
  SLUICE_ERROR_CODES(SLUICE_X)
#undef SLUICE_X
  return page;
}

}  // namespace sluice
