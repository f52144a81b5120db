// ALTER TABLE and ALTER VIEW.
#include "engine/sql/statements/table_builder.h"

namespace sluice::engine::sql {

Result<StatementResult> AlterTable(SessionState&, const ast::AlterTableStatement& s) {
  return Error(ErrorCode::kNotSupported, "not supported yet: ALTER TABLE", s.position);
}

Result<StatementResult> AlterView(SessionState&, const ast::AlterViewStatement& s) {
  return Error(ErrorCode::kNotSupported, "not supported yet: ALTER VIEW", s.position);
}

}  // namespace sluice::engine::sql
