// sluice enter --properties FILE [OPTIONS] PROGRAM ARGUMENTS…: becomes PROGRAM, which sees FILE as
// /etc/flink/application_properties.json. What starts an engine puts this before its command. Options:
//   --hosts FILE          shown as /etc/hosts
//   --show FILE=PLACE     FILE shown at PLACE
//   --unset NAME          the variable is not in the program's environment
//   --unset-private NAME  … if the files can be shown
//
// The process gets a mount namespace of its own (service/package/private_files.h); nothing changes for anybody else.
// Where the machine does not permit that, the program is started all the same: the reason goes to standard error, Java
// is told of the hosts by JDK_JAVA_OPTIONS, and the properties' place is in SLUICE_APPLICATION_PROPERTIES either way.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "cli/command.h"
#include "service/package/private_files.h"

namespace sluice::cli {
namespace {

constexpr const char* kVariable = "SLUICE_APPLICATION_PROPERTIES";
constexpr const char* kPlace = "/etc/flink/application_properties.json";

struct EnterOptions {
  std::string properties;
  std::string hosts;
  std::vector<std::pair<std::string, std::string>> shown;  // file, place
  std::vector<std::string> unset;
  std::vector<std::string> unset_private;
  char** program = nullptr;
};

/// False if that is no command line of ours.
bool Parse(int argc, char** argv, EnterOptions* out) {
  int i = 1;
  for (; i + 1 < argc && std::string_view(argv[i]).starts_with("--"); i += 2) {
    const std::string_view option = argv[i];
    const std::string value = argv[i + 1];
    const size_t equals = value.rfind('=');
    if (option == "--properties") {
      out->properties = value;
    } else if (option == "--hosts") {
      out->hosts = value;
    } else if (option == "--show" && equals != std::string::npos && value.substr(equals + 1).starts_with('/')) {
      out->shown.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    } else if (option == "--unset") {
      out->unset.push_back(value);
    } else if (option == "--unset-private") {
      out->unset_private.push_back(value);
    } else {
      return false;
    }
  }
  out->program = argv + i;
  return i < argc && !out->properties.empty();
}

void Complain(const std::string& text) { std::fprintf(stderr, "sluice enter: %s\n", text.c_str()); }

Status Show(const EnterOptions& options) {
  std::vector<std::pair<std::string, std::string>> wanted = {{options.properties, kPlace}};
  if (!options.hosts.empty()) wanted.emplace_back(options.hosts, "/etc/hosts");
  wanted.insert(wanted.end(), options.shown.begin(), options.shown.end());
  std::vector<service::ShownFile> files;
  for (const auto& [file, place] : wanted) {
    SLUICE_ASSIGN_OR_RETURN(std::string content, ReadFile(file));
    files.push_back({std::move(content), place});
  }
  std::vector<std::string> problems;
  const Status shown = service::ShowFiles(files, &problems);
  for (const std::string& problem : problems) Complain(problem);
  return shown;
}

/// What an own view would have done, as far as the environment can.
void MakeDo(const EnterOptions& options, const Error& why) {
  Complain(fmt::format("the runtime properties cannot be shown at {} ({}); they are in {}, which {} names", kPlace,
                       why.message(), options.properties, kVariable));
  if (options.hosts.empty()) return;
  const char* before = std::getenv("JDK_JAVA_OPTIONS");
  const std::string java = fmt::format("{}{}-Djdk.net.hosts.file={}", before == nullptr ? "" : before,
                                       before == nullptr ? "" : " ", options.hosts);
  setenv("JDK_JAVA_OPTIONS", java.c_str(), 1);
}

}  // namespace

int RunEnterCommand(int argc, char** argv) {
  EnterOptions options;
  if (!Parse(argc, argv, &options)) {
    std::fprintf(stderr,
                 "usage: sluice enter --properties FILE [--hosts FILE] [--show FILE=PLACE]... [--unset NAME]... "
                 "[--unset-private NAME]... PROGRAM [ARGUMENTS...]\n");
    return 2;
  }
  setenv(kVariable, options.properties.c_str(), 1);
  for (const std::string& name : options.unset) unsetenv(name.c_str());
  if (Status shown = Show(options); shown.ok()) {
    for (const std::string& name : options.unset_private) unsetenv(name.c_str());
  } else {
    MakeDo(options, shown.error());
  }
  execv(options.program[0], options.program);
  Complain(fmt::format("cannot start {}: {}", options.program[0], std::strerror(errno)));
  return 127;
}

}  // namespace sluice::cli
