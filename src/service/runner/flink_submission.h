// How programs come to a cluster of Apache Flink: JARs over its REST API, others by Flink's own clients: SQL scripts
// (the SQL client) and Python (the command line's client). Both run on this machine, see what the cluster's processes
// see, and end when the job is there.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "service/runner/engine_runner.h"
#include "service/runner/flink_plan.h"

namespace sluice::service {

/// What the clients have in common.
struct FlinkClientPlace {
  std::string folder;                    // of their own, below <application>/flink
  std::string distribution;              // <runtimes>/FLINK-2_3
  std::vector<std::string> java;         // launcher, java and options up to but without -cp
  std::string class_path;                // of the cluster
  std::vector<std::string> environment;  // of the cluster
  FlinkOptionMap cluster;                // its configuration
  FlinkVersion version;
};

class FlinkClient;
struct FlinkRunRequest;

/// What the REST API is to run, without Flink options.
FlinkRunRequest RunRequest(const JobSpec& spec, const JobStart& start);

/// Runs an uploaded JAR; the job's id. `configuration` goes along with it where the version can: from 1.18 on. Errors
/// begin with their first cause.
Result<std::string> SubmitJar(const FlinkClient& client, const JobSpec& spec, const std::string& staged,
                              const JobStart& start, const FlinkOptionMap& configuration);

/// Runs `spec`'s SQL: the ids of the jobs stand in the cluster afterwards. With a job_id in `start` it can have one
/// job. kInvalidArgument with the client's own words when a statement fails.
Status SubmitSql(const FlinkClientPlace& place, const JobSpec& spec, const JobStart& start,
                 const Interruption& interrupted);

/// Unpacks the package of a Python program below the application's `folder`; the program's folder.
Result<std::string> UnpackPython(const std::string& folder, const JobSpec& spec);

/// The interpreter of main(), on this machine, and that of the functions, on the TaskManagers' (empty: as their cluster
/// or the option python.executable says).
struct PythonInterpreters {
  std::string client;
  std::string workers;
};

/// Runs the Python program that is unpacked in `program_folder`.
Status SubmitPython(const FlinkClientPlace& place, const JobSpec& spec, const JobStart& start,
                    const std::string& program_folder, const PythonInterpreters& python,
                    const Interruption& interrupted);

/// The arguments of Flink's command line for a Python program. kInvalidArgument if the options name no program. Pure.
Result<std::vector<std::string>> PythonArguments(const JobSpec& spec, const JobStart& start,
                                                 const std::string& program_folder, const PythonInterpreters& python);

/// A Java exception's text with its first cause, which is the last one in it, put before everything else: what an owner
/// wants to read first. Pure.
std::string WithRootCauseFirst(const std::string& text);

/// What a client of Flink says when it fails, without its stack traces: the causes, the first first. Pure.
std::string FaultOf(const std::string& output);

}  // namespace sluice::service
