#include "service/server/service_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "net/http_server.h"
#include "service/api/application_document.h"
#include "service/api/dispatch.h"
#include "service/api/job_specs.h"
#include "service/runner/engine_choice.h"
#include "service/runner/flink_session_runner.h"
#include "service/runner/snapshot_objects_s3.h"
#include "service/server/dashboard_proxy.h"
#include "service/server/log_endpoint.h"
#include "service/server/maintenance_endpoint.h"

namespace sluice::service {
namespace {

/// Held as long as the service lives; the kernel lets go of it however the process ends.
class FolderLock {
 public:
  ~FolderLock() {
    if (fd_ >= 0) close(fd_);
  }
  Status Take(const std::string& folder) {
    const std::string path = folder + "/server.lock";
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd_ < 0) return Error(ErrorCode::kIo, "cannot open " + path);
    if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      return Error(
          ErrorCode::kAlreadyExists,
          fmt::format("another sluice server uses the data folder {}; stop it or choose another --data", folder));
    }
    return {};
  }

 private:
  int fd_ = -1;
};

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1" || host == "0:0:0:0:0:0:0:1";
}

Result<std::unique_ptr<Authenticator>> MakeAuthenticator(const ServiceServerOptions& options, const Clock& clock,
                                                         const Logger& logger) {
  std::unique_ptr<CredentialsFile> keys;
  if (options.check_signatures) {
    SLUICE_ASSIGN_OR_RETURN(keys, CredentialsFile::Open(options.credentials_file, logger.For("auth")));
  } else if (!IsLoopback(options.listen_host)) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("refusing to listen on {} without authentication: everybody who reaches this address could "
                    "run code here; give --credentials-file, or listen on 127.0.0.1",
                    options.listen_host));
  }
  SigV4Rules rules;
  rules.region = options.config.region;
  return std::make_unique<Authenticator>(std::move(keys), std::move(rules), clock);
}

/// The execution role of an application's current version.
Result<std::string> RoleOf(ApplicationStore& store, const std::string& application) {
  SLUICE_ASSIGN_OR_RETURN(const ApplicationRow row, store.Find(application));
  SLUICE_ASSIGN_OR_RETURN(const VersionRow version, store.FindVersion(row.name, row.version));
  SLUICE_ASSIGN_OR_RETURN(VersionDocument document, VersionDocument::Parse(version.detail));
  return std::move(document.role);
}

}  // namespace

/// In the order of dependence: what stands below uses what stands above.
struct ServiceServer::Parts {
  Parts(ServiceServerOptions given, Clock& c, Random& r, Logger l)
      : options(std::move(given)),
        clock(c),
        logger(std::move(l)),
        credentials(options.environment, c),
        s3(net::AwsClientOptions::FromEnvironment("s3", options.environment), &credentials, c, &r),
        code(s3),
        snapshot_objects(s3),
        kinesis(net::AwsClientOptions::FromEnvironment("kinesis", options.environment), &credentials, c, &r),
        streams(kinesis, c),
        native(options.engine, c, r),
        kubernetes(options.kubernetes, c) {}

  ServiceServerOptions options;
  Clock& clock;
  Logger logger;
  FolderLock lock;
  net::CredentialChain credentials;
  net::S3Client s3;
  S3CodeSource code;
  S3SnapshotObjects snapshot_objects;
  net::KinesisClient kinesis;
  KinesisStreamSource streams;
  NativeRunner native;
  KubernetesRunner kubernetes;
  std::unique_ptr<FlinkRunner> flink;
  std::unique_ptr<FlinkSessionRunner> session;
  std::unique_ptr<EngineChoice> runner;
  std::unique_ptr<ApplicationStore> store;
  std::unique_ptr<TokenSigner> tokens;
  std::unique_ptr<PackageEdge> packages;
  std::unique_ptr<Authenticator> authenticator;
  std::unique_ptr<StoredJobSpecs> specs;
  std::unique_ptr<Supervisor> supervisor;
  std::unique_ptr<ServiceContext> context;
  std::unique_ptr<DashboardProxy> dashboards;
  std::unique_ptr<net::HttpServer> http;
};

ServiceServer::ServiceServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ServiceServer::~ServiceServer() { Stop(false); }

Result<std::unique_ptr<ServiceServer>> ServiceServer::Start(ServiceServerOptions options, Clock& clock, Random& random,
                                                            Logger logger) {
  SLUICE_ASSIGN_OR_RETURN(auto authenticator, MakeAuthenticator(options, clock, logger));
  SLUICE_RETURN_IF_ERROR(MakeFolders(options.config.data_folder));
  // Engines run in folders of their own: what they are told must not depend on ours.
  std::error_code ec;
  options.config.data_folder = std::filesystem::absolute(options.config.data_folder, ec).lexically_normal().string();
  while (options.config.data_folder.size() > 1 && options.config.data_folder.ends_with('/')) {
    options.config.data_folder.pop_back();
  }
  options.supervisor.data_folder = options.config.data_folder;
  options.supervisor.max_kpus = options.config.quotas.kpus_per_application;
  auto parts = std::make_unique<Parts>(std::move(options), clock, random, std::move(logger));
  const ServiceConfig& config = parts->options.config;
  SLUICE_RETURN_IF_ERROR(parts->lock.Take(config.data_folder));
  SLUICE_ASSIGN_OR_RETURN(parts->store, ApplicationStore::Open(config.data_folder + "/meta.db"));
  SLUICE_ASSIGN_OR_RETURN(TokenSigner tokens, TokenSigner::Open(config.data_folder + "/token.key", random));
  parts->tokens = std::make_unique<TokenSigner>(std::move(tokens));
  parts->authenticator = std::move(authenticator);
  parts->options.supervisor.objects = &parts->snapshot_objects;
  FlinkRunnerOptions& flink = parts->options.flink;
  if (flink.runtimes_folder.empty()) flink.runtimes_folder = config.data_folder + "/runtimes";
  PackageEdgeOptions packages = parts->options.packages;
  packages.data_folder = config.data_folder;
  packages.region = config.region;
  packages.account = config.account;
  packages.environment = parts->options.environment;
  SLUICE_ASSIGN_OR_RETURN(
      parts->packages, PackageEdge::Start(
                           std::move(packages), parts->credentials,
                           [p = parts.get()](const std::string& application) { return RoleOf(*p->store, application); },
                           *parts->tokens, clock, parts->logger));
  parts->flink = std::make_unique<FlinkRunner>(flink, parts->options.environment, parts->packages.get(), clock, random,
                                               parts->logger);
  parts->session = std::make_unique<FlinkSessionRunner>(FlinkSessionOptions{.runtimes_folder = flink.runtimes_folder},
                                                        parts->options.environment, clock);
  parts->runner = std::make_unique<EngineChoice>(parts->native, *parts->flink, *parts->session, parts->kubernetes);
  parts->specs = std::make_unique<StoredJobSpecs>(config, *parts->store);
  parts->supervisor = std::make_unique<Supervisor>(parts->options.supervisor, *parts->store, *parts->runner,
                                                   *parts->specs, clock, parts->logger);
  parts->context = std::make_unique<ServiceContext>(ServiceContext{config, *parts->store, *parts->supervisor,
                                                                   parts->code, clock, random, parts->logger.For("api"),
                                                                   *parts->authenticator, *parts->tokens});
  parts->context->streams = &parts->streams;
  parts->dashboards = std::make_unique<DashboardProxy>(
      DashboardProxyOptions{.pages = [p = parts.get()] { return p->flink->PagesFolder(); }}, *parts->store,
      *parts->tokens,
      [p = parts.get()](const std::string& name) -> std::optional<std::string> {
        auto engine = p->runner->Adopt(ApplicationFolder(p->options.config.data_folder, name));
        return engine ? std::optional(engine->rest_url) : std::nullopt;
      },
      clock);
  SLUICE_RETURN_IF_ERROR(parts->supervisor->Resume());
  net::HttpServerOptions http;
  http.handler_threads = parts->options.handler_threads;
  http.tls_certificate_file = parts->options.tls_certificate_file;
  http.tls_key_file = parts->options.tls_key_file;
  http.max_body_bytes = 80ull * 1024 * 1024;  // ZipFileContent may have 50 MiB, which Base64 makes 67 of
  SLUICE_ASSIGN_OR_RETURN(parts->http, net::HttpServer::Start(
                                           parts->options.listen_host, parts->options.listen_port,
                                           [p = parts.get()](const net::HttpRequest& request) {
                                             if (auto dashboard = p->dashboards->Handle(request))
                                               return std::move(*dashboard);
                                             if (auto log = HandleLogRequest(*p->context, request))
                                               return std::move(*log);
                                             if (auto asked = HandleMaintenanceRequest(*p->context, request))
                                               return std::move(*asked);
                                             return HandleApiRequest(*p->context, request);
                                           },
                                           http));
  return std::unique_ptr<ServiceServer>(new ServiceServer(std::move(parts)));
}

std::string ServiceServer::address() const { return parts_->http->address(); }

void ServiceServer::Stop(bool stop_engines) {
  parts_->http->Stop();
  parts_->supervisor->Shutdown(stop_engines);
  parts_->packages->Stop();
}

}  // namespace sluice::service
