// Kubernetes' own command line program: it knows the clusters, their certificates and how to log in.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::service {

class Kubectl {
 public:
  /// `program` is looked for on PATH unless it is a path.
  explicit Kubectl(std::string program = "kubectl") : program_(std::move(program)) {}

  /// Its standard output. kNotFound for an object that does not exist, kNotSupported for a kind that the cluster does
  /// not know, kIo for a cluster that cannot be reached and for a program that is not there, kInvalidArgument with the
  /// cluster's words for other refusals.
  Result<std::string> Run(const std::vector<std::string>& arguments) const;
  /// Creates or changes what the manifest (JSON) describes; it is written to `file` first.
  Status Apply(const std::string& manifest, const std::string& file) const;

 private:
  std::string program_;
};

}  // namespace sluice::service
