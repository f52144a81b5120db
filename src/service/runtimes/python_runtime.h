// A virtual environment with PyFlink for each version of Flink, made when a Python program first needs it.
#pragma once

#include <string>

#include "base/result.h"
#include "net/aws/credentials.h"
#include "service/runtimes/registry_files.h"

namespace sluice::service {

/// The Python program of the environment <runtimes>/FLINK-2_3-python, which is made with pip if it is not there (that
/// takes minutes). kNotFound says which versions of Python PyFlink needs. One thread per runtime.
Result<std::string> PreparePython(const FlinkDistribution& flink, const std::string& runtimes_folder,
                                  const FetchProgress& progress);

}  // namespace sluice::service
