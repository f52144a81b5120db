// What to run for one version of an application. The API layer knows how to read it out of the stored description.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "service/store/application_store.h"

namespace sluice::service {

struct JobSpec {
  std::string arn;
  int64_t version = 1;
  std::string package_name;  // "orders.sql"
  std::string package;       // its bytes
  int parallelism = 1;
  std::map<std::string, std::string> configuration;  // Flink options
  std::string application_properties;                // the JSON of /etc/flink/application_properties.json
};

class JobSpecSource {
 public:
  virtual ~JobSpecSource() = default;
  /// For the application's current version. Any thread.
  virtual Result<JobSpec> SpecFor(const ApplicationRow& row) = 0;
};

}  // namespace sluice::service
