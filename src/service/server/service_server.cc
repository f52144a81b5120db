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
#include "service/server/metrics_endpoint.h"

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

/// Engines run in folders of their own: what they are told must not depend on ours.
std::string AbsoluteFolder(const std::string& folder) {
  std::error_code ec;
  std::string out = std::filesystem::absolute(folder, ec).lexically_normal().string();
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
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
        random(r),
        logger(std::move(l)),
        credentials(options.environment, c),
        s3(net::AwsClientOptions::FromEnvironment("s3", options.environment), &credentials, c, &r),
        code(s3),
        snapshot_objects(s3),
        kinesis(net::AwsClientOptions::FromEnvironment("kinesis", options.environment), &credentials, c, &r),
        streams(kinesis, c),
        native(options.engine, c, r),
        kubernetes(options.kubernetes, c) {}

  /// The data folder, which nobody else may use from now on.
  Status Open();
  Status StartPackages();
  void MakeEngines();
  void MakeApi();
  Status Serve();
  net::HttpResponse Answer(const net::HttpRequest& request);

  ServiceServerOptions options;
  Clock& clock;
  Random& random;
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
  std::unique_ptr<EngineChoice> engines;
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

Status ServiceServer::Parts::Open() {
  const std::string& folder = options.config.data_folder;
  SLUICE_RETURN_IF_ERROR(lock.Take(folder));
  SLUICE_ASSIGN_OR_RETURN(store, ApplicationStore::Open(folder + "/meta.db"));
  SLUICE_ASSIGN_OR_RETURN(TokenSigner signer, TokenSigner::Open(folder + "/token.key", random));
  tokens = std::make_unique<TokenSigner>(std::move(signer));
  return {};
}

Status ServiceServer::Parts::StartPackages() {
  PackageEdgeOptions edge = options.packages;
  edge.data_folder = options.config.data_folder;
  edge.region = options.config.region;
  edge.account = options.config.account;
  edge.environment = options.environment;
  const auto role_of = [this](const std::string& application) { return RoleOf(*store, application); };
  SLUICE_ASSIGN_OR_RETURN(packages, PackageEdge::Start(std::move(edge), credentials, role_of, *tokens, clock, logger));
  return {};
}

void ServiceServer::Parts::MakeEngines() {
  FlinkRunnerOptions& given = options.flink;
  if (given.runtimes_folder.empty()) given.runtimes_folder = options.config.data_folder + "/runtimes";
  flink = std::make_unique<FlinkRunner>(given, options.environment, packages.get(), clock, random, logger);
  session = std::make_unique<FlinkSessionRunner>(FlinkSessionOptions{.runtimes_folder = given.runtimes_folder},
                                                 options.environment, packages.get(), clock);
  engines = std::make_unique<EngineChoice>(native, *flink, *session, kubernetes);
  specs = std::make_unique<StoredJobSpecs>(options.config, *store);
  options.supervisor.data_folder = options.config.data_folder;
  options.supervisor.max_kpus = options.config.quotas.kpus_per_application;
  options.supervisor.objects = &snapshot_objects;
  supervisor = std::make_unique<Supervisor>(options.supervisor, *store, *engines, *specs, clock, logger);
}

void ServiceServer::Parts::MakeApi() {
  context = std::make_unique<ServiceContext>(ServiceContext{options.config, *store, *supervisor, code, clock, random,
                                                            logger.For("api"), *authenticator, *tokens, &streams});
  const auto engine_address = [this](const std::string& name) -> std::optional<std::string> {
    const std::string folder = ApplicationFolder(options.config.data_folder, name);
    auto engine = engines->In(folder).Adopt(folder);
    return engine ? std::optional(engine->rest_url) : std::nullopt;
  };
  dashboards = std::make_unique<DashboardProxy>(DashboardProxyOptions{.pages = [this] { return flink->PagesFolder(); }},
                                                *store, *tokens, engine_address, clock);
}

net::HttpResponse ServiceServer::Parts::Answer(const net::HttpRequest& request) {
  if (auto dashboard = dashboards->Handle(request)) return std::move(*dashboard);
  if (auto log = HandleLogRequest(*context, request)) return std::move(*log);
  if (auto asked = HandleMaintenanceRequest(*context, request)) return std::move(*asked);
  if (auto metrics = HandleMetricsRequest(*context, options.metrics_token_file, request)) return std::move(*metrics);
  return HandleApiRequest(*context, request);
}

Status ServiceServer::Parts::Serve() {
  net::HttpServerOptions server;
  server.handler_threads = options.handler_threads;
  server.tls_certificate_file = options.tls_certificate_file;
  server.tls_key_file = options.tls_key_file;
  server.max_body_bytes = 80ull * 1024 * 1024;  // ZipFileContent may have 50 MiB, which Base64 makes 67 of
  const auto answer = [this](const net::HttpRequest& request) { return Answer(request); };
  SLUICE_ASSIGN_OR_RETURN(http, net::HttpServer::Start(options.listen_host, options.listen_port, answer, server));
  return {};
}

Result<std::unique_ptr<ServiceServer>> ServiceServer::Start(ServiceServerOptions options, Clock& clock, Random& random,
                                                            Logger logger) {
  SLUICE_ASSIGN_OR_RETURN(auto authenticator, MakeAuthenticator(options, clock, logger));
  SLUICE_RETURN_IF_ERROR(MakeFolders(options.config.data_folder));
  options.config.data_folder = AbsoluteFolder(options.config.data_folder);
  auto parts = std::make_unique<Parts>(std::move(options), clock, random, std::move(logger));
  parts->authenticator = std::move(authenticator);
  SLUICE_RETURN_IF_ERROR(parts->Open());
  SLUICE_RETURN_IF_ERROR(parts->StartPackages());
  parts->MakeEngines();
  parts->MakeApi();
  SLUICE_RETURN_IF_ERROR(parts->supervisor->Resume());
  SLUICE_RETURN_IF_ERROR(parts->Serve());
  return std::unique_ptr<ServiceServer>(new ServiceServer(std::move(parts)));
}

std::string ServiceServer::address() const { return parts_->http->address(); }

void ServiceServer::Stop(bool stop_engines) {
  parts_->http->Stop();
  parts_->supervisor->Shutdown(stop_engines);
  parts_->packages->Stop();
}

}  // namespace sluice::service
