// 'connector' = 'jdbc': tables of PostgreSQL.
#include "engine/connectors/jdbc/jdbc_connector.h"

#include "engine/connectors/jdbc/jdbc_table.h"
#include "engine/connectors/jdbc/postgres_text.h"

namespace sluice::engine {

namespace {

Status CheckTable(const TableDescription& table) {
  SLUICE_RETURN_IF_ERROR(jdbc::ReadJdbcTable(table));
  for (const RowField& column : table.physical) {
    if (auto bad = jdbc::CheckType(column.name, column.type)) return *bad;
  }
  return {};
}

Result<TableCapability> SourceCapability(const TableDescription& table) {
  SLUICE_RETURN_IF_ERROR(CheckTable(table));
  TableCapability capability;
  capability.supports_limit = true;
  capability.supports_filters = true;
  capability.lookup = true;
  return capability;
}

Result<TableCapability> SinkCapability(const TableDescription& table) {
  SLUICE_RETURN_IF_ERROR(CheckTable(table));
  TableCapability capability;
  capability.changelog = table.primary_key.empty() ? ChangelogMode::InsertOnly() : ChangelogMode::Upsert();
  return capability;
}

}  // namespace

Connector JdbcConnector() {
  Connector connector;
  connector.descriptor.name = "jdbc";
  connector.descriptor.is_source = true;
  connector.descriptor.is_sink = true;
  for (const std::string& name : jdbc::JdbcOptions()) {
    connector.descriptor.options.push_back({name, name == "url" || name == "table-name"});
  }
  connector.descriptor.source = SourceCapability;
  connector.descriptor.sink = SinkCapability;
  connector.make_source = jdbc::MakeJdbcSource;
  connector.make_sink = jdbc::MakeJdbcSink;
  connector.make_lookup = jdbc::MakeJdbcLookup;
  return connector;
}

}  // namespace sluice::engine
