// sluice engine: one application's process. Ends on SIGTERM or SIGINT, or when a client asks for it.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <mutex>

#include "base/clock.h"
#include "base/files.h"
#include "base/logging.h"
#include "base/random.h"
#include "cli/command.h"
#include "engine/job/server/application_host.h"
#include "engine/job/server/flink_rest.h"
#include "net/http_server.h"

namespace sluice::cli {
namespace {

struct Options {
  std::string listen = "127.0.0.1:8081";
  std::string port_file;
  std::string data = "sluice-engine-data";
  std::string properties;
  std::vector<std::string> settings;
  int parallelism = 1;
  int threads = 0;
};

/// The service and container runtimes read the log from standard output.
class StdoutLogSink : public LogSink {
 public:
  void Write(const LogRecord& record) override {
    const std::string line = FormatLogRecord(record, LogFormat::kJsonLines) + "\n";
    std::lock_guard lock(mutex_);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  }

 private:
  std::mutex mutex_;
};

/// Before any thread starts: the signals go to the main thread, which waits for them.
sigset_t BlockEndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

Result<std::map<std::string, std::string>> ReadSettings(const Options& options) {
  std::map<std::string, std::string> settings;
  for (const std::string& setting : options.settings) {
    size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      return Error(ErrorCode::kInvalidArgument, "-D needs KEY=VALUE, not '" + setting + "'");
    }
    settings[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return settings;
}

Status RunEngine(const Options& options) {
  const sigset_t signals = BlockEndSignals();
  SystemClock clock;
  SystemRandom random;
  Logger log(std::make_shared<StdoutLogSink>(), clock, "engine");
  SLUICE_RETURN_IF_ERROR(MakeFolders(options.data));
  SLUICE_ASSIGN_OR_RETURN(net::ListenAddress listen, net::ParseListenAddress(options.listen));
  engine::server::HostOptions host_options;
  host_options.data_folder = options.data;
  host_options.parallelism = options.parallelism;
  host_options.threads = options.threads > 0 ? options.threads : static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  SLUICE_ASSIGN_OR_RETURN(host_options.configuration, ReadSettings(options));
  if (!options.properties.empty()) {
    // No part of SQL reads runtime properties yet; a wrong path is told now rather than by the first that does.
    SLUICE_ASSIGN_OR_RETURN([[maybe_unused]] const std::string properties, ReadFile(options.properties));
  }
  const auto builtins = engine::MakeBuiltins();
  engine::server::ApplicationHost host({.builtins = builtins.get(),
                                        .clock = &clock,
                                        .random = &random,
                                        .out = &std::cout,
                                        .err = &std::cerr,
                                        .log = log,
                                        .on_shut_down = [] { kill(getpid(), SIGTERM); }},
                                       std::move(host_options));
  engine::server::FlinkRest rest(host);
  SLUICE_ASSIGN_OR_RETURN(
      auto server, net::HttpServer::Start(listen.host, listen.port,
                                          [&](const net::HttpRequest& request) { return rest.Handle(request); }));
  if (!options.port_file.empty()) {
    SLUICE_RETURN_IF_ERROR(WriteFileAtomically(options.port_file, std::to_string(server->port()) + "\n"));
  }
  log.Info("engine listens", {{"address", server->address()}, {"data", options.data}});
  int signal = 0;
  sigwait(&signals, &signal);
  log.Info("engine ends", {{"signal", signal}});
  server->Stop();
  host.EndAll();
  log.Info("engine ended");
  return {};
}

}  // namespace

int RunEngineCommand(int argc, char** argv) {
  Options options;
  CLI::App app("Runs one application's jobs; controlled by Flink's REST API.", "sluice engine");
  app.add_option("--listen", options.listen, "HOST:PORT of the REST API; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--port-file", options.port_file, "write the port to this file once the API answers");
  app.add_option("--data", options.data, "folder for packages and working files")->capture_default_str();
  app.add_option("--properties", options.properties, "the application's runtime properties (a JSON file)");
  app.add_option("-D", options.settings, "KEY=VALUE: a setting that every session starts with")
      ->allow_extra_args(false);
  app.add_option("--parallelism", options.parallelism, "subtasks of an operator, unless a job says otherwise")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--threads", options.threads, "worker threads (default: the number of processors)");
  CLI11_PARSE(app, argc, argv);
  Status ended = RunEngine(options);
  if (!ended.ok()) {
    std::cerr << "sluice engine: " << ended.error().ToString() << std::endl;
    return 2;
  }
  return 0;
}

}  // namespace sluice::cli
