// SHOW and DESCRIBE.
#include "engine/sql/session_state.h"

namespace sluice::engine::sql {

Result<StatementResult> ExecuteShow(SessionState&, const ast::Statement& statement) {
  return Error(ErrorCode::kNotSupported, "not supported yet: SHOW and DESCRIBE", statement.position);
}

}  // namespace sluice::engine::sql
