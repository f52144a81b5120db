// 'connector' = 'blackhole': takes every row and drops it.
#include "engine/connectors/connector.h"
#include "engine/connectors/options/format_options.h"

namespace sluice::engine {
namespace {

class BlackholeSink : public Sink {
 public:
  Status Open(const TaskContext&) override { return {}; }
  Status Write(Batch) override { return {}; }
};

Result<TableCapability> BlackholeCapability(const TableDescription& table) {
  SLUICE_RETURN_IF_ERROR(RefuseUnknownOptions("blackhole", table.options, CommonOptions()));
  TableCapability capability;
  capability.changelog = ChangelogMode::All();
  capability.accepts_any = true;
  capability.omits_update_before = true;
  capability.supports_partitions = true;
  return capability;
}

Result<std::unique_ptr<Sink>> MakeBlackholeSink(const SinkNode&, const Schema&, const ConnectorEnvironment&) {
  return std::unique_ptr<Sink>(std::make_unique<BlackholeSink>());
}

}  // namespace

Connector BlackholeConnector() {
  Connector connector;
  connector.descriptor.name = "blackhole";
  connector.descriptor.is_sink = true;
  for (const std::string& name : CommonOptions()) connector.descriptor.options.push_back({name, name == "connector"});
  connector.descriptor.sink = BlackholeCapability;
  connector.make_sink = MakeBlackholeSink;
  return connector;
}

}  // namespace sluice::engine
