#include "service/runner/flink_submission.h"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "base/files.h"
#include "service/code/zip_unpack.h"
#include "service/runner/flink_client.h"
#include "service/runtimes/child_program.h"
#include "service/runtimes/runtime_store.h"

namespace sluice::service {
namespace {

constexpr const char* kSqlClient = "org.apache.flink.table.client.SqlClient";
constexpr const char* kCommandLine = "org.apache.flink.client.cli.CliFrontend";

/// The first JAR of opt/ whose name begins like that.
Result<std::string> OptionalJar(const std::string& distribution, const std::string& prefix) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> jars, JarsIn(distribution + "/opt"));
  for (const std::string& jar : jars) {
    if (jar.find("/" + prefix) != std::string::npos) return jar;
  }
  return Error(ErrorCode::kNotFound, fmt::format("there is no {}*.jar in {}/opt", prefix, distribution));
}

/// A configuration folder of the client's own: the cluster's, with how this job is to begin.
Result<std::string> WriteConfiguration(const FlinkClientPlace& place, const JobStart& start) {
  const std::string conf = place.folder + "/conf";
  SLUICE_RETURN_IF_ERROR(MakeFolders(conf));
  FlinkOptionMap options = place.cluster;
  options.erase("rest.bind-port");  // the SQL client has an endpoint of its own, on any free port
  options["execution.target"] = "remote";
  options["execution.attached"] = "false";
  options["table.dml-sync"] = "false";
  if (!start.job_id.empty()) options["$internal.pipeline.job-id"] = start.job_id;
  if (!start.savepoints.empty()) {
    options[SpellOption("execution.state-recovery.path", place.version)] = start.savepoints.front();
    options[SpellOption("execution.state-recovery.ignore-unclaimed-state", place.version)] =
        start.allow_non_restored ? "true" : "false";
  }
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(conf + "/" + ConfigurationFileName(place.version),
                                             ConfigurationText(options, place.version)));
  return conf;
}

/// Runs a client to its end; its output is what it said.
Result<ProgramEnd> RunClient(const FlinkClientPlace& place, const std::string& conf, const std::string& jar,
                             const std::vector<std::string>& arguments, const JobStart& start,
                             const std::string& work_folder, const Interruption& interrupted) {
  std::vector<std::string> command = place.java;
  command.insert(command.end(), {"-Xmx512m", "-cp", place.class_path + ":" + jar});
  command.insert(command.end(), arguments.begin(), arguments.end());
  ProgramOptions options;
  options.folder = work_folder;
  options.environment = place.environment;
  std::erase_if(options.environment, [](const std::string& entry) { return entry.starts_with("FLINK_CONF_DIR="); });
  options.environment.push_back("FLINK_CONF_DIR=" + conf);
  const auto deadline = std::chrono::steady_clock::now() + start.timeout;
  bool late = false;
  options.tick = [&] {
    late = std::chrono::steady_clock::now() > deadline;
    return !late && !interrupted();
  };
  auto end = RunProgram(command, options);
  if (!end.ok() && late) {
    return Error(ErrorCode::kTimeout,
                 fmt::format("the program had not submitted its job within {} s", start.timeout.count() / 1000));
  }
  return end;
}

}  // namespace

std::string WithRootCauseFirst(const std::string& text) {
  constexpr std::string_view kCause = "\nCaused by: ";
  const size_t at = text.rfind(kCause);
  if (at == std::string::npos) return text;
  const size_t begin = at + kCause.size();
  // A message may have several lines; the frames begin with a tabulator.
  const std::string cause = text.substr(begin, text.find("\n\t", begin) - begin);
  return cause + "\n" + text;
}

std::string FaultOf(const std::string& output) {
  std::istringstream lines(output);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const size_t text = line.find_first_not_of(" \t\r");
    if (text == std::string::npos) continue;
    const std::string_view rest = std::string_view(line).substr(text);
    const bool frame = rest.starts_with("at ") || rest.starts_with("... ");
    const bool noise = rest.starts_with("WARNING:") || rest.starts_with("SLF4J") || rest.starts_with("---") ||
                       rest.starts_with("Flink SQL>") || rest.starts_with("[INFO]");
    if (!frame && !noise) out += line + "\n";
  }
  constexpr size_t kMost = 4000;
  if (out.size() > kMost) out.erase(0, out.size() - kMost);
  return out;
}

FlinkRunRequest RunRequest(const JobSpec& spec, const JobStart& start) {
  FlinkRunRequest out;
  out.parallelism = spec.parallelism;
  out.entry_class = spec.entry_class;
  out.program_args = spec.program_args;
  out.job_id = start.job_id;
  out.savepoints = start.savepoints;
  out.allow_non_restored = start.allow_non_restored;
  return out;
}

Result<std::string> SubmitJar(const FlinkClient& client, const JobSpec& spec, const std::string& staged,
                              const JobStart& start, const FlinkOptionMap& configuration) {
  FlinkRunRequest run = RunRequest(spec, start);
  const FlinkDistribution* flink = FindFlinkDistribution(spec.runtime);
  if (flink != nullptr && flink->number >= FlinkVersion{1, 18}) {
    for (const auto& [key, value] : configuration) run.configuration[SpellOption(key, flink->number)] = value;
  }
  auto job = client.Run(staged, run, start.timeout);
  if (job.ok()) return job;
  // What main() gets when it asks for its job's results, as Beam's runner does: the job is submitted and runs.
  constexpr std::string_view kNoResults = "Job was submitted in detached mode. Results of job execution";
  const bool only_results = job.error().message().find(kNoResults) != std::string::npos;
  if (only_results && !start.job_id.empty() && client.Job(start.job_id).ok()) return start.job_id;
  return Error(job.error().code(), WithRootCauseFirst(job.error().message()));
}

Status SubmitSql(const FlinkClientPlace& place, const JobSpec& spec, const JobStart& start,
                 const Interruption& interrupted) {
  if (start.savepoints.size() > 1) {
    return Error(ErrorCode::kNotSupported,
                 "not supported yet: restoring a SQL package of several jobs on Apache Flink; put its INSERTs into one "
                 "statement set (EXECUTE STATEMENT SET BEGIN … END)");
  }
  // The client reads options for Python functions with the classes of Python, also where there are none.
  SLUICE_ASSIGN_OR_RETURN(const std::string client, OptionalJar(place.distribution, "flink-sql-client"));
  SLUICE_ASSIGN_OR_RETURN(const std::string python, OptionalJar(place.distribution, "flink-python"));
  auto gateway = OptionalJar(place.distribution, "flink-sql-gateway");
  if (!gateway.ok()) {
    return Error(
        ErrorCode::kNotSupported,
        fmt::format("not supported yet: SQL on Apache Flink {}.{}, only from 1.20 on; leave the property engine "
                    "away to run it on the native engine",
                    place.version.major, place.version.minor));
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string conf, WriteConfiguration(place, start));
  const std::string script = place.folder + "/script.sql";
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(script, spec.package));
  SLUICE_ASSIGN_OR_RETURN(ProgramEnd end,
                          RunClient(place, conf, client + ":" + *gateway + ":" + python,
                                    {kSqlClient, "embedded", "-f", script}, start, place.folder, interrupted));
  const std::string all = end.output + end.errors;
  if (end.status == 0 && all.find("[ERROR]") == std::string::npos) return {};
  const size_t at = all.find("[ERROR]");
  return Error(ErrorCode::kInvalidArgument, FaultOf(at == std::string::npos ? all : all.substr(at)));
}

Result<std::string> UnpackPython(const std::string& folder, const JobSpec& spec) {
  std::string program = folder + "/flink/program";
  SLUICE_RETURN_IF_ERROR(MakeFolders(program));
  SLUICE_RETURN_IF_ERROR(UnpackZip(spec.package_file, [&](const std::string& name) { return program + "/" + name; }));
  return program;
}

Result<std::vector<std::string>> PythonArguments(const JobSpec& spec, const JobStart& start,
                                                 const std::string& program_folder, const PythonInterpreters& python) {
  const auto option = [&](const char* key) {
    auto found = spec.python.find(key);
    return found == spec.python.end() ? std::string() : found->second;
  };
  /// Comma-separated paths, those below the package made absolute.
  const auto paths = [&](const std::string& list) {
    std::string out;
    std::istringstream parts(list);
    for (std::string part; std::getline(parts, part, ',');) {
      if (part.find("://") == std::string::npos) {
        // A folder without a name of its own ("…/.", "…/") cannot be sent to the TaskManagers.
        part = (std::filesystem::path(program_folder) / part).lexically_normal().string();
        while (part.size() > 1 && part.ends_with('/')) part.pop_back();
      }
      out += (out.empty() ? "" : ",") + part;
    }
    return out;
  };
  std::vector<std::string> out = {"run", "--detached"};
  if (!start.savepoints.empty()) {
    out.insert(out.end(), {"--fromSavepoint", start.savepoints.front()});
    if (start.allow_non_restored) out.push_back("--allowNonRestoredState");
  }
  out.insert(out.end(), {"--parallelism", std::to_string(spec.parallelism), "-pyclientexec", python.client});
  if (!python.workers.empty()) out.insert(out.end(), {"-pyexec", python.workers});
  std::string files = option("pyFiles");
  if (!option("pyModule").empty()) {
    out.insert(out.end(), {"--pyModule", option("pyModule")});
    // A module is looked for in the package, as the service on AWS does.
    if (files.empty()) files = ".";
  } else if (!option("python").empty()) {
    out.insert(out.end(), {"--python", paths(option("python"))});
  } else {
    return Error(
        ErrorCode::kInvalidArgument,
        "the package is a Python program, but nothing says which file of it to run: set python (or pyModule) in "
        "the property group kinesis.analytics.flink.run.options");
  }
  if (!files.empty()) out.insert(out.end(), {"--pyFiles", paths(files)});
  if (!option("jarfile").empty()) out.insert(out.end(), {"--jarfile", paths(option("jarfile"))});
  return out;
}

Status SubmitPython(const FlinkClientPlace& place, const JobSpec& spec, const JobStart& start,
                    const std::string& program_folder, const PythonInterpreters& python,
                    const Interruption& interrupted) {
  SLUICE_ASSIGN_OR_RETURN(const std::string jar, OptionalJar(place.distribution, "flink-python"));
  SLUICE_ASSIGN_OR_RETURN(const std::string conf, WriteConfiguration(place, start));
  SLUICE_ASSIGN_OR_RETURN(std::vector<std::string> arguments, PythonArguments(spec, start, program_folder, python));
  arguments.insert(arguments.begin(), kCommandLine);
  arguments.insert(arguments.end(), spec.program_args.begin(), spec.program_args.end());
  SLUICE_ASSIGN_OR_RETURN(ProgramEnd end, RunClient(place, conf, jar, arguments, start, program_folder, interrupted));
  if (end.status == 0) return {};
  return Error(ErrorCode::kInvalidArgument, FaultOf(end.output + end.errors));
}

}  // namespace sluice::service
