// What an API action may use. Everything is owned by the server and outlives the actions; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/logging.h"
#include "base/random.h"
#include "service/code/code_source.h"
#include "service/runner/supervisor.h"
#include "service/store/application_store.h"

namespace sluice::service {

/// AWS's quotas, adjustable as AWS adjusts them on request.
struct Quotas {
  int64_t applications = 50;
  int64_t kpus_per_application = 64;
  int64_t parallelism_per_kpu = 8;
  size_t tags = 50;
};

struct ServiceConfig {
  std::string data_folder;
  std::string region = "us-east-1";
  std::string account = "123456789012";
  Quotas quotas;
};

struct ServiceContext {
  const ServiceConfig& config;
  ApplicationStore& store;
  Supervisor& supervisor;
  CodeSource& code;
  Clock& clock;
  Random& random;
  Logger logger;
};

}  // namespace sluice::service
