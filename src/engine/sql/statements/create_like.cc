// CREATE TABLE … LIKE.
#include "engine/sql/statements/table_builder.h"

namespace sluice::engine::sql {

Status ApplyLike(SessionState&, const ast::CreateTableStatement& statement, TableBuilder&) {
  return Error(ErrorCode::kNotSupported, "not supported yet: CREATE TABLE … LIKE", statement.like->position);
}

}  // namespace sluice::engine::sql
