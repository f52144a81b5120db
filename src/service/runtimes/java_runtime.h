// Finds a Java virtual machine that a version of Flink runs on.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "net/aws/credentials.h"
#include "service/runtimes/flink_distribution.h"

namespace sluice::service {

struct JavaRuntime {
  std::string home;
  int version = 0;  // 17

  std::string Program() const { return home + "/bin/java"; }
};

/// Those of JAVA_HOME, of PATH and below /usr/lib/jvm, in this order, each once. Reads files only.
std::vector<JavaRuntime> FindJavaRuntimes(const net::EnvLookup& environment);

/// The one to run `flink` with: the first that has its best version, else the first that fits. kNotFound says what was
/// found and how to get one.
Result<JavaRuntime> ChooseJava(const FlinkDistribution& flink, const std::vector<JavaRuntime>& found);

/// 17 for "17.0.15", 8 for "1.8.0_402"; 0 if it is no version.
int JavaMajorVersion(std::string_view version);

}  // namespace sluice::service
