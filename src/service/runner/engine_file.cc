#include "service/runner/engine_file.h"

#include <sys/stat.h>

#include "base/files.h"
#include "service/model/json_access.h"

namespace sluice::service {

std::optional<json::object> LoadEngineFile(const std::string& path) {
  auto text = ReadFile(path);
  auto content = text.ok() ? ParseObject(*text, path) : Result<json::object>(text.error());
  return content.ok() ? std::optional(std::move(*content)) : std::nullopt;
}

Status SaveEngineFile(const std::string& path, json::object content) {
  content["format"] = 1;
  return WritePrivately(path, json::serialize(content));
}

Status WritePrivately(const std::string& path, const std::string& text) {
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(path, text));
  if (chmod(path.c_str(), 0600) != 0) return Error(ErrorCode::kIo, "cannot protect " + path);
  return {};
}

void PutRecord(const EngineRecord& record, json::object* content) {
  (*content)["rest_url"] = record.rest_url;
  (*content)["job_id"] = record.job_id;
  (*content)["application_version"] = record.version;
}

EngineRecord RecordIn(const json::object& content) {
  EngineRecord out;
  out.rest_url = TextAt(content, "rest_url");
  out.job_id = TextAt(content, "job_id");
  out.version = IntAt(content, "application_version");
  return out;
}

Status RecordJobIn(const std::string& path, const std::string& job_id, int64_t version) {
  auto content = LoadEngineFile(path);
  if (!content) return Error(ErrorCode::kNotFound, "there is no engine any more: " + path + " is gone");
  EngineRecord record = RecordIn(*content);
  record.job_id = job_id;
  record.version = version;
  PutRecord(record, &*content);
  return SaveEngineFile(path, std::move(*content));
}

void PutProcess(const ProcessIdentity& process, json::object* content) {
  (*content)["pid"] = process.pid;
  (*content)["start_ticks"] = static_cast<int64_t>(process.start_ticks);
  (*content)["boot_id"] = process.boot_id;
}

ProcessIdentity ProcessIn(const json::object& content) {
  ProcessIdentity out;
  out.pid = IntAt(content, "pid");
  out.start_ticks = static_cast<uint64_t>(IntAt(content, "start_ticks"));
  out.boot_id = TextAt(content, "boot_id");
  return out;
}

}  // namespace sluice::service
