#include "service/runner/native_runner.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "base/files.h"
#include "base/ids.h"
#include "net/digest.h"
#include "service/model/json_access.h"
#include "service/runner/engine_file.h"
#include "service/runner/flink_client.h"

namespace sluice::service {
namespace {

constexpr std::string_view kTokenVariable = "SLUICE_ENGINE_TOKEN";

/// engine.json. It is written before the process is started, with its token alone: whatever happens in between, the
/// engine can be found by the token in its environment.
struct EngineFile {
  std::string token;
  ProcessIdentity process;
  std::string program;  // its digest; empty in files of earlier services
  EngineRecord record;
};

std::string FilePath(const std::string& folder) { return folder + "/engine.json"; }

std::optional<EngineFile> LoadFile(const std::string& folder) {
  const auto content = LoadEngineFile(FilePath(folder));
  if (!content) return std::nullopt;
  return EngineFile{TextAt(*content, "token"), ProcessIn(*content), TextAt(*content, "program"), RecordIn(*content)};
}

Status Save(const std::string& folder, const EngineFile& file) {
  json::object content{{"token", file.token}, {"program", file.program}};
  PutProcess(file.process, &content);
  PutRecord(file.record, &content);
  return SaveEngineFile(FilePath(folder), std::move(content));
}

std::optional<ProcessIdentity> RunningProcess(const EngineFile& file) {
  if (file.process.pid != 0) return IsAlive(file.process) ? std::optional(file.process) : std::nullopt;
  const auto found = FindByEnvironment(fmt::format("{}={}", kTokenVariable, file.token));
  return found.empty() ? std::nullopt : std::optional(found.front());
}

int ReadPort(const std::string& path) {
  auto text = ReadFile(path);
  int port = 0;
  if (text.ok()) std::from_chars(text->data(), text->data() + text->size(), port);
  return port;
}

}  // namespace

Result<EngineRecord> NativeRunner::Launch(const std::string& folder, const JobSpec&, const Interruption& interrupted) {
  SLUICE_RETURN_IF_ERROR(End(folder, false));
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder + "/logs"));
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder + "/work"));
  const std::string port_file = folder + "/engine.port";
  SLUICE_RETURN_IF_ERROR(RemoveTree(port_file));
  EngineFile file;
  file.token = Id128::New(random_).ToString();
  file.program = ProgramDigest();
  SLUICE_RETURN_IF_ERROR(Save(folder, file));
  std::vector<std::string> command = options_.launcher;
  if (!command.empty()) command.push_back(folder + "/application_properties.json");
  command.insert(command.end(), options_.command.begin(), options_.command.end());
  for (const std::string& argument : {std::string("--listen"), std::string("127.0.0.1:0"), std::string("--port-file"),
                                      port_file, std::string("--data"), folder + "/work", std::string("--properties"),
                                      folder + "/application_properties.json"}) {
    command.push_back(argument);
  }
  SLUICE_ASSIGN_OR_RETURN(file.process, StartDetached(command, {fmt::format("{}={}", kTokenVariable, file.token)},
                                                      folder + "/logs/engine.log"));
  SLUICE_RETURN_IF_ERROR(Save(folder, file));
  auto record = AwaitRest(folder, file.process, interrupted);
  if (record.ok()) {
    file.record = *record;
    if (auto saved = Save(folder, file); !saved.ok()) record = saved.error();
  }
  if (!record.ok()) {
    // Also if a force stop, which does not wait for us, has removed the file already.
    (void)EndProcess(file.process, std::chrono::milliseconds(0));
    (void)End(folder, false);
  }
  return record;
}

Result<EngineRecord> NativeRunner::AwaitRest(const std::string& folder, const ProcessIdentity& process,
                                             const Interruption& interrupted) {
  const int64_t deadline = clock_.MonotonicNs() + std::chrono::nanoseconds(options_.launch_timeout).count();
  while (true) {
    if (interrupted()) return Error(ErrorCode::kCancelled, "the start was interrupted");
    if (!IsAlive(process)) {
      return Error(ErrorCode::kIo, "the engine ended while it started; its last words:\n" + LastOutput(folder));
    }
    if (int port = ReadPort(folder + "/engine.port"); port > 0 && port < 65536) {
      EngineRecord record;
      record.rest_url = fmt::format("http://127.0.0.1:{}", port);
      auto url = net::ParseUrl(record.rest_url);
      if (FlinkClient(*url).Ping().ok()) return record;
    }
    if (clock_.MonotonicNs() > deadline) {
      return Error(ErrorCode::kTimeout, fmt::format("the engine's REST API did not answer within {} s",
                                                    options_.launch_timeout.count() / 1000));
    }
    clock_.Sleep(std::chrono::milliseconds(20));
  }
}

Status NativeRunner::RecordJob(const std::string& folder, const std::string& job_id, int64_t version) {
  return RecordJobIn(FilePath(folder), job_id, version);
}

std::optional<EngineRecord> NativeRunner::Adopt(const std::string& folder) {
  auto file = LoadFile(folder);
  if (!file || file->record.rest_url.empty() || !RunningProcess(*file)) return std::nullopt;
  return file->record;
}

bool NativeRunner::Alive(const std::string& folder) {
  auto file = LoadFile(folder);
  return file && RunningProcess(*file).has_value();
}

std::string NativeRunner::Tend(const std::string& folder) {
  // To say in a log that it cannot be kept small would only make it larger.
  (void)KeepLogsSmall(folder, options_.logs);
  return "";
}

std::optional<EngineLoad> NativeRunner::Load(const std::string& folder) {
  auto file = LoadFile(folder);
  auto process = file ? RunningProcess(*file) : std::nullopt;
  auto seconds = process ? CpuSeconds(*process) : std::nullopt;
  if (!seconds) return std::nullopt;
  return EngineLoad{fmt::format("{}/{}", process->pid, process->start_ticks), *seconds};
}

bool NativeRunner::RescalesInPlace(const std::string& folder) { return Alive(folder); }

std::string NativeRunner::ProgramDigest() {
  namespace fs = std::filesystem;
  const std::string& path = options_.command.front();
  std::error_code ec;
  const auto size = fs::file_size(path, ec);
  const auto time = ec ? fs::file_time_type() : fs::last_write_time(path, ec);
  if (ec) return "";
  const std::string stamp = fmt::format("{} {}", size, time.time_since_epoch().count());
  std::lock_guard lock(digest_mutex_);
  if (digest_of_ != stamp) {
    auto bytes = ReadFile(path);
    digest_ = bytes.ok() ? net::Hex(net::Sha256(*bytes)) : "";
    digest_of_ = bytes.ok() ? stamp : "";
  }
  return digest_;
}

std::string NativeRunner::Outdated(const std::string& folder) {
  constexpr size_t kShown = 12;  // digits tell two builds apart
  auto file = LoadFile(folder);
  const std::string installed = ProgramDigest();
  if (!file || installed.empty() || file->program == installed) return "";
  return fmt::format("the engine runs the program {}, installed is {}",
                     file->program.empty() ? "of an earlier service" : file->program.substr(0, kShown),
                     installed.substr(0, kShown));
}

Status NativeRunner::End(const std::string& folder, bool gently) {
  auto file = LoadFile(folder);
  if (!file) return {};
  if (auto process = RunningProcess(*file)) {
    SLUICE_RETURN_IF_ERROR(EndProcess(*process, gently ? options_.end_grace : std::chrono::milliseconds(0)));
  }
  return RemoveTree(FilePath(folder));
}

std::string NativeRunner::LastOutput(const std::string& folder) { return TailOf(folder + "/logs/engine.log"); }

}  // namespace sluice::service
