// What an API action may use. What is referred to is owned by the server and outlives the actions; any thread. Each
// request has a context of its own.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/logging.h"
#include "base/random.h"
#include "service/auth/authenticator.h"
#include "service/auth/signed_token.h"
#include "service/code/code_source.h"
#include "service/code/stream_source.h"
#include "service/runner/supervisor.h"
#include "service/store/application_store.h"

namespace sluice::service {

/// AWS's quotas, adjustable as AWS adjusts them on request.
struct Quotas {
  int64_t applications = 50;
  int64_t kpus_per_application = 64;
  int64_t parallelism_per_kpu = 8;
  size_t tags = 50;
  int64_t snapshots = 1000;  // of an application, and as many that stand alone
  // Of SQL-1_0 applications.
  size_t sql_inputs = 1;
  size_t sql_outputs = 3;
  size_t sql_references = 1;
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
  Authenticator& authenticator;
  const TokenSigner& tokens;
  StreamSource* streams = nullptr;
  // Of the request:
  Principal caller = {};
  std::string base_url = {};  // where the client reaches this service: "http://127.0.0.1:4599"
};

}  // namespace sluice::service
