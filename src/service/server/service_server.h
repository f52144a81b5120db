// The whole service: store, supervisor, API and HTTP server put together over one data folder.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/logging.h"
#include "base/random.h"
#include "net/aws/credentials.h"
#include "service/api/service_context.h"
#include "service/package/package_edge.h"
#include "service/runner/flink_runner.h"
#include "service/runner/kubernetes_runner.h"
#include "service/runner/native_runner.h"
#include "service/runner/supervisor.h"

namespace sluice::service {

struct ServiceServerOptions {
  std::string listen_host = "127.0.0.1";
  uint16_t listen_port = 4599;
  int handler_threads = 8;
  bool check_signatures = false;     // without it the service listens on loopback only
  std::string credentials_file;      // with check_signatures: service/auth/credentials_file.h
  std::string metrics_token_file;    // with check_signatures: service/server/metrics_endpoint.h
  std::string tls_certificate_file;  // PEM, the chain; empty: HTTP
  std::string tls_key_file;
  ServiceConfig config;  // config.data_folder is made if it is not there
  NativeRunnerOptions engine;
  FlinkRunnerOptions flink;  // its runtimes_folder: by default below the data folder
  KubernetesRunnerOptions kubernetes;
  PackageEdgeOptions packages;   // folder, region, account and environment are those of the service
  SupervisorOptions supervisor;  // its data_folder is config's
  net::EnvLookup environment;    // for AWS endpoints and credentials
};

/// Any thread.
class ServiceServer {
 public:
  /// Opens the store, takes up the applications that are there, and serves. `clock` and `random` must outlive it.
  /// Fails with kAlreadyExists when another service uses the data folder, with kInvalidArgument when everybody in the
  /// network could use it without a signature.
  static Result<std::unique_ptr<ServiceServer>> Start(ServiceServerOptions options, Clock& clock, Random& random,
                                                      Logger logger);
  ~ServiceServer();

  /// "127.0.0.1:4599".
  std::string address() const;
  /// Answers what is under way, then ends. Engines go on running unless `stop_engines`.
  void Stop(bool stop_engines);

 private:
  struct Parts;
  explicit ServiceServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sluice::service
