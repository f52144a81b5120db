// Examples of functions for their reference page, beside those that stand at the declarations: of operators, and of
// aggregates. The results are Apache Flink's; `sluice test` runs them all.
#pragma once

#include <string_view>
#include <vector>

namespace sluice::cli {

struct FunctionExample {
  std::string_view function;
  std::string_view call;
  std::string_view result;
};

const std::vector<FunctionExample>& ScalarExamples();
/// Over the rows of kAggregateRows.
const std::vector<FunctionExample>& AggregateExamples();
inline constexpr std::string_view kAggregateRows =
    "(VALUES ('a', 1), ('b', 2), ('a', 4), ('b', CAST(NULL AS INT))) AS t(k, x)";

}  // namespace sluice::cli
