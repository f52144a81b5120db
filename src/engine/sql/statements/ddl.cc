// Statements that change the catalog: one case each.
#include <fmt/format.h>

#include "engine/sql/statements/table_builder.h"

namespace sluice::engine::sql {

Result<StatementResult> ExecuteDdl(SessionState& state, const ast::Statement& statement) {
  using K = ast::StatementKind;
  switch (statement.kind) {
    case K::kCreateTable: return CreateTable(state, static_cast<const ast::CreateTableStatement&>(statement));
    case K::kCreateView: return CreateView(state, static_cast<const ast::CreateViewStatement&>(statement));
    case K::kDropTable:
    case K::kDropView: return DropTableOrView(state, static_cast<const ast::DropStatement&>(statement));
    default: break;
  }
  return Error(ErrorCode::kNotSupported, "not supported yet: this statement", statement.position);
}

}  // namespace sluice::engine::sql
