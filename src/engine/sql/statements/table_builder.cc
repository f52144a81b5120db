#include "engine/sql/statements/table_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/sql/binder/bind_type.h"
#include "engine/sql/errors.h"
#include "engine/sql/parser/parser.h"
#include "engine/sql/parser/unparse.h"
#include "engine/sql/statements/ast_children.h"

namespace sluice::engine::sql {

namespace {

std::string NameList(const std::vector<TableColumn>& columns) {
  std::string out;
  for (const TableColumn& c : columns) out += (out.empty() ? "'" : ", '") + c.name + "'";
  return "[" + out + "]";
}

std::string PhysicalNames(const std::vector<TableColumn>& columns) {
  std::string out;
  for (const TableColumn& c : columns) {
    if (c.kind == TableColumnKind::kPhysical) out += (out.empty() ? "" : ", ") + c.name;
  }
  return "[" + out + "]";
}

bool HasQuery(const ast::Expr& e) {
  return e.kind == ast::ExprKind::kScalarSubquery || e.kind == ast::ExprKind::kExists ||
         (e.kind == ast::ExprKind::kIn && static_cast<const ast::InExpr&>(e).query != nullptr);
}

}  // namespace

const TableColumn* TableBuilder::Find(const std::string& name) const {
  for (const TableColumn& c : table_.columns) {
    if (c.name == name) return &c;
  }
  return nullptr;
}

Status TableBuilder::AddColumn(const ast::ColumnDef& column) {
  TableColumn out;
  out.name = column.name.ToString();
  if (const TableColumn* other = Find(out.name)) {
    const char* kind = other->kind == TableColumnKind::kPhysical   ? "regular"
                       : other->kind == TableColumnKind::kComputed ? "generated"
                                                                   : "metadata";
    return Invalid(fmt::format("A {} Column named '{}' already exists in the table.", kind, out.name), column.position);
  }
  if (column.comment) out.comment = column.comment->value;
  switch (column.kind) {
    case ast::ColumnKind::kPhysical: {
      if (!column.type) return Invalid(fmt::format("Column '{}' needs a type", out.name), column.position);
      // Flink's grammar has no such columns; a CAST may name the type.
      if (column.type->kind == ast::TypeKind::kInterval) {
        return Error(ErrorCode::kSyntax,
                     fmt::format("Incorrect syntax near the keyword 'INTERVAL' in column '{}': no column can have an "
                                 "interval's type",
                                 out.name),
                     column.type->position);
      }
      SLUICE_ASSIGN_OR_RETURN(out.type, BindType(*column.type));
      break;
    }
    case ast::ColumnKind::kMetadata: {
      out.kind = TableColumnKind::kMetadata;
      SLUICE_ASSIGN_OR_RETURN(out.type, BindType(*column.type));
      if (column.metadata_key) out.metadata_key = column.metadata_key->value;
      out.is_virtual = column.is_virtual;
      break;
    }
    case ast::ColumnKind::kComputed:
      if (HasQuery(*column.expr))
        return Invalid(fmt::format("Query expression encountered in illegal context (computed column '{}')", out.name),
                       column.position);
      out.kind = TableColumnKind::kComputed;
      NormalizeFunctionNames(*column.expr);
      out.expression = Unparse(*column.expr);
      break;
  }
  table_.columns.push_back(std::move(out));
  if (column.constraint) return AddConstraint(*column.constraint);
  return {};
}

Status TableBuilder::ReplaceColumn(const std::string& name, const ast::ColumnDef& column) {
  auto& columns = table_.columns;
  auto at = std::find_if(columns.begin(), columns.end(), [&](const TableColumn& c) { return c.name == name; });
  const auto index = at - columns.begin();
  auto comment = at->comment;
  columns.erase(at);
  SLUICE_RETURN_IF_ERROR(AddColumn(column));
  if (!columns.back().comment) columns.back().comment = std::move(comment);
  std::rotate(columns.begin() + index, columns.end() - 1, columns.end());
  return {};
}

Status TableBuilder::SetDistribution(const ast::Distribution& d) {
  std::string out = "DISTRIBUTED";
  if (!d.columns.empty()) {
    out += " BY ";
    if (d.kind != ast::DistributionKind::kUnknown) out += d.kind == ast::DistributionKind::kHash ? "HASH" : "RANGE";
    out += "(";
    for (size_t i = 0; i < d.columns.size(); ++i) {
      const TableColumn* column = Find(d.columns[i].name);
      if (column == nullptr || column->kind != TableColumnKind::kPhysical) {
        return Invalid(fmt::format("Invalid bucket key '{}'. A bucket key for a distribution must reference a physical "
                                   "column in the schema. "
                                   "Available columns are: {}",
                                   d.columns[i].name, PhysicalNames(table_.columns)),
                       d.columns[i].position);
      }
      out += (i > 0 ? ", " : "") + QuoteIdentifier(d.columns[i].name);
    }
    out += ")";
  }
  if (d.buckets && *d.buckets < 1) {
    return Invalid(fmt::format("Invalid bucket count '{}'. The number of buckets for a distributed table must be at "
                               "least 1.",
                               *d.buckets),
                   d.position);
  }
  if (d.buckets) out += fmt::format(" INTO {} BUCKETS", *d.buckets);
  table_.distribution = std::move(out);
  return {};
}

Status TableBuilder::AddConstraint(const ast::Constraint& constraint) {
  if (constraint.kind == ast::ConstraintKind::kUnique)
    return Invalid("UNIQUE constraint is not supported yet", constraint.position);
  if (constraint.enforced.value_or(true)) {
    return Invalid(
        "Flink doesn't support ENFORCED mode for PRIMARY KEY constraint. ENFORCED/NOT ENFORCED controls if the "
        "constraint "
        "checks are performed on the incoming/outgoing data. Flink does not own the data therefore the only supported "
        "mode "
        "is the NOT ENFORCED mode",
        constraint.position);
  }
  if (!table_.primary_key.empty()) return Invalid("Duplicate primary key definition", constraint.position);
  std::string joined;
  for (const ast::Identifier& id : constraint.columns) {
    table_.primary_key.push_back(id.name);
    joined += "_" + id.name;
  }
  const std::set<std::string> distinct(table_.primary_key.begin(), table_.primary_key.end());
  if (distinct.size() != table_.primary_key.size()) {
    std::set<std::string> seen;
    std::string repeated;
    for (const std::string& name : table_.primary_key) {
      if (!seen.insert(name).second) repeated += (repeated.empty() ? "" : ", ") + name;
    }
    return Invalid(
        fmt::format("Invalid primary key '{}'. A primary key must not contain duplicate columns. Found: [{}]",
                    constraint.name ? constraint.name->name : "PK" + joined, repeated),
        constraint.position);
  }
  table_.primary_key_name = constraint.name ? constraint.name->name : "PK" + joined;
  position_ = constraint.position;
  return {};
}

Status TableBuilder::AddWatermark(const ast::WatermarkDef& watermark) {
  if (!table_.watermarks.empty())
    return Invalid("Multiple WATERMARK declarations are not supported yet.", watermark.position);
  const std::string column = watermark.column.ToString();
  if (watermark.column.parts.size() == 1 && Find(column) == nullptr) {
    return Invalid(
        fmt::format("The rowtime attribute field '{}' is not defined in the table schema, at line {}, column "
                    "{}\nAvailable fields: {}",
                    column, watermark.column.position.line, watermark.column.position.column, NameList(table_.columns)),
        watermark.position);
  }
  if (watermark.column.parts.size() > 1) {
    std::string names;
    for (const TableColumn& c : table_.columns) names += (names.empty() ? "" : ", ") + c.name;
    return Invalid(
        fmt::format(
            "Invalid column name '{}' for rowtime attribute in watermark declaration. Available columns are: [{}]",
            column, names),
        watermark.position);
  }
  NormalizeFunctionNames(*watermark.expr);
  table_.watermarks.push_back({column, Unparse(*watermark.expr)});
  return {};
}

Status TableBuilder::SetPartitionKeys(const std::vector<ast::Identifier>& keys) {
  for (const ast::Identifier& key : keys) {
    const TableColumn* column = Find(key.name);
    if (column == nullptr) {
      return Invalid(fmt::format("Partition column '{}' not defined in the table schema. Available columns: {}",
                                 key.name, NameList(table_.columns)),
                     key.position);
    }
    if (column->kind != TableColumnKind::kPhysical) {
      return Invalid(fmt::format("Invalid partition key '{}'. A partition key must reference a physical column in the "
                                 "schema. Available columns are: {}",
                                 key.name, PhysicalNames(table_.columns)),
                     key.position);
    }
    table_.partition_keys.push_back(key.name);
  }
  return {};
}

Status TableBuilder::AddSchema(const ast::TableSchema& schema) {
  for (const ast::ColumnDef& c : schema.columns) SLUICE_RETURN_IF_ERROR(AddColumn(c));
  for (const ast::Constraint& c : schema.constraints) SLUICE_RETURN_IF_ERROR(AddConstraint(c));
  for (const ast::WatermarkDef& w : schema.watermarks) SLUICE_RETURN_IF_ERROR(AddWatermark(w));
  return {};
}

void TableBuilder::AddOptions(const std::vector<ast::Property>& options) {
  for (const ast::Property& p : options) table_.options[p.key.value] = p.value.value;
}

Status TableBuilder::ResolveComputed(TableColumn& column) {
  Scope scope;
  Schema others;
  for (const TableColumn& c : table_.columns) {
    if (c.kind != TableColumnKind::kComputed) others.push_back({c.name, c.type, ""});
  }
  scope.Add({"", {}, 0, 0}, others);
  SLUICE_ASSIGN_OR_RETURN(ast::ExprPtr parsed, ParseExpression(column.expression));
  ExprBinder binder(context_, scope);
  binder.clause = "computed column";
  auto bound = binder.Bind(*parsed);
  if (!bound.ok()) {
    const std::string& message = bound.error().message();
    // Flink words a missing name differently here.
    const size_t quote = message.find('\'');
    if (message.starts_with("Column '") && message.find("not found") != std::string::npos) {
      return Invalid(
          fmt::format("Unknown identifier '{}'", message.substr(quote + 1, message.find('\'', quote + 1) - quote - 1)),
          {});
    }
    return Error(bound.error().code(),
                 fmt::format("Invalid expression for computed column '{}': {}", column.name, message));
  }
  column.type = (*bound)->type;
  return {};
}

Status TableBuilder::CheckWatermark(const TableWatermark& watermark) {
  const TableColumn* column = Find(watermark.column);
  if (column == nullptr)
    return Invalid(fmt::format("The rowtime attribute field '{}' is not defined in the table schema", watermark.column),
                   {});
  if (column->type.is_proctime())
    return Invalid(
        fmt::format("A watermark can not be defined for a processing-time attribute. (column '{}')", column->name), {});
  auto check = [&](const DataType& type, std::string_view what, std::string_view name) -> Status {
    if (type.is_timestamp() && type.precision() <= 3) return {};
    return Invalid(fmt::format("Invalid data type of {} for watermark definition. The field must be of type "
                               "TIMESTAMP(p) or TIMESTAMP_LTZ(p), "
                               "the supported precision 'p' is from 0 to 3, but the {} is {}",
                               what, name, type.ToString()),
                   {});
  };
  const std::vector<std::string>& key = table_.primary_key;
  const bool in_key = std::find(key.begin(), key.end(), column->name) != key.end();
  SLUICE_RETURN_IF_ERROR(check(in_key ? column->type.NotNull() : column->type, "time field", "time field type"));
  Scope scope;
  Schema all;
  for (const TableColumn& c : table_.columns) all.push_back({c.name, c.type, ""});
  scope.Add({"", {}, 0, 0}, all);
  SLUICE_ASSIGN_OR_RETURN(ast::ExprPtr parsed, ParseExpression(watermark.expression));
  ExprBinder binder(context_, scope);
  binder.clause = "WATERMARK";
  SLUICE_ASSIGN_OR_RETURN(ExprPtr bound, binder.Bind(*parsed));
  return check(bound->type, "expression", "watermark expression type");
}

Result<CatalogTablePtr> TableBuilder::Build() {
  for (const std::string& key : table_.primary_key) {
    auto at =
        std::find_if(table_.columns.begin(), table_.columns.end(), [&](const TableColumn& c) { return c.name == key; });
    if (at == table_.columns.end())
      return Invalid(fmt::format("Primary key column '{}' is not defined in the schema", key), position_);
    if (at->kind != TableColumnKind::kPhysical)
      return Invalid(fmt::format("Could not create a PRIMARY KEY with column '{}'.\nA PRIMARY KEY constraint must be "
                                 "declared on physical columns.",
                                 key),
                     position_);
    at->type = at->type.NotNull();
  }
  // After the key: it makes columns NOT NULL, and computed columns follow.
  for (TableColumn& c : table_.columns) {
    if (c.kind == TableColumnKind::kComputed) SLUICE_RETURN_IF_ERROR(ResolveComputed(c));
  }
  for (const TableWatermark& w : table_.watermarks) SLUICE_RETURN_IF_ERROR(CheckWatermark(w));
  return std::make_shared<const CatalogTable>(table_);
}

}  // namespace sluice::engine::sql
