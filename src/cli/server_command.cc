#include "cli/server_command.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/files.h"
#include "net/http_server.h"
#include "service/server/service_server.h"

namespace sluice::cli {
namespace {

struct Flags {
  std::string listen = "127.0.0.1:4599";
  service::ServiceServerOptions server;
  std::string port_file;
  std::string auth;
  std::string log_format = "text";
  std::string log_level = "INFO";
  int64_t restart_delay_ms = 10'000;
  int64_t start_timeout_ms = 300'000;
  int64_t snapshot_timeout_ms = 600'000;
  int64_t datapoint_ms = service::ScalingRules().datapoint.count();
  int64_t maintenance_check_ms = service::SupervisorOptions().maintenance_check.count();
  std::string step_log;
  std::string die_at;
  bool stop_engines_on_exit = false;
  bool no_runtime_install = false;
  int64_t log_mib = 64;
  int64_t metrics_interval_ms = service::SupervisorOptions().metrics_interval.count();
};

/// The path of this program, which also is the engine's.
std::string OwnPath() {
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : "sluice";
}

template <class Number>
CLI::Option* AddPositive(CLI::App& app, const std::string& name, Number& value, const std::string& text) {
  return app.add_option(name, value, text)->capture_default_str()->check(CLI::PositiveNumber);
}

void DeclareApi(CLI::App& app, Flags& flags) {
  app.add_option("--listen", flags.listen, "address and port of the API; port 0 takes any free one")
      ->capture_default_str();
  app.add_option("--port-file", flags.port_file, "write the port to this file once the API answers");
  app.add_option("--data", flags.server.config.data_folder, "folder for everything that the service keeps")->required();
  app.add_option("--region", flags.server.config.region, "region in ARNs (default: AWS_REGION, else us-east-1)");
  app.add_option("--account", flags.server.config.account, "account id in ARNs")->capture_default_str();
  app.add_option("--auth", flags.auth,
                 "off: requests need no signature, which is the default and on loopback addresses only; sigv4: they "
                 "need one by a key of --credentials-file")
      ->check(CLI::IsMember({"off", "sigv4"}));
  app.add_option(
      "--credentials-file", flags.server.credentials_file,
      "keys that may sign requests, a [PRINCIPAL] with aws_access_key_id and aws_secret_access_key each; read "
      "anew when it changes");
  auto* certificate = app.add_option("--tls-cert", flags.server.tls_certificate_file,
                                     "PEM file with the certificate chain of the API's address; the API then speaks "
                                     "HTTPS only");
  auto* key = app.add_option("--tls-key", flags.server.tls_key_file, "PEM file with the key of --tls-cert");
  certificate->needs(key);
  key->needs(certificate);
}

void DeclarePackages(CLI::App& app, service::PackageEdgeOptions& packages) {
  app.add_flag("--assume-execution-roles", packages.assume_roles,
               "applications get the credentials of their execution roles, by STS; without it the service's own");
  app.add_flag(
      "--redirect-aws", packages.redirect_aws,
      "AWS's host names lead applications to the endpoints of AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>, "
      "also code that names no endpoint; listens on port 443 of a loopback address");
}

void DeclareQuotas(CLI::App& app, service::Quotas& quotas) {
  AddPositive(app, "--max-applications", quotas.applications, "quota: applications");
  AddPositive(app, "--max-kpus", quotas.kpus_per_application, "quota: KPUs of an application");
  AddPositive(app, "--max-parallelism-per-kpu", quotas.parallelism_per_kpu, "quota: ParallelismPerKPU");
  AddPositive(app, "--max-tags", quotas.tags, "quota: tags of an application");
  AddPositive(app, "--max-snapshots", quotas.snapshots, "quota: snapshots of an application that users make");
}

void DeclareLifecycle(CLI::App& app, Flags& flags) {
  app.add_option("--restart-attempts", flags.server.supervisor.restart_attempts,
                 "how often in a row a failed job is restarted before the application becomes READY")
      ->capture_default_str();
  app.add_option("--restart-delay-ms", flags.restart_delay_ms, "wait before a failed job is restarted")
      ->capture_default_str();
  app.add_option("--start-timeout-ms", flags.start_timeout_ms, "time for a job to come up")->capture_default_str();
  app.add_option("--snapshot-timeout-ms", flags.snapshot_timeout_ms, "time for a snapshot to be complete")
      ->capture_default_str();
  AddPositive(app, "--maintenance-check-ms", flags.maintenance_check_ms,
              "how often a running engine's age is looked at within the application's maintenance window");
  app.add_flag("--stop-engines-on-exit", flags.stop_engines_on_exit,
               "end the running engines too; without it they go on and the next server takes them up");
}

void DeclareScaling(CLI::App& app, Flags& flags) {
  service::ScalingRules& scaling = flags.server.supervisor.scaling;
  AddPositive(app, "--autoscale-up-percent", scaling.up_percent,
              "load of its KPUs from which on an application with AutoScalingEnabled doubles its parallelism …");
  AddPositive(app, "--autoscale-up-datapoints", scaling.up_datapoints, "… after so many datapoints in a row");
  app.add_option("--autoscale-down-percent", scaling.down_percent, "load below which it halves its parallelism …")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  AddPositive(app, "--autoscale-down-datapoints", scaling.down_datapoints, "… after so many datapoints in a row");
  AddPositive(app, "--autoscale-datapoint-ms", flags.datapoint_ms, "length of a datapoint");
}

void DeclareFlink(CLI::App& app, Flags& flags) {
  app.add_option("--runtimes", flags.server.flink.runtimes_folder,
                 "folder of the Apache Flink distributions (default: runtimes in the data folder)");
  app.add_flag("--no-runtime-install", flags.no_runtime_install,
               "a distribution that is not there fails the start instead of being installed");
  service::FlinkLimits& limits = flags.server.flink.limits;
  app.add_option("--kpu-memory-mib", limits.mib_per_kpu, "memory of a TaskManager for each of its KPUs")
      ->capture_default_str()
      ->check(CLI::Range(640, 1 << 20));
  app.add_option("--jobmanager-heap-mib", limits.job_manager_heap_mib, "heap of a JobManager")
      ->capture_default_str()
      ->check(CLI::Range(128, 1 << 20));
  AddPositive(app, "--max-taskmanagers", limits.most_task_managers,
              "TaskManager processes of an application; with more KPUs each has several");
  app.add_option("--cgroup", flags.server.flink.control_groups,
                 "cgroup (version 2) below which Apache Flink's processes get limits of memory and CPU (default: the "
                 "server's own, where that is permitted)");
  app.add_option("--kubectl", flags.server.kubernetes.kubectl, "the program that speaks to Kubernetes")
      ->capture_default_str();
}

void DeclareMetrics(CLI::App& app, Flags& flags) {
  AddPositive(app, "--metrics-interval-ms", flags.metrics_interval_ms,
              "how often the metrics of running jobs are read for GET /metrics");
  app.add_option("--metrics-token-file", flags.server.metrics_token_file,
                 "with --credentials-file: GET /metrics also takes the header 'Authorization: Bearer TOKEN' with the "
                 "token in this file, as Prometheus sends it; read anew at each request");
}

void DeclareLogs(CLI::App& app, Flags& flags) {
  AddPositive(app, "--log-mib", flags.log_mib,
              "size of an application's log before it becomes an old one, of which three are kept");
  app.add_option("--log-format", flags.log_format, "text or json")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
  app.add_option("--log-level", flags.log_level, "DEBUG, INFO, WARN or ERROR")->capture_default_str();
}

/// No help shows them.
void DeclareForTests(CLI::App& app, Flags& flags) {
  app.add_option("--step-log", flags.step_log, "append each step of an operation to this file")->group("");
  app.add_option("--die-at", flags.die_at, "end as if killed when this step is reached")->group("");
  app.add_option("--engine-command", flags.server.engine.command, "the engine's program and first arguments")
      ->group("");
}

/// Owns what its options point to.
class DeclaredServer : public CLI::App {
 public:
  DeclaredServer()
      : CLI::App("The managed service: kinesisanalyticsv2 API, application lifecycle, engines", "sluice server") {
    DeclareApi(*this, flags);
    DeclarePackages(*this, flags.server.packages);
    DeclareQuotas(*this, flags.server.config.quotas);
    DeclareLifecycle(*this, flags);
    DeclareScaling(*this, flags);
    DeclareFlink(*this, flags);
    DeclareMetrics(*this, flags);
    DeclareLogs(*this, flags);
    DeclareForTests(*this, flags);
  }
  Flags flags;
};

Status Prepare(Flags& flags) {
  SLUICE_ASSIGN_OR_RETURN(net::ListenAddress address, net::ParseListenAddress(flags.listen));
  flags.server.listen_host = address.host;
  flags.server.listen_port = address.port;
  if (flags.auth == "sigv4" && flags.server.credentials_file.empty()) {
    return Error(ErrorCode::kInvalidArgument, "--auth sigv4 needs --credentials-file");
  }
  flags.server.check_signatures = flags.auth != "off" && !flags.server.credentials_file.empty();
  flags.server.environment = net::ProcessEnvironment();
  if (flags.server.engine.command.empty()) flags.server.engine.command = {OwnPath(), "engine"};
  flags.server.engine.launcher = {OwnPath(), "enter", "--properties"};
  flags.server.packages.enter = {OwnPath(), "enter"};
  flags.server.flink.logs.bytes = flags.server.engine.logs.bytes = flags.log_mib << 20;
  flags.server.kubernetes.limits = flags.server.flink.limits;
  flags.server.flink.install_on_first_use = !flags.no_runtime_install;
  flags.server.supervisor.restart_delay = std::chrono::milliseconds(flags.restart_delay_ms);
  flags.server.supervisor.snapshot_timeout = std::chrono::milliseconds(flags.snapshot_timeout_ms);
  flags.server.supervisor.scaling.datapoint = std::chrono::milliseconds(flags.datapoint_ms);
  flags.server.supervisor.metrics_interval = std::chrono::milliseconds(flags.metrics_interval_ms);
  flags.server.supervisor.maintenance_check = std::chrono::milliseconds(flags.maintenance_check_ms);
  flags.server.supervisor.at_step = service::TestSteps(flags.step_log, flags.die_at);
  flags.server.supervisor.start_timeout = std::chrono::milliseconds(flags.start_timeout_ms);
  return {};
}

int Serve(Flags& flags, LogLevel level) {
  SystemClock clock;
  SystemRandom random;
  const auto format = flags.log_format == "json" ? LogFormat::kJsonLines : LogFormat::kText;
  Logger logger(MakeStderrLogSink(format), clock, "server", level);
  auto server = service::ServiceServer::Start(flags.server, clock, random, logger);
  if (!server.ok()) {
    std::fprintf(stderr, "sluice server: %s\n", server.error().message().c_str());
    return 1;
  }
  std::printf("sluice server: the API is at %s://%s\n", flags.server.tls_key_file.empty() ? "http" : "https",
              (*server)->address().c_str());
  std::fflush(stdout);
  if (!flags.port_file.empty()) {
    const std::string address = (*server)->address();
    auto written = WriteFileAtomically(flags.port_file, address.substr(address.rfind(':') + 1) + "\n");
    if (!written.ok()) logger.Error("the port file cannot be written", {{"error", written.error().message()}});
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  int signal = 0;
  sigwait(&signals, &signal);
  logger.Info("stopping", {{"signal", signal}, {"stop_engines", flags.stop_engines_on_exit}});
  (*server)->Stop(flags.stop_engines_on_exit);
  return 0;
}

}  // namespace

std::unique_ptr<CLI::App> DeclareServerCommand() { return std::make_unique<DeclaredServer>(); }

int RunServerCommand(int argc, char** argv) {
  DeclaredServer app;
  Flags& flags = app.flags;
  flags.server.config.region = net::FindRegion(net::ProcessEnvironment());
  CLI11_PARSE(app, argc, argv);
  auto level = ParseLogLevel(flags.log_level);
  Status prepared = level.ok() ? Prepare(flags) : Status(level.error());
  if (!prepared.ok()) {
    std::fprintf(stderr, "sluice server: %s\n", prepared.error().message().c_str());
    return 2;
  }
  // Before any thread exists, so that all inherit the mask and only sigwait sees the signals.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return Serve(flags, *level);
}

}  // namespace sluice::cli
