// The automaton behind MATCH_RECOGNIZE, after Flink's CEP library (NFACompiler, NFA, AfterMatchSkipStrategy) for what
// SQL asks of it: variables in a row, each with a quantifier, strict contiguity. Pure: rows are numbers, conditions are
// asked through a function.
//
// Flink's reading of "greedy" is kept: a row that a greedy variable would take is never given to what follows it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::engine {

struct MatchElement {
  int variable = 0;
  int64_t min = 1;
  int64_t max = 1;  // -1: unbounded
  bool greedy = true;
};

/// AFTER MATCH SKIP …
enum class MatchSkipTo : uint8_t { kNextRow, kPastLastRow, kFirst, kLast };

/// Rows (by their number) with the variable that each was given to, in order.
using MatchedRows = std::vector<std::pair<uint64_t, int>>;

/// The pattern; immutable, shared by all keys.
class MatchPattern {
 public:
  struct Condition {
    int variable = -1;        // must take the row; -1: nothing asked
    std::vector<int> not_by;  // variables that must not
  };
  struct Edge {
    bool take = false;  // else: proceeds to `target` without a row
    int target = 0;
    Condition condition;
  };
  struct State {
    int variable = -1;
    std::vector<Edge> edges;
  };
  static constexpr int kFinal = 0;

  explicit MatchPattern(const std::vector<MatchElement>& elements);
  int start() const { return start_; }
  const std::vector<State>& states() const { return states_; }

 private:
  int Add(int variable);
  /// A state that takes one row on to `sink`; optional: or goes to `proceed` without one.
  int AddSingle(int variable, int sink, int proceed, bool optional, bool greedy);
  /// What follows a greedy variable takes only rows that the variable would not.
  void YieldTo(int state, int variable);

  std::vector<State> states_;
  int start_ = 0;
};

/// The runs of one key: matches in the making, and complete ones that wait for earlier beginnings to be decided.
struct MatchRuns {
  struct Run {
    int state = 0;
    MatchedRows rows;
    int64_t start_time = 0;
  };
  std::vector<Run> partial;  // without the one that waits for a first row, which is always there
  std::vector<Run> completed;

  void Save(std::string& out) const;
  bool Load(std::string_view in);
  /// The oldest row that a run still holds; nothing if none.
  std::optional<uint64_t> OldestRow() const;
};

class MatchMachine {
 public:
  /// Does `variable` accept row `row` after `rows`?
  using Accepts = std::function<Result<bool>(int variable, const MatchedRows& rows, uint64_t row)>;
  using Emit = std::function<Status(const MatchedRows&)>;

  /// within_ms 0: no limit. `skip_name` is for error texts.
  MatchMachine(MatchPattern pattern, MatchSkipTo skip, int skip_variable, std::string skip_name, int64_t within_ms)
      : pattern_(std::move(pattern)),
        skip_(skip),
        skip_variable_(skip_variable),
        skip_name_(std::move(skip_name)),
        within_ms_(within_ms) {}

  /// Time has reached `time`: runs that began too long ago end without a match.
  Status Advance(MatchRuns& runs, int64_t time, const Emit& emit) const;
  /// The next row of the key, which has a higher number than all before.
  Status Process(MatchRuns& runs, uint64_t row, int64_t time, const Accepts& accepts, const Emit& emit) const;

 private:
  struct Step;
  Result<bool> Holds(const MatchPattern::Condition& condition, Step& step) const;
  Status Next(const MatchRuns::Run& run, Step& step, std::vector<MatchRuns::Run>& partial,
              std::vector<MatchRuns::Run>& complete) const;
  Result<bool> ReachesEnd(int state, Step& step) const;
  Status EmitComplete(MatchRuns& runs, const Emit& emit) const;
  /// Beginnings up to the answer, inclusive, are given up after a match; nothing: none.
  Result<std::optional<uint64_t>> SkipBound(const MatchedRows& rows) const;

  const MatchPattern pattern_;
  const MatchSkipTo skip_;
  const int skip_variable_;
  const std::string skip_name_;
  const int64_t within_ms_;
};

}  // namespace sluice::engine
