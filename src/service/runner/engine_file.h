// The file in an application's folder by which a service that is started again finds the engine of the one before:
// engine.json of the native engine, flink.json, flink_session.json, kubernetes.json. Each has what every engine has,
// and what its runner needs. One thread per folder writes; any may read.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "base/result.h"
#include "service/runner/engine_runner.h"
#include "service/runner/process.h"

namespace sluice::service {

/// Nothing if there is no such file, or none that a service wrote.
std::optional<boost::json::object> LoadEngineFile(const std::string& path);
/// Replaces it in one step.
Status SaveEngineFile(const std::string& path, boost::json::object content);

/// For the owner's eyes alone: for what has credentials in it. Replaces the file in one step.
Status WritePrivately(const std::string& path, const std::string& text);

/// The members of a record; it is not in the file whether the engine is shared.
void PutRecord(const EngineRecord& record, boost::json::object* content);
EngineRecord RecordIn(const boost::json::object& content);
/// Another job in the file, the rest as it is. kNotFound if there is no file: the engine was ended.
Status RecordJobIn(const std::string& path, const std::string& job_id, int64_t version);

void PutProcess(const ProcessIdentity& process, boost::json::object* content);
ProcessIdentity ProcessIn(const boost::json::object& content);

}  // namespace sluice::service
