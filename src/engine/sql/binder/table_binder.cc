// Tables and views of the catalog as relations.
#include <fmt/format.h>

#include "engine/functions/cast.h"
#include "engine/sql/binder/bind_type.h"
#include "engine/sql/binder/query_binder.h"
#include "engine/sql/binder/table_access.h"
#include "engine/sql/errors.h"
#include "engine/sql/parser/parser.h"

namespace sluice::engine::sql {

namespace {

constexpr int kMaxViewDepth = 64;

}  // namespace

const ConnectorDescriptor* FindTableConnector(const CatalogTable& table, const BindContext& context, Status* status) {
  auto it = table.options.find("connector");
  if (it == table.options.end()) {
    *status =
        Error(ErrorCode::kValidation,
              "Table options do not contain an option key 'connector' for discovering a connector. Therefore, Flink "
              "assumes a managed table. However, a managed table factory that implements "
              "org.apache.flink.table.factories.ManagedTableFactory is not in the classpath.");
    return nullptr;
  }
  const ConnectorDescriptor* connector = context.connectors->FindConnector(it->second);
  if (connector == nullptr) {
    std::string known;
    for (const auto& [name, c] : context.connectors->connectors()) known += "\n" + name;
    *status = Error(
        ErrorCode::kValidation,
        fmt::format("Could not find any factory for identifier '{}' that implements "
                    "'org.apache.flink.table.factories.DynamicTableFactory' in the classpath.\n\nAvailable factory "
                    "identifiers are:\n{}",
                    it->second, known));
    return nullptr;
  }
  return connector;
}

Status CheckOptionHints(const OptionMap& options, TextPosition position) {
  auto it = options.find("table.dynamic-table-options.enabled");
  if (it == options.end() || UpperCase(it->second) != "FALSE") return {};
  return Error(
      ErrorCode::kValidation,
      "The 'OPTIONS' hint is allowed only when the config option 'table.dynamic-table-options.enabled' is set to true.",
      position);
}

TableDescription DescribeTable(const ObjectPath& path, const CatalogTable& table, const BindContext& context) {
  TableDescription out;
  out.identifier = path.ToString();
  for (const TableColumn& c : table.columns) {
    if (c.kind == TableColumnKind::kPhysical) out.physical.push_back({c.name, c.type, ""});
    if (c.kind == TableColumnKind::kMetadata) {
      out.metadata.push_back({c.name, c.metadata_key.empty() ? c.name : c.metadata_key, c.type, c.is_virtual});
    }
  }
  out.partition_keys = table.partition_keys;
  out.primary_key = table.primary_key;
  out.options = table.options;
  out.batch_mode = context.batch;
  return out;
}

namespace {

/// Options of a source with a watermark that no connector looks at.
Status CheckWatermarkOptions(const CatalogTable& table) {
  auto strategy = table.options.find("scan.watermark.emit.strategy");
  if (strategy == table.options.end() || table.watermarks.empty()) return {};
  const std::string value = UpperCase(strategy->second);
  if (value == "ON-EVENT" || value == "ON-PERIODIC" || value == "ON_EVENT" || value == "ON_PERIODIC") return {};
  return Error(ErrorCode::kOption,
               fmt::format("Could not parse value '{}' for key 'scan.watermark.emit.strategy'. Could not parse value "
                           "for enum class org.apache.flink.table.watermark.WatermarkEmitStrategy. Expected one of: "
                           "[[on-event, on-periodic]]",
                           strategy->second));
}

}  // namespace

Result<RelPtr> QueryBinder::BindTable(const ObjectPath& path, const std::vector<ast::Hint>& hints,
                                      TextPosition position) {
  CatalogTablePtr table = context_.catalog->FindTable(path);
  if (table == nullptr) return Invalid(fmt::format("Object '{}' not found", path.name), position);
  if (table->is_view) {
    for (const ast::Hint& hint : hints) {
      if (UpperCase(hint.name.name) == "OPTIONS") {
        return Invalid(
            fmt::format("View '{}' cannot be enriched with new options. Hints can only be applied to tables.",
                        path.ToQuoted()),
            position);
      }
    }
    if (++view_depth_ > kMaxViewDepth)
      return Invalid(fmt::format("view '{}' is nested too deeply", path.name), position);
    SLUICE_ASSIGN_OR_RETURN(ast::QueryPtr query, ParseQuery(table->original_query));
    Catalog at_view = *context_.catalog;
    at_view.current_catalog = table->view_catalog;
    at_view.current_database = table->view_database;
    BindContext context = context_;
    context.catalog = &at_view;
    QueryBinder binder(context);
    binder.view_depth_ = view_depth_;
    auto bound = binder.Bind(*query);
    --view_depth_;
    if (!bound.ok()) {
      return Error(bound.error().code(), bound.error().message(), position)
          .WithContext(fmt::format("view '{}'", path.name));
    }
    if ((*bound)->schema.size() != table->columns.size()) {
      return Invalid(fmt::format("view '{}' no longer has the columns it was created with", path.name), position);
    }
    std::vector<ExprPtr> columns;
    std::vector<std::string> names;
    bool renamed = false;
    for (size_t i = 0; i < table->columns.size(); ++i) {
      columns.push_back(ColumnRef((*bound)->schema, i));
      names.push_back(table->columns[i].name);
      renamed |= names.back() != (*bound)->schema[i].name;
    }
    return renamed ? MakeProject(*bound, std::move(columns), std::move(names)) : *bound;
  }

  if (!hints.empty()) {
    auto copy = std::make_shared<CatalogTable>(*table);
    SLUICE_RETURN_IF_ERROR(CheckOptionHints(*context_.options, position));
    for (const ast::Hint& hint : hints) {
      if (UpperCase(hint.name.name) != "OPTIONS") {
        return Invalid(fmt::format("Hint: {} should be registered in the HintStrategyTable", UpperCase(hint.name.name)),
                       hint.position);
      }
      if (hint.options.empty()) {
        return Invalid("Hint [OPTIONS] only support non empty key value options", hint.position);
      }
      for (const ast::Property& p : hint.options) copy->options[p.key.value] = p.value.value;
    }
    table = copy;
  }
  Status status;
  const ConnectorDescriptor* connector = FindTableConnector(*table, context_, &status);
  auto located = [&](const Error& e) {
    return Error(e.code(),
                 fmt::format("Unable to create a source for reading table '{}': {}", path.ToString(), e.message()),
                 position);
  };
  if (connector == nullptr) return located(status.error());
  if (!connector->is_source) {
    return Invalid(fmt::format("Connector '{}' can only be used as a sink. It cannot be used as a source (table '{}').",
                               connector->name, path.ToString()),
                   position);
  }
  auto scan = std::make_shared<ScanRel>();
  scan->position = position;
  scan->table = DescribeTable(path, *table, context_);
  auto capability = connector->source(scan->table);
  if (!capability.ok()) return located(capability.error());
  if (Status options = CheckWatermarkOptions(*table); !options.ok()) return options.error().At(position);
  scan->capability = std::move(*capability);
  for (size_t i = 0; i < scan->table.physical.size(); ++i) {
    scan->paths.push_back({static_cast<int>(i)});
    scan->schema.push_back(scan->table.physical[i]);
  }
  std::vector<DataType> declared;
  for (TableDescription::Metadata& m : scan->table.metadata) {
    const MetadataKey* key = nullptr;
    std::string known;
    for (const MetadataKey& k : scan->capability.metadata) {
      if (k.key == m.key && k.readable) key = &k;
      if (k.readable) known += "\n" + k.key;
    }
    if (key == nullptr) {
      return Invalid(
          fmt::format(
              "Invalid metadata key '{}' in column '{}' of table '{}'. The connector '{}' supports the following "
              "metadata keys for reading:{}",
              m.key, m.column, path.ToString(), connector->name, known),
          position);
    }
    if (!CastAllowed(key->type, m.type, false, nullptr)) {
      return Invalid(fmt::format("Invalid data type for metadata column '{}' with metadata key '{}' of table '{}'. The "
                                 "column cannot be declared as "
                                 "'{}' because the type must be castable from metadata type '{}'.",
                                 m.column, m.key, path.ToString(), m.type.ToString(), key->type.ToString()),
                     position);
    }
    declared.push_back(m.type);
    m.type = key->type;
    scan->schema.push_back({m.column, key->type, ""});
  }

  // Declared columns in declared order, computed ones over the others.
  Scope scope;
  Schema typed = scan->schema;
  std::vector<ExprPtr> base;
  for (size_t i = 0; i < typed.size(); ++i) {
    ExprPtr e = ColumnRef(scan->schema, i);
    if (i >= scan->table.physical.size()) e = Coerce(e, declared[i - scan->table.physical.size()]);
    typed[i].type = e->type;
    base.push_back(e);
  }
  scope.Add({path.name, {}, 0, 0}, typed);
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  bool plain = true;
  for (const TableColumn& c : table->columns) {
    names.push_back(c.name);
    if (c.kind == TableColumnKind::kComputed) {
      SLUICE_ASSIGN_OR_RETURN(ast::ExprPtr parsed, ParseExpression(c.expression));
      ExprBinder binder = MakeBinder(scope, "computed column");
      SLUICE_ASSIGN_OR_RETURN(ExprPtr e, binder.Bind(*parsed));
      columns.push_back(ExprSubstitute(e, base));
      plain = false;
      continue;
    }
    ast::Identifier id;
    id.name = c.name;
    SLUICE_ASSIGN_OR_RETURN(ExprPtr e, scope.Resolve({id}, position));
    plain &=
        base[static_cast<size_t>(e->input)]->kind == ExprKind::kInput && e->input == static_cast<int>(columns.size());
    columns.push_back(base[static_cast<size_t>(e->input)]);
  }
  RelPtr rel = scan;
  if (!plain) rel = MakeProject(rel, std::move(columns), std::move(names));
  if (table->watermarks.empty()) return rel;

  const TableWatermark& w = table->watermarks[0];
  auto assigner = std::make_shared<WatermarkRel>();
  assigner->schema = rel->schema;
  for (size_t i = 0; i < rel->schema.size(); ++i) {
    if (rel->schema[i].name == w.column) assigner->column = static_cast<int>(i);
  }
  Scope full;
  full.Add({path.name, {}, 0, 0}, rel->schema);
  ExprBinder binder = MakeBinder(full, "WATERMARK");
  SLUICE_ASSIGN_OR_RETURN(ast::ExprPtr parsed, ParseExpression(w.expression));
  SLUICE_ASSIGN_OR_RETURN(assigner->expression, binder.Bind(*parsed));
  auto& time = assigner->schema[static_cast<size_t>(assigner->column)].type;
  time = time.WithTimeAttribute(TimeAttribute::kRowtime);
  assigner->inputs = {rel};
  return RelPtr(assigner);
}

}  // namespace sluice::engine::sql
