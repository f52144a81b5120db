#include "service/runner/engine_runner.h"

#include <algorithm>
#include <fstream>

#include "base/files.h"
#include "service/runner/flink_client.h"
#include "service/runner/flink_submission.h"

namespace sluice::service {

Result<std::string> EngineRunner::Stage(const std::string&, const EngineRecord& engine, const JobSpec& spec) {
  SLUICE_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(engine.rest_url));
  if (spec.program == ProgramKind::kSql) return FlinkClient(url).UploadPackage(spec.package_name, spec.package);
  SLUICE_ASSIGN_OR_RETURN(std::string bytes, ReadFile(spec.package_file));
  return FlinkClient(url).UploadPackage(spec.package_name, std::move(bytes));
}

Result<std::string> EngineRunner::RunJob(const std::string&, const EngineRecord& engine, const JobSpec& spec,
                                         const std::string& staged, const JobStart& start, const Interruption&) {
  SLUICE_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(engine.rest_url));
  FlinkRunRequest run = RunRequest(spec, start);
  run.configuration = spec.configuration;
  return FlinkClient(url).Run(staged, run, start.timeout);
}

std::unique_ptr<JobControl> EngineRunner::Control(const std::string&, const EngineRecord& engine) {
  auto url = net::ParseUrl(engine.rest_url);
  if (!url.ok()) return nullptr;
  return std::make_unique<FlinkClient>(*url, engine.shared ? engine.job_id : "");
}

std::string TailOf(const std::string& path) {
  constexpr std::streamoff kTail = 4096;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : 0;
  const std::streamoff length = std::min(size, kTail);
  std::string out(static_cast<size_t>(std::max<std::streamoff>(length, 0)), '\0');
  file.seekg(size - length);
  file.read(out.data(), length);
  return out;
}

}  // namespace sluice::service
