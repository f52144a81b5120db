// Runs a program to its end: the clients of registries, which know this machine's mirrors, proxies and certificates.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::service {

struct ProgramEnd {
  int status = 0;      // exit status; 128 + N after signal N
  std::string output;  // standard output
  std::string errors;  // standard error
};

/// Runs `arguments[0]`, found on PATH, with our environment and empty standard input. `tick` is called about every 200
/// ms; once it returns false the program is ended and the call gives kCancelled. kNotFound if there is no such program.
Result<ProgramEnd> RunProgram(const std::vector<std::string>& arguments, const std::function<bool()>& tick = {},
                              const std::string& folder = "");

}  // namespace sluice::service
