// A SQL session: catalog, current database, options; statements in, results or plans out. The one door to SQL for the
// shell, the gateway, `sluice test` and the engine's packages. Not thread-safe: one caller at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/plan/descriptors.h"
#include "engine/plan/physical_plan.h"
#include "engine/types/data_type.h"

namespace sluice::engine {
class FunctionRegistry;
}

namespace sluice::engine::sql {

enum class ResultKind : uint8_t {
  kOk,      // done, nothing to show (CREATE, SET, USE, …)
  kRows,    // SHOW, DESCRIBE, EXPLAIN: `rows` under `schema`, ready now
  kQuery,   // SELECT: run `plan`; its only root is a CollectNode with `schema`
  kInsert,  // INSERT, EXECUTE STATEMENT SET, CTAS: run `plan`; when it ends, answer "job finished"
};

struct StatementResult {
  ResultKind kind = ResultKind::kOk;
  Schema schema;
  /// kRows: displayed fields; nullopt is NULL.
  std::vector<std::vector<std::optional<std::string>>> rows;
  PhysicalPlan plan;  // kQuery, kInsert
};

/// What a session needs from outside; all pointers outlive it.
struct SessionEnvironment {
  const ConnectorCatalog* connectors = nullptr;
  const FunctionRegistry* functions = nullptr;
  std::function<int64_t()> now_ms;  // wall clock, for CURRENT_TIMESTAMP in batch and constant folding
  std::function<uint64_t()> random;
};

class Session {
 public:
  /// Options given here are what RESET goes back to ("execution.runtime-mode" = "batch" makes a batch session).
  Session(SessionEnvironment environment, OptionMap defaults);
  ~Session();

  /// One statement; a trailing ';' is allowed. Within EXECUTE STATEMENT SET BEGIN … END the set is one statement;
  /// after BEGIN STATEMENT SET, INSERTs are collected (kOk) until END (kInsert).
  Result<StatementResult> Execute(std::string_view statement);

  /// Executes every statement of a script in order; `each` sees every result and may run its plan; stops at the first
  /// error, whose position is the place in the whole text.
  Status ExecuteScript(std::string_view text,
                       const std::function<Status(std::string_view statement, StatementResult)>& each);

  /// Options as SET left them, defaults included.
  const OptionMap& options() const;
  /// Names that can stand where a completion is asked for (tables, columns, functions, keywords).
  std::vector<std::string> Completions(std::string_view prefix) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::engine::sql
