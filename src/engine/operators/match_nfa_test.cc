// Expected matches are Apache Flink's: match_basic.stest and match_skip.stest of the corpus.
#include "engine/operators/match_nfa.h"

#include <gmock/gmock.h>

namespace sluice::engine {
namespace {

using testing::ElementsAre;

enum : int { kA, kB, kC };

/// Rows are values; the answer shows them by variable: "A1 B2 B3 C4".
std::vector<std::string> Matches(const std::vector<MatchElement>& pattern, const std::vector<int>& values,
                                 const std::function<bool(int, const std::vector<int>& first_a, int)>& accepts,
                                 MatchSkipTo skip, int skip_variable = -1, int64_t within = 0) {
  const MatchMachine machine(MatchPattern(pattern), skip, skip_variable, "X", within);
  MatchRuns runs;
  std::vector<std::string> out;
  auto emit = [&](const MatchedRows& rows) -> Status {
    std::string text;
    for (const auto& [row, variable] : rows) {
      text +=
          (text.empty() ? "" : " ") + std::string(1, static_cast<char>('A' + variable)) + std::to_string(values[row]);
    }
    out.push_back(text);
    return {};
  };
  for (uint64_t row = 0; row < values.size(); ++row) {
    auto ask = [&](int variable, const MatchedRows& rows, uint64_t at) -> Result<bool> {
      std::vector<int> a;
      for (const auto& [r, v] : rows) {
        if (v == kA) a.push_back(values[r]);
      }
      return accepts(variable, a, values[at]);
    };
    Status s = machine.Advance(runs, static_cast<int64_t>(row), emit);
    if (s.ok()) s = machine.Process(runs, row, static_cast<int64_t>(row), ask, emit);
    if (!s.ok()) {
      out.push_back(s.error().message());
      break;
    }
    std::string bytes;
    runs.Save(bytes);
    MatchRuns loaded;
    EXPECT_TRUE(loaded.Load(bytes));
    runs = std::move(loaded);
  }
  return out;
}

const std::vector<int> kValues = {1, 2, 3, 4, 5, 0, 1, 2};

bool Rising(int variable, const std::vector<int>& a, int v) {
  return variable == kA ? v > 0 : variable == kB ? v > a.back() : v >= 0;
}

const std::vector<MatchElement> kAbbc = {{kA, 1, 1}, {kB, 2, 2}, {kC, 1, 1}};

TEST(MatchNfa, SkipStrategies) {
  EXPECT_THAT(Matches(kAbbc, kValues, Rising, MatchSkipTo::kPastLastRow), ElementsAre("A1 B2 B3 C4"));
  EXPECT_THAT(Matches(kAbbc, kValues, Rising, MatchSkipTo::kNextRow),
              ElementsAre("A1 B2 B3 C4", "A2 B3 B4 C5", "A3 B4 B5 C0"));
  EXPECT_THAT(Matches(kAbbc, kValues, Rising, MatchSkipTo::kLast, kB), ElementsAre("A1 B2 B3 C4", "A3 B4 B5 C0"));
  EXPECT_THAT(Matches(kAbbc, kValues, Rising, MatchSkipTo::kFirst, kC), ElementsAre("A1 B2 B3 C4"));
  EXPECT_THAT(Matches(kAbbc, kValues, Rising, MatchSkipTo::kFirst, kA),
              ElementsAre("Could not skip to first element of a match."));
}

TEST(MatchNfa, GreedyTakesWhatItCan) {
  // A D+ U of match_basic: prices 10 8 7 12 11 13.
  auto dip = [](int variable, const std::vector<int>& a, int v) {
    return variable == kA || (variable == kB ? v < a.back() : v > a.back());
  };
  EXPECT_THAT(Matches({{kA, 1, 1}, {kB, 1, -1}, {kC, 1, 1}}, {10, 8, 7, 12, 11, 13}, dip, MatchSkipTo::kPastLastRow),
              ElementsAre("A10 B8 B7 C12"));
  // A row that greedy B would take never goes to C.
  auto any_c = [](int variable, const std::vector<int>&, int v) { return variable == kB ? v > 5 : true; };
  EXPECT_THAT(Matches({{kA, 1, 1}, {kB, 0, -1}, {kC, 1, 1}}, {1, 9, 8, 2}, any_c, MatchSkipTo::kPastLastRow),
              ElementsAre("A1 B9 B8 C2"));
}

TEST(MatchNfa, OptionalAndReluctant) {
  auto range = [](int variable, const std::vector<int>&, int v) {
    return variable == kA ? v >= 10 : variable == kB ? v < 8 : v > 10;
  };
  EXPECT_THAT(Matches({{kA, 1, 1}, {kB, 0, 1}, {kC, 1, 1}}, {10, 8, 7, 12, 11, 13}, range, MatchSkipTo::kPastLastRow),
              ElementsAre("A12 C11"));
  auto all = [](int, const std::vector<int>&, int) { return true; };
  EXPECT_THAT(Matches({{kA, 1, 1}, {kB, 1, -1, false}}, {1, 2, 3, 4}, all, MatchSkipTo::kPastLastRow),
              ElementsAre("A1 B2", "A3 B4"));
}

TEST(MatchNfa, WithinEndsRuns) {
  auto b_is_nine = [](int variable, const std::vector<int>&, int v) { return variable == kA ? v == 1 : v == 9; };
  const std::vector<MatchElement> pattern = {{kA, 1, -1}, {kB, 1, 1}};
  EXPECT_THAT(Matches(pattern, {1, 1, 1, 9}, b_is_nine, MatchSkipTo::kPastLastRow, -1, 3), ElementsAre("A1 A1 B9"));
}

}  // namespace
}  // namespace sluice::engine
