#include "service/runtimes/python_runtime.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "base/files.h"
#include "service/runtimes/child_program.h"

namespace sluice::service {
namespace {

namespace fs = std::filesystem;

/// 3.11 → 11; 0 if there is no such program.
int MinorVersion(const std::string& program) {
  auto end = RunProgram({program, "-c", "import sys; print(sys.version_info[0], sys.version_info[1])"});
  int major = 0;
  int minor = 0;
  if (!end.ok() || end->status != 0 || std::sscanf(end->output.c_str(), "%d %d", &major, &minor) != 2) return 0;
  return major == 3 ? minor : 0;
}

Result<std::string> FindPython(const FlinkDistribution& flink) {
  const int plain = MinorVersion("python3");
  if (plain >= flink.python_least && plain <= flink.python_most) return std::string("python3");
  for (int minor = flink.python_most; minor >= flink.python_least; --minor) {
    const std::string program = fmt::format("python3.{}", minor);
    if (MinorVersion(program) == minor) return program;
  }
  return Error(ErrorCode::kNotFound,
               fmt::format("PyFlink {} needs Python 3.{} to 3.{}, but {}; install one of them with its venv module, so "
                           "that python3.{} is on PATH",
                           flink.version, flink.python_least, flink.python_most,
                           plain == 0 ? std::string("there is no python3") : fmt::format("python3 is 3.{}", plain),
                           flink.python_most));
}

class Environment {
 public:
  Environment(const FlinkDistribution& flink, std::string folder, const FetchProgress& progress)
      : flink_(flink), folder_(std::move(folder)), progress_(progress) {}

  Status Make() {
    SLUICE_ASSIGN_OR_RETURN(const std::string python, FindPython(flink_));
    SLUICE_RETURN_IF_ERROR(RemoveTree(folder_));
    SLUICE_RETURN_IF_ERROR(Run({python, "-m", "venv", folder_}));
    const std::string own = folder_ + "/bin/python";
    const std::string project = "apache-flink==" + std::string(flink_.version);
    // Old versions are built from source with what setuptools still had then.
    SLUICE_RETURN_IF_ERROR(Run({own, "-m", "pip", "install", "-q", "setuptools<70", "wheel"}));
    // Without its libraries: those are in the distribution already.
    SLUICE_RETURN_IF_ERROR(Run({own, "-m", "pip", "install", "-q", "--no-deps", project}));
    constexpr const char* kRequirements =
        "import importlib.metadata as m\n"
        "for r in m.requires('apache-flink') or []:\n"
        "    if not r.startswith('apache-flink-libraries') and 'extra ==' not in r: print(r)\n";
    SLUICE_ASSIGN_OR_RETURN(ProgramEnd needs, RunProgram({own, "-c", kRequirements}));
    const std::string file = folder_ + "/requirements.txt";
    SLUICE_RETURN_IF_ERROR(WriteFileAtomically(file, needs.output));
    return Run({own, "-m", "pip", "install", "-q", "-r", file});
  }

 private:
  Status Run(const std::vector<std::string>& command) {
    ProgramOptions options;
    options.tick = [this] { return !progress_ || progress_("apache-flink for Python", 0, 0); };
    SLUICE_ASSIGN_OR_RETURN(ProgramEnd end, RunProgram(command, options));
    if (end.status == 0) return {};
    const std::string text = end.errors.empty() ? end.output : end.errors;
    return Error(ErrorCode::kIo, fmt::format("PyFlink {} cannot be installed; `{}` says: {}", flink_.version,
                                             fmt::join(command, " "), text.substr(0, 2000)));
  }

  const FlinkDistribution& flink_;
  const std::string folder_;
  const FetchProgress& progress_;
};

}  // namespace

Result<std::string> PreparePython(const FlinkDistribution& flink, const std::string& runtimes_folder,
                                  const FetchProgress& progress) {
  const std::string folder = fmt::format("{}/{}-python", runtimes_folder, flink.runtime);
  const std::string complete = folder + "/complete";
  const std::string program = folder + "/bin/python";
  if (ReadFile(complete).ok()) return program;
  SLUICE_RETURN_IF_ERROR(MakeFolders(runtimes_folder));
  SLUICE_RETURN_IF_ERROR(Environment(flink, folder, progress).Make());
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(complete, std::string(flink.version)));
  return program;
}

}  // namespace sluice::service
