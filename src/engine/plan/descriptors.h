// What SQL needs to know of connectors and formats without linking them. engine/connectors and engine/formats declare
// these beside their code; engine/job puts all of them into one ConnectorCatalog and hands it to the SQL front end.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/plan/changelog.h"
#include "engine/types/data_type.h"

namespace sluice::engine {

using OptionMap = std::map<std::string, std::string>;

/// A table as CREATE TABLE declared it, after types were resolved. Shared by the validators below and the plan.
struct TableDescription {
  std::string identifier;  // "default_catalog.default_database.t", for messages
  /// Physical columns, in order (no computed ones, no metadata).
  Schema physical;
  /// Metadata columns that the statement reads or writes: {column name, metadata key, type}.
  struct Metadata {
    std::string column;
    std::string key;
    DataType type;
    bool virtual_column = false;
  };
  std::vector<Metadata> metadata;
  std::vector<std::string> partition_keys;
  std::vector<std::string> primary_key;
  OptionMap options;
  bool batch_mode = false;
};

/// A metadata key that a connector (or its format) offers.
struct MetadataKey {
  std::string key;
  DataType type;
  bool readable = true;
  bool writable = false;
};

/// One option in a factory's list; `name` may hold '#' for a column name ("fields.#.kind").
struct FactoryOption {
  std::string name;
  bool required = false;
};

/// What a table's options and schema amount to for one direction (source or sink).
struct TableCapability {
  /// Source: what it produces; sink: what it accepts. A sink of upserts (+U without -U) still gets -U where the query
  /// cannot leave it out, and ignores it: its keys are those of the changes, or a SinkMaterializeNode stands before it.
  ChangelogMode changelog;
  bool bounded = true;       // source only
  bool accepts_any = false;  // sink only: takes whatever changelog the query produces (print, blackhole)
  /// Sink only, with accepts_any: wants no -U (blackhole).
  bool omits_update_before = false;
  std::vector<MetadataKey> metadata;
  bool supports_projection = true;   // source: nested columns can be left out
  bool supports_partitions = false;  // PARTITIONED BY means something
  bool supports_overwrite = false;   // sink: INSERT OVERWRITE
  bool supports_limit = false;       // source: ends after SourceNode::limit rows
  bool supports_filters = false;     // source: can leave out rows that fail SourceNode::filter_hints
  bool lookup = false;               // source: finds rows by key (Connector::make_lookup)
};

/// A connector ("filesystem", "datagen", …). Pure functions; thread-safe.
struct ConnectorDescriptor {
  std::string name;
  bool is_source = false;
  bool is_sink = false;
  /// All options it takes itself, without those of its format; Flink's "Supported options" list.
  std::vector<FactoryOption> options;
  /// True if `format` (and FORMAT.xxx options) apply.
  bool takes_format = false;
  /// Validates options and schema with Flink's messages and says what the table can do.
  std::function<Result<TableCapability>(const TableDescription&)> source;
  std::function<Result<TableCapability>(const TableDescription&)> sink;
};

/// A format ("json", "csv", "raw", …). Option names without the format's prefix.
struct FormatDescriptor {
  std::string name;
  bool decodes = false;
  bool encodes = false;
  std::vector<FactoryOption> options;
  ChangelogMode decode_changelog;  // debezium-json: all
  ChangelogMode encode_changelog;
  std::vector<MetadataKey> metadata;
  /// Checks the format's own options (prefix stripped) against the schema, with Flink's messages.
  std::function<Status(const OptionMap&, const Schema&)> validate;
};

/// Everything that CREATE TABLE … WITH can name. Immutable after start; thread-safe.
class ConnectorCatalog {
 public:
  void Add(ConnectorDescriptor connector) { connectors_[connector.name] = std::move(connector); }
  void Add(FormatDescriptor format) { formats_[format.name] = std::move(format); }
  const ConnectorDescriptor* FindConnector(std::string_view name) const;
  const FormatDescriptor* FindFormat(std::string_view name) const;
  const std::map<std::string, ConnectorDescriptor, std::less<>>& connectors() const { return connectors_; }
  const std::map<std::string, FormatDescriptor, std::less<>>& formats() const { return formats_; }

 private:
  std::map<std::string, ConnectorDescriptor, std::less<>> connectors_;
  std::map<std::string, FormatDescriptor, std::less<>> formats_;
};

}  // namespace sluice::engine
