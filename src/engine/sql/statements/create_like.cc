// CREATE TABLE … LIKE: the source table's parts and the statement's own merged, as Flink's MergeTableLikeUtil does.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/sql/errors.h"
#include "engine/sql/statements/table_builder.h"

namespace sluice::engine::sql {

namespace {

using Strategy = ast::LikeStrategy;

/// What happens to each feature of the source table.
class Strategies {
 public:
  Status Read(const ast::LikeClause& like) {
    for (const ast::LikeOption& option : like.options) {
      if (!seen_.emplace(option.feature, option.strategy).second) {
        return Invalid(fmt::format("Each like option feature can be declared only once: {}", option.feature),
                       option.position);
      }
      const bool overwritable = option.feature == "OPTIONS" || option.feature == "GENERATED" ||
                                option.feature == "METADATA" || option.feature == "WATERMARKS";
      if (option.strategy == Strategy::kOverwriting && !overwritable) {
        return Invalid(fmt::format("Illegal merging strategy 'OVERWRITING' for '{}' option.", option.feature),
                       option.position);
      }
    }
    return {};
  }

  Strategy For(const std::string& feature) const {
    if (auto it = seen_.find(feature); it != seen_.end()) return it->second;
    if (auto it = seen_.find("ALL"); it != seen_.end()) return it->second;
    return feature == "OPTIONS" ? Strategy::kOverwriting : Strategy::kIncluding;
  }
  bool Excludes(const std::string& feature) const { return For(feature) == Strategy::kExcluding; }

 private:
  std::map<std::string, Strategy> seen_;
};

CatalogTable Inherited(const CatalogTable& source, const Strategies& strategies) {
  CatalogTable out;
  for (const TableColumn& c : source.columns) {
    if (c.kind == TableColumnKind::kComputed && strategies.Excludes("GENERATED")) continue;
    if (c.kind == TableColumnKind::kMetadata && strategies.Excludes("METADATA")) continue;
    out.columns.push_back(c);
  }
  if (!strategies.Excludes("WATERMARKS")) out.watermarks = source.watermarks;
  if (!strategies.Excludes("CONSTRAINTS")) {
    out.primary_key = source.primary_key;
    out.primary_key_name = source.primary_key_name;
  }
  if (!strategies.Excludes("OPTIONS")) out.options = source.options;
  out.distribution = source.distribution;
  return out;
}

const TableColumn* Find(const CatalogTable& table, const std::string& name) {
  for (const TableColumn& c : table.columns) {
    if (c.name == name) return &c;
  }
  return nullptr;
}

/// A column of the statement whose name the base table has too.
Status OverwriteColumn(const ast::ColumnDef& column, const TableColumn& base, const Strategies& strategies,
                       TableBuilder& builder) {
  const std::string name = column.name.ToString();
  if (column.kind == ast::ColumnKind::kPhysical) {
    return Invalid(fmt::format("A column named '{}' already exists in the base table.", name), column.position);
  }
  const bool computed = column.kind == ast::ColumnKind::kComputed;
  if (base.kind != (computed ? TableColumnKind::kComputed : TableColumnKind::kMetadata)) {
    const char* what = computed ? "Computed" : "Metadata";
    return Invalid(
        fmt::format(
            "A column named '{}' already exists in the base table. {} columns can only overwrite other {} columns.",
            name, what, computed ? "computed" : "metadata"),
        column.position);
  }
  const char* feature = computed ? "GENERATED" : "METADATA";
  if (strategies.For(feature) != Strategy::kOverwriting) {
    return Invalid(fmt::format("A {} column named '{}' already exists in the base table. You might want to specify "
                               "EXCLUDING {} or OVERWRITING {}.",
                               computed ? "generated" : "metadata", name, feature, feature),
                   column.position);
  }
  return builder.ReplaceColumn(name, column);
}

Status MergeWatermarks(const ast::TableSchema& schema, const Strategies& strategies, TableBuilder& builder) {
  for (const ast::WatermarkDef& w : schema.watermarks) {
    auto& inherited = builder.table().watermarks;
    const std::string column = w.column.ToString();
    auto same = std::find_if(inherited.begin(), inherited.end(),
                             [&](const TableWatermark& other) { return other.column == column; });
    if (same != inherited.end()) {
      if (strategies.For("WATERMARKS") != Strategy::kOverwriting) {
        return Invalid(
            fmt::format(
                "There already exists a watermark spec for column '{}' in the base table. You might want to specify "
                "EXCLUDING WATERMARKS or OVERWRITING WATERMARKS.",
                column),
            w.position);
      }
      inherited.erase(same);
    }
    SLUICE_RETURN_IF_ERROR(builder.AddWatermark(w));
  }
  return {};
}

Status MergeOptions(const std::vector<ast::Property>& options, const Strategies& strategies, TableBuilder& builder) {
  const auto& inherited = builder.table().options;
  if (strategies.For("OPTIONS") != Strategy::kOverwriting) {
    for (const ast::Property& p : options) {
      auto it = inherited.find(p.key.value);
      if (it == inherited.end()) continue;
      return Invalid(fmt::format("There already exists an option ['{}' -> '{}']  in the base table. You might want to "
                                 "specify EXCLUDING OPTIONS or "
                                 "OVERWRITING OPTIONS.",
                                 it->first, it->second),
                     p.key.position);
    }
  }
  builder.AddOptions(options);
  return {};
}

Status MergeKeys(const ast::TableSchema& schema, const CatalogTable& source, TableBuilder& builder) {
  auto add = [&](const ast::Constraint& constraint) -> Status {
    if (!builder.table().primary_key.empty()) {
      return Invalid(
          fmt::format(
              "The base table already has a primary key ('{}'). You might want to specify EXCLUDING CONSTRAINTS.",
              builder.table().primary_key_name),
          constraint.position);
    }
    for (const ast::Identifier& key : constraint.columns) {
      const TableColumn* inherited = Find(source, key.name);
      if (inherited != nullptr && inherited->type.nullable()) {
        SLUICE_RETURN_IF_ERROR(builder.AddConstraint(constraint));
        return Invalid(fmt::format("Invalid primary key '{}'. Column '{}' is nullable.",
                                   builder.table().primary_key_name, key.name),
                       key.position);
      }
    }
    return builder.AddConstraint(constraint);
  };
  for (const ast::Constraint& c : schema.constraints) SLUICE_RETURN_IF_ERROR(add(c));
  return {};
}

}  // namespace

Status ApplyLike(SessionState& state, const ast::CreateTableStatement& s, TableBuilder& builder) {
  const ObjectPath path = QualifyName(state, s.like->table);
  CatalogTablePtr source = state.catalog.FindTable(path);
  const TextPosition at = s.like->table.position;
  if (source == nullptr) {
    return Invalid(fmt::format("Source table '{}' of the LIKE clause not found in the catalog, at line {}, column {}",
                               path.ToQuoted(), at.line, at.column),
                   at);
  }
  if (source->is_view) {
    return Invalid(fmt::format("Source table '{}' of the LIKE clause can not be a VIEW, at line {}, column {}",
                               path.ToQuoted(), at.line, at.column),
                   at);
  }
  Strategies strategies;
  SLUICE_RETURN_IF_ERROR(strategies.Read(*s.like));

  CatalogTable& table = builder.table();
  const CatalogTable own = table;
  table = Inherited(*source, strategies);
  table.temporary = own.temporary;
  table.comment = own.comment;
  const CatalogTable base = table;
  for (const ast::ColumnDef& column : s.schema.columns) {
    if (const TableColumn* other = Find(base, column.name.ToString())) {
      SLUICE_RETURN_IF_ERROR(OverwriteColumn(column, *other, strategies, builder));
    } else {
      if (column.constraint && !base.primary_key.empty()) {
        return Invalid("The base table already has a primary key. You might want to specify EXCLUDING CONSTRAINTS.",
                       column.position);
      }
      SLUICE_RETURN_IF_ERROR(builder.AddColumn(column));
    }
  }
  SLUICE_RETURN_IF_ERROR(MergeKeys(s.schema, *source, builder));
  SLUICE_RETURN_IF_ERROR(MergeWatermarks(s.schema, strategies, builder));
  SLUICE_RETURN_IF_ERROR(MergeOptions(s.options, strategies, builder));
  // Flink 2.3 keeps the source's distribution and partitions even with EXCLUDING: the statement's own only replace them
  // then.
  if (s.distribution) {
    if (!table.distribution.empty() && !strategies.Excludes("DISTRIBUTION")) {
      return Invalid(
          "The base table already has a distribution defined. You might want to specify EXCLUDING DISTRIBUTION.",
          s.distribution->position);
    }
    SLUICE_RETURN_IF_ERROR(builder.SetDistribution(*s.distribution));
  }
  if (s.partition_keys.empty()) {
    table.partition_keys = source->partition_keys;
    return {};
  }
  if (!source->partition_keys.empty() && !strategies.Excludes("PARTITIONS")) {
    return Invalid("The base table already has partitions defined. You might want to specify EXCLUDING PARTITIONS.",
                   s.partition_keys[0].position);
  }
  return builder.SetPartitionKeys(s.partition_keys);
}

}  // namespace sluice::engine::sql
