// sluice runtime install RUNTIME… | list: the distributions of Apache Flink that applications run on.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/runtime_command.h"
#include "cli/text_table.h"
#include "service/runtimes/java_runtime.h"
#include "service/runtimes/python_runtime.h"
#include "service/runtimes/runtime_store.h"

namespace sluice::cli {
namespace {

struct Flags {
  std::string data;
  std::string runtimes;
  std::vector<std::string> wanted;
  bool python = false;
};

class DeclaredRuntime : public CLI::App {
 public:
  DeclaredRuntime() : CLI::App("Distributions of Apache Flink", "sluice runtime") {
    require_subcommand(1);
    CLI::App* install = add_subcommand("install", "fetch and assemble distributions");
    install->add_option("RUNTIME", flags.wanted, "one or more of " + service::KnownFlinkRuntimes())->required();
    install->add_flag("--python", flags.python, "PyFlink of that version too, which takes some minutes");
    CLI::App* list = add_subcommand("list", "what is installed, and the Java it runs with");
    for (CLI::App* command : {install, list}) {
      auto* data = command->add_option("--data", flags.data, "the server's data folder; runtimes are in it");
      command->add_option("--runtimes", flags.runtimes, "the folder of the runtimes, if they are elsewhere")
          ->excludes(data);
    }
  }
  Flags flags;
};

/// One line that is written over as the bytes come in, on a terminal; else a line now and then.
class ProgressLine {
 public:
  bool operator()(std::string_view file, int64_t bytes, int64_t of) {
    const int64_t percent = of > 0 ? bytes * 100 / of : 0;
    if (file == file_ && percent == percent_) return true;
    if (!terminal_ && file == file_ && percent / 25 == percent_ / 25) return true;
    if (terminal_ && !file_.empty() && file != file_) std::fputc('\n', stderr);
    file_ = file;
    percent_ = percent;
    std::fprintf(stderr, "%s%s: %lld of %lld MB%s", terminal_ ? "\r" : "", file_.c_str(),
                 static_cast<long long>(bytes / 1'000'000), static_cast<long long>(of / 1'000'000),
                 terminal_ ? "" : "\n");
    std::fflush(stderr);
    return true;
  }
  void End() {
    if (terminal_ && !file_.empty()) std::fputc('\n', stderr);
    file_.clear();
  }

 private:
  const bool terminal_ = isatty(2) == 1;
  std::string file_;
  int64_t percent_ = -1;
};

int Install(const service::RuntimeStore& store, const std::vector<std::string>& wanted, bool with_python) {
  for (const std::string& runtime : wanted) {
    const service::FlinkDistribution* flink = service::FindFlinkDistribution(runtime);
    if (flink == nullptr) {
      std::fprintf(stderr, "sluice runtime: there is no distribution for '%s'; there is %s\n", runtime.c_str(),
                   service::KnownFlinkRuntimes().c_str());
      return 2;
    }
    ProgressLine line;
    auto folder = store.Install(*flink, std::ref(line));
    if (folder.ok() && with_python) {
      auto python = service::PreparePython(*flink, store.folder(), std::ref(line));
      if (!python.ok()) folder = python.error();
    }
    line.End();
    if (!folder.ok()) {
      std::fprintf(stderr, "sluice runtime: %s\n", folder.error().message().c_str());
      return 1;
    }
    std::printf("%s: Apache Flink %s is in %s\n", runtime.c_str(), std::string(flink->version).c_str(),
                folder->c_str());
  }
  return 0;
}

int List(const service::RuntimeStore& store) {
  const auto java = service::FindJavaRuntimes(net::ProcessEnvironment());
  std::vector<std::vector<std::string>> rows = {{"RUNTIME", "FLINK", "INSTALLED", "JAVA"}};
  const auto installed = store.List();
  for (const service::FlinkDistribution& flink : service::FlinkDistributions()) {
    std::string state = "no";
    for (const auto& one : installed) {
      if (one.runtime == flink.runtime) state = fmt::format("{} MB in {}", one.bytes / 1'000'000, one.folder);
    }
    auto chosen = service::ChooseJava(flink, java);
    rows.push_back({std::string(flink.runtime), std::string(flink.version), state,
                    chosen.ok() ? fmt::format("{} in {}", chosen->version, chosen->home)
                                : fmt::format("none of {} to {}", flink.java_least, flink.java_most)});
  }
  std::fputs(FormatTable(rows).c_str(), stdout);
  return 0;
}

}  // namespace

std::unique_ptr<CLI::App> DeclareRuntimeCommand() { return std::make_unique<DeclaredRuntime>(); }

int RunRuntimeCommand(int argc, char** argv) {
  DeclaredRuntime app;
  CLI11_PARSE(app, argc, argv);
  if (app.flags.data.empty() && app.flags.runtimes.empty()) {
    std::fprintf(stderr, "sluice runtime: give --data (the server's data folder) or --runtimes\n");
    return 2;
  }
  const service::RuntimeStore store(app.flags.runtimes.empty() ? app.flags.data + "/runtimes" : app.flags.runtimes,
                                    net::ProcessEnvironment());
  return app.got_subcommand("install") ? Install(store, app.flags.wanted, app.flags.python) : List(store);
}

}  // namespace sluice::cli
