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

Status RefuseHintsOfView(const ObjectPath& path, const std::vector<ast::Hint>& hints, TextPosition position) {
  for (const ast::Hint& hint : hints) {
    if (UpperCase(hint.name.name) != "OPTIONS") continue;
    return Invalid(fmt::format("View '{}' cannot be enriched with new options. Hints can only be applied to tables.",
                               path.ToQuoted()),
                   position);
  }
  return {};
}

/// The table with the options of its OPTIONS hints.
Result<CatalogTablePtr> WithHints(const CatalogTablePtr& table, const std::vector<ast::Hint>& hints,
                                  const OptionMap& session, TextPosition position) {
  if (hints.empty()) return table;
  SLUICE_RETURN_IF_ERROR(CheckOptionHints(session, position));
  auto copy = std::make_shared<CatalogTable>(*table);
  for (const ast::Hint& hint : hints) {
    if (UpperCase(hint.name.name) != "OPTIONS") {
      return Invalid(fmt::format("Hint: {} should be registered in the HintStrategyTable", UpperCase(hint.name.name)),
                     hint.position);
    }
    if (hint.options.empty()) return Invalid("Hint [OPTIONS] only support non empty key value options", hint.position);
    for (const ast::Property& p : hint.options) copy->options[p.key.value] = p.value.value;
  }
  return CatalogTablePtr(copy);
}

/// `rel` under the names that the view's columns have.
RelPtr WithViewNames(const RelPtr& rel, const CatalogTable& view) {
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  bool renamed = false;
  for (size_t i = 0; i < view.columns.size(); ++i) {
    columns.push_back(ColumnRef(rel->schema, i));
    names.push_back(view.columns[i].name);
    renamed |= names.back() != rel->schema[i].name;
  }
  return renamed ? MakeProject(rel, std::move(columns), std::move(names)) : rel;
}

/// What the connector gives for metadata column `m`.
Result<DataType> MetadataType(const TableDescription::Metadata& m, const TableCapability& capability,
                              const std::string& connector, const ObjectPath& path, TextPosition position) {
  std::string known;
  for (const MetadataKey& k : capability.metadata) {
    if (!k.readable) continue;
    known += "\n" + k.key;
    if (k.key != m.key) continue;
    if (CastAllowed(k.type, m.type, false, nullptr)) return k.type;
    return Invalid(fmt::format("Invalid data type for metadata column '{}' with metadata key '{}' of table '{}'. The "
                               "column cannot be declared as '{}' because the type must be castable from metadata type "
                               "'{}'.",
                               m.column, m.key, path.ToString(), m.type.ToString(), k.type.ToString()),
                   position);
  }
  return Invalid(fmt::format("Invalid metadata key '{}' in column '{}' of table '{}'. The connector '{}' supports the "
                             "following metadata keys for reading:{}",
                             m.key, m.column, path.ToString(), connector, known),
                 position);
}

/// A scan of all physical and metadata columns, and those as they were declared: metadata cast to its declared type.
struct Scanned {
  std::shared_ptr<ScanRel> scan;
  std::vector<ExprPtr> columns;
};

Result<Scanned> MakeScan(const ObjectPath& path, const CatalogTable& table, const BindContext& context,
                         TextPosition position) {
  auto located = [&](const Error& e) {
    return Error(e.code(),
                 fmt::format("Unable to create a source for reading table '{}': {}", path.ToString(), e.message()),
                 position);
  };
  Status status;
  const ConnectorDescriptor* connector = FindTableConnector(table, context, &status);
  if (connector == nullptr) return located(status.error());
  if (!connector->is_source) {
    return Invalid(fmt::format("Connector '{}' can only be used as a sink. It cannot be used as a source (table '{}').",
                               connector->name, path.ToString()),
                   position);
  }
  Scanned out;
  out.scan = std::make_shared<ScanRel>();
  ScanRel& scan = *out.scan;
  scan.position = position;
  scan.table = DescribeTable(path, table, context);
  auto capability = connector->source(scan.table);
  if (!capability.ok()) return located(capability.error());
  if (Status options = CheckWatermarkOptions(table); !options.ok()) return options.error().At(position);
  scan.capability = std::move(*capability);
  for (size_t i = 0; i < scan.table.physical.size(); ++i) {
    scan.paths.push_back({static_cast<int>(i)});
    scan.schema.push_back(scan.table.physical[i]);
    out.columns.push_back(ColumnRef(scan.schema, i));
  }
  for (TableDescription::Metadata& m : scan.table.metadata) {
    SLUICE_ASSIGN_OR_RETURN(const DataType given, MetadataType(m, scan.capability, connector->name, path, position));
    scan.schema.push_back({m.column, given, ""});
    out.columns.push_back(Coerce(ColumnRef(scan.schema, scan.schema.size() - 1), m.type));
    m.type = given;
  }
  return out;
}

}  // namespace

Result<RelPtr> QueryBinder::BindTable(const ObjectPath& path, const std::vector<ast::Hint>& hints,
                                      TextPosition position) {
  CatalogTablePtr table = context_.catalog->FindTable(path);
  if (table == nullptr) return Invalid(fmt::format("Object '{}' not found", path.name), position);
  if (table->is_view) {
    SLUICE_RETURN_IF_ERROR(RefuseHintsOfView(path, hints, position));
    return BindView(path, *table, position);
  }
  SLUICE_ASSIGN_OR_RETURN(table, WithHints(table, hints, *context_.options, position));
  SLUICE_ASSIGN_OR_RETURN(const Scanned scanned, MakeScan(path, *table, context_, position));
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, BindColumns(path, *table, scanned.scan, scanned.columns, position));
  return table->watermarks.empty() ? rel : BindWatermark(path, table->watermarks[0], rel);
}

Result<RelPtr> QueryBinder::BindView(const ObjectPath& path, const CatalogTable& view, TextPosition position) {
  if (view_depth_ + 1 > kMaxViewDepth) {
    return Invalid(fmt::format("view '{}' is nested too deeply", path.name), position);
  }
  SLUICE_ASSIGN_OR_RETURN(ast::QueryPtr query, ParseQuery(view.original_query));
  Catalog at_view = *context_.catalog;
  at_view.current_catalog = view.view_catalog;
  at_view.current_database = view.view_database;
  BindContext context = context_;
  context.catalog = &at_view;
  QueryBinder binder(context);
  binder.view_depth_ = view_depth_ + 1;
  auto bound = binder.Bind(*query);
  if (!bound.ok()) {
    return Error(bound.error().code(), bound.error().message(), position)
        .WithContext(fmt::format("view '{}'", path.name));
  }
  if ((*bound)->schema.size() != view.columns.size()) {
    return Invalid(fmt::format("view '{}' no longer has the columns it was created with", path.name), position);
  }
  return WithViewNames(*bound, view);
}

Result<RelPtr> QueryBinder::BindColumns(const ObjectPath& path, const CatalogTable& table, const RelPtr& scan,
                                        const std::vector<ExprPtr>& declared, TextPosition position) {
  Schema typed = scan->schema;
  for (size_t i = 0; i < typed.size(); ++i) typed[i].type = declared[i]->type;
  Scope scope;
  scope.Add({path.name, {}, 0, 0}, typed);
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  bool plain = true;  // the scan's columns in their order
  for (const TableColumn& c : table.columns) {
    names.push_back(c.name);
    if (c.kind == TableColumnKind::kComputed) {
      SLUICE_ASSIGN_OR_RETURN(ast::ExprPtr parsed, ParseExpression(c.expression));
      SLUICE_ASSIGN_OR_RETURN(ExprPtr e, MakeBinder(scope, "computed column").Bind(*parsed));
      columns.push_back(ExprSubstitute(e, declared));
      plain = false;
      continue;
    }
    ast::Identifier id;
    id.name = c.name;
    SLUICE_ASSIGN_OR_RETURN(ExprPtr e, scope.Resolve({id}, position));
    const ExprPtr& column = declared[static_cast<size_t>(e->input)];
    plain &= column->kind == ExprKind::kInput && e->input == static_cast<int>(columns.size());
    columns.push_back(column);
  }
  return plain ? scan : MakeProject(scan, std::move(columns), std::move(names));
}

Result<RelPtr> QueryBinder::BindWatermark(const ObjectPath& path, const TableWatermark& watermark, const RelPtr& rel) {
  auto assigner = std::make_shared<WatermarkRel>();
  assigner->schema = rel->schema;
  for (size_t i = 0; i < rel->schema.size(); ++i) {
    if (rel->schema[i].name == watermark.column) assigner->column = static_cast<int>(i);
  }
  Scope scope;
  scope.Add({path.name, {}, 0, 0}, rel->schema);
  SLUICE_ASSIGN_OR_RETURN(ast::ExprPtr parsed, ParseExpression(watermark.expression));
  SLUICE_ASSIGN_OR_RETURN(assigner->expression, MakeBinder(scope, "WATERMARK").Bind(*parsed));
  DataType& time = assigner->schema[static_cast<size_t>(assigner->column)].type;
  time = time.WithTimeAttribute(TimeAttribute::kRowtime);
  assigner->inputs = {rel};
  return RelPtr(assigner);
}

}  // namespace sluice::engine::sql
