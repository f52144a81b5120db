// Catalogs, databases, tables, views and functions of one session. Kept in memory; plain data, one thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/plan/descriptors.h"
#include "engine/types/data_type.h"

namespace sluice::engine::sql {

struct ObjectPath {
  std::string catalog, database, name;
  auto operator<=>(const ObjectPath&) const = default;
  /// "default_catalog.default_database.t"
  std::string ToString() const { return catalog + "." + database + "." + name; }
  /// "`default_catalog`.`default_database`.`t`"
  std::string ToQuoted() const { return "`" + catalog + "`.`" + database + "`.`" + name + "`"; }
};

enum class TableColumnKind : uint8_t { kPhysical, kComputed, kMetadata };

struct TableColumn {
  std::string name;
  DataType type;  // resolved, with time attribute for PROCTIME() columns; rowtime is in the watermark
  TableColumnKind kind = TableColumnKind::kPhysical;
  std::string expression;    // kComputed: SQL as SHOW CREATE TABLE prints it
  std::string metadata_key;  // kMetadata: the key if FROM was written, else empty (the name is the key)
  bool is_virtual = false;
  std::optional<std::string> comment;
};

struct TableWatermark {
  std::string column;
  std::string expression;  // SQL as SHOW CREATE TABLE prints it
};

/// A table or a view. Shared and immutable; ALTER replaces it.
/// Column and value of each partition column, as it was written.
using PartitionValues = std::vector<std::pair<std::string, std::string>>;

struct CatalogTable {
  bool is_view = false;
  bool temporary = false;
  std::vector<TableColumn> columns;  // for views: the result's columns
  std::vector<TableWatermark> watermarks;
  std::string primary_key_name;
  std::vector<std::string> primary_key;
  std::vector<std::string> partition_keys;
  std::vector<PartitionValues> partitions;  // of ALTER TABLE … ADD PARTITION, in the order of their making
  OptionMap options;
  std::optional<std::string> comment;
  /// DISTRIBUTED BY as it was written ("DISTRIBUTED BY HASH(`a`) INTO 3 BUCKETS"); empty if none.
  std::string distribution;
  // Views: the query as written and expanded, and where its short names are looked up.
  std::string original_query;
  std::string expanded_query;
  std::string view_catalog, view_database;
};
using CatalogTablePtr = std::shared_ptr<const CatalogTable>;

struct CatalogFunction {
  std::string class_name;
  std::string language;
  bool temporary = false;
  std::vector<std::string> jars;
};

struct CatalogDatabase {
  std::optional<std::string> comment;
  OptionMap options;
  std::map<std::string, CatalogTablePtr> tables;  // permanent tables and views
  std::map<std::string, CatalogFunction> functions;
};

struct CatalogEntry {
  OptionMap options;
  std::optional<std::string> comment;
  std::map<std::string, CatalogDatabase> databases;
};

/// All state of the session that names can refer to. The statements in sql/statements change the maps directly;
/// look-ups go through the methods.
class Catalog {
 public:
  Catalog();

  std::string current_catalog = "default_catalog";
  std::string current_database = "default_database";
  std::map<std::string, CatalogEntry> catalogs;
  std::map<ObjectPath, CatalogTablePtr> temporary_tables;  // tables and views
  std::map<ObjectPath, CatalogFunction> temporary_functions;
  std::map<std::string, CatalogFunction> temporary_system_functions;  // lower-case names

  /// 1 to 3 parts, missing ones from the current catalog and database.
  ObjectPath Qualify(const std::vector<std::string>& parts) const;
  /// Temporary objects shadow permanent ones; null if there is none.
  CatalogTablePtr FindTable(const ObjectPath& path) const;
  CatalogDatabase* FindDatabase(const std::string& catalog, const std::string& database);
  const CatalogDatabase* FindDatabase(const std::string& catalog, const std::string& database) const;
  /// The table of the same database whose name is nearest to `path.name`; empty if none is near.
  std::string NearestTable(const ObjectPath& path) const;
};

/// The entry of `names` with the smallest edit distance to `name`, if it is small enough to be a slip; else empty.
std::string NearestName(std::string_view name, const std::vector<std::string>& names);

}  // namespace sluice::engine::sql
