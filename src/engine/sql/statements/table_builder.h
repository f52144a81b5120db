// CREATE TABLE's columns, keys and watermarks checked and put together. Also the ground for LIKE and ALTER TABLE.
#pragma once

#include <string>
#include <vector>

#include "engine/sql/session_state.h"

namespace sluice::engine::sql {

/// Adds the parts of a schema one by one; Build checks the whole. Expressions are bound once here, so that a table that
/// is in the catalog can be read.
class TableBuilder {
 public:
  TableBuilder(const BindContext& context, CatalogTable base) : context_(context), table_(std::move(base)) {}

  Status AddColumn(const ast::ColumnDef& column);
  /// The column `name` becomes `column`, in its place; its comment stays if `column` has none.
  Status ReplaceColumn(const std::string& name, const ast::ColumnDef& column);
  Status AddConstraint(const ast::Constraint& constraint);
  Status AddWatermark(const ast::WatermarkDef& watermark);
  Status SetPartitionKeys(const std::vector<ast::Identifier>& keys);
  Status SetDistribution(const ast::Distribution& distribution);
  /// Everything between the parentheses.
  Status AddSchema(const ast::TableSchema& schema);
  void AddOptions(const std::vector<ast::Property>& options);

  CatalogTable& table() { return table_; }
  /// Computed columns get their types, watermarks are checked.
  Result<CatalogTablePtr> Build();

 private:
  const TableColumn* Find(const std::string& name) const;
  Status ResolveComputed(TableColumn& column);
  Status CheckWatermark(const TableWatermark& watermark);

  const BindContext& context_;
  CatalogTable table_;
  TextPosition position_;
};

/// Names of objects have 1 to 3 parts.
Status CheckName(const ast::CompoundName& name);
ObjectPath QualifyName(const SessionState& state, const ast::CompoundName& name);
/// "Database x does not exist in Catalog y." unless it does.
Status CheckDatabase(const SessionState& state, const ObjectPath& path, TextPosition position);

Result<StatementResult> CreateTable(SessionState& state, const ast::CreateTableStatement& statement);
Result<StatementResult> CreateView(SessionState& state, const ast::CreateViewStatement& statement);
/// Result columns and texts of a view's query, for CREATE VIEW and ALTER VIEW … AS.
Result<CatalogTable> DescribeViewQuery(SessionState& state, const ast::Query& query, std::string text,
                                       const std::vector<ast::Identifier>& names);
Result<StatementResult> DropTableOrView(SessionState& state, const ast::DropStatement& statement);
// alter_table.cc
Result<StatementResult> AlterTable(SessionState& state, const ast::AlterTableStatement& statement);
Result<StatementResult> AlterView(SessionState& state, const ast::AlterViewStatement& statement);
/// LIKE clause (create_like.cc): `target` is the statement's own part; answers the merged table.
Status ApplyLike(SessionState& state, const ast::CreateTableStatement& statement, TableBuilder& builder);

}  // namespace sluice::engine::sql
