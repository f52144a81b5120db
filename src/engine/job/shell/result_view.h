// How the rows of a query appear in the shell: the result modes of Flink's SQL client.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "engine/job/result_display.h"
#include "engine/types/data_type.h"

namespace sluice::engine::shell {

enum class ResultMode : uint8_t {
  kTable,      // the table that the changelog makes; shown live on a terminal, printed once at the end
  kChangelog,  // every change with its kind
  kTableau,    // changes with their kind in streaming mode, the finished table in batch mode
};

/// One query's rows; one thread.
class ResultView {
 public:
  virtual ~ResultView() = default;
  virtual void Begin() {}
  virtual void Add(std::vector<DisplayedRow> rows) = 0;
  /// Called now and then while the query runs.
  virtual void Refresh() {}
  /// The last lines, up to "N rows in set (1.20 seconds)".
  virtual void End(bool terminated, const std::string& time_cost) = 0;
  /// The query failed: leaves what was printed in order.
  virtual void Abort() {}
};

struct ViewOptions {
  ResultMode mode = ResultMode::kTableau;
  bool batch = false;
  size_t max_column_width = 30;
  bool live = false;  // `out` is a terminal that understands cursor movements
  size_t live_rows = 20;
};

std::unique_ptr<ResultView> MakeResultView(const Schema& schema, const ViewOptions& options, std::ostream& out);

}  // namespace sluice::engine::shell
