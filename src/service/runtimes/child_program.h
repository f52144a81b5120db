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

struct ProgramOptions {
  std::string folder;                    // to run in; empty: ours
  std::vector<std::string> environment;  // "NAME=value", beside or instead of our own
  /// Called about every 200 ms; once it returns false the program and what it started are ended.
  std::function<bool()> tick;
};

/// Runs `arguments[0]`, found on PATH, with empty standard input. kNotFound if there is no such program, kCancelled if
/// `tick` ended it.
Result<ProgramEnd> RunProgram(const std::vector<std::string>& arguments, const ProgramOptions& options = {});

}  // namespace sluice::service
