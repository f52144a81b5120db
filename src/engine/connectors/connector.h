// A connector: its descriptor for SQL and its makers for the runtime. One folder each; engine/job lists them.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/formats/format.h"
#include "engine/plan/descriptors.h"
#include "engine/plan/physical_plan.h"
#include "engine/runtime/interfaces.h"
#include "engine/runtime/lookup_source.h"

namespace sluice::engine {

class SharedParts;

/// What connectors get from outside.
struct ConnectorEnvironment {
  const std::map<std::string, Format>* formats = nullptr;  // by name
  Clock* clock = nullptr;
  std::ostream* out = nullptr;  // where `print` writes; never null
  std::ostream* err = nullptr;
  const PlanSettings* settings = nullptr;
  std::function<uint64_t()> random;
  std::shared_ptr<SharedParts> shared;  // of the job; null in tests
};

struct Connector {
  ConnectorDescriptor descriptor;
  /// Called once a subtask. The plan has been validated by the descriptor before.
  Result<std::unique_ptr<Source>> (*make_source)(const SourceNode&, const Schema& output,
                                                 const ConnectorEnvironment&) = nullptr;
  Result<std::unique_ptr<Sink>> (*make_sink)(const SinkNode&, const Schema& input,
                                             const ConnectorEnvironment&) = nullptr;
  /// Called once an I/O thread of the join, for tables whose TableCapability::lookup is set.
  Result<std::unique_ptr<LookupSource>> (*make_lookup)(const LookupJoinNode&, const ConnectorEnvironment&) = nullptr;
};

Connector FilesystemConnector(const std::map<std::string, Format>* formats);
Connector DatagenConnector();
Connector DynamodbConnector();
Connector FirehoseConnector(const std::map<std::string, Format>* formats);
Connector JdbcConnector();
Connector KafkaConnector(const std::map<std::string, Format>* formats);
Connector UpsertKafkaConnector(const std::map<std::string, Format>* formats);
Connector KinesisConnector(const std::map<std::string, Format>* formats);
Connector KinesisLegacyConnector(const std::map<std::string, Format>* formats);
Connector PrintConnector();
Connector BlackholeConnector();

}  // namespace sluice::engine
