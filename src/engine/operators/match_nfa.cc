#include "engine/operators/match_nfa.h"

#include <algorithm>
#include <map>

#include "engine/operators/row_list.h"

namespace sluice::engine {

// --- the pattern

int MatchPattern::Add(int variable) {
  states_.push_back({variable, {}});
  return static_cast<int>(states_.size() - 1);
}

void MatchPattern::YieldTo(int state, int variable) {
  for (Edge& edge : states_[static_cast<size_t>(state)].edges) edge.condition.not_by.push_back(variable);
}

int MatchPattern::AddSingle(int variable, int sink, int proceed, bool optional, bool greedy) {
  const int state = Add(variable);
  states_.back().edges.push_back({true, sink, {variable, {}}});
  if (!optional) return state;
  states_.back().edges.push_back({false, proceed, {}});
  if (greedy) YieldTo(proceed, variable);
  return state;
}

MatchPattern::MatchPattern(const std::vector<MatchElement>& elements) {
  int sink = Add(-1);
  for (size_t k = elements.size(); k-- > 0;) {
    const MatchElement& e = elements[k];
    const bool optional = e.min == 0;
    const int64_t least = std::max<int64_t>(1, e.min);
    const bool single = least == 1 && e.max == 1;
    // Where the number is fixed there is nothing to be greedy about.
    const bool greedy = e.greedy && !single && e.min != e.max;
    const int after = sink;
    int last = after;
    if (e.max < 0) {
      last = Add(e.variable);
      states_.back().edges.push_back({false, after, {}});
      states_.back().edges.push_back({true, last, {e.variable, {}}});
      if (greedy) YieldTo(after, e.variable);
    } else {
      for (int64_t n = least; n < e.max; ++n) last = AddSingle(e.variable, last, after, true, greedy);
    }
    for (int64_t n = 1; n < least; ++n) last = AddSingle(e.variable, last, after, false, greedy);
    sink = AddSingle(e.variable, last, after, optional, greedy);
  }
  start_ = sink;
}

// --- the runs

void MatchRuns::Save(std::string& out) const {
  for (const auto* list : {&partial, &completed}) {
    PutFixed(static_cast<uint64_t>(list->size()), out);
    for (const Run& run : *list) {
      PutFixed(run.state, out);
      PutFixed(run.start_time, out);
      PutFixed(static_cast<uint64_t>(run.rows.size()), out);
      for (const auto& [row, variable] : run.rows) {
        PutFixed(row, out);
        PutFixed(variable, out);
      }
    }
  }
}

bool MatchRuns::Load(std::string_view in) {
  for (auto* list : {&partial, &completed}) {
    uint64_t count = 0;
    if (!TakeFixed(in, count)) return false;
    for (; count > 0; --count) {
      Run run;
      uint64_t rows = 0;
      if (!TakeFixed(in, run.state) || !TakeFixed(in, run.start_time) || !TakeFixed(in, rows)) return false;
      for (; rows > 0; --rows) {
        std::pair<uint64_t, int> row;
        if (!TakeFixed(in, row.first) || !TakeFixed(in, row.second)) return false;
        run.rows.push_back(row);
      }
      list->push_back(std::move(run));
    }
  }
  return in.empty();
}

std::optional<uint64_t> MatchRuns::OldestRow() const {
  std::optional<uint64_t> oldest;
  for (const auto* list : {&partial, &completed}) {
    for (const Run& run : *list) oldest = std::min(oldest.value_or(run.rows[0].first), run.rows[0].first);
  }
  return oldest;
}

// --- one row

/// The row on its way through one run; what a variable says of it is asked once.
struct MatchMachine::Step {
  const MatchedRows& before;
  uint64_t row;
  const Accepts& accepts;
  std::map<int, bool> known = {};
};

Result<bool> MatchMachine::Holds(const MatchPattern::Condition& condition, Step& step) const {
  auto accepted = [&](int variable) -> Result<bool> {
    if (auto at = step.known.find(variable); at != step.known.end()) return at->second;
    SLUICE_ASSIGN_OR_RETURN(const bool answer, step.accepts(variable, step.before, step.row));
    step.known[variable] = answer;
    return answer;
  };
  if (condition.variable >= 0) {
    SLUICE_ASSIGN_OR_RETURN(const bool taken, accepted(condition.variable));
    if (!taken) return false;
  }
  for (const int other : condition.not_by) {
    SLUICE_ASSIGN_OR_RETURN(const bool taken, accepted(other));
    if (taken) return false;
  }
  return true;
}

/// From `state` to the end without another row, the conditions on the way being asked of the current one.
Result<bool> MatchMachine::ReachesEnd(int state, Step& step) const {
  std::vector<int> open = {state};
  while (!open.empty()) {
    const int at = open.back();
    open.pop_back();
    if (at == MatchPattern::kFinal) return true;
    for (const MatchPattern::Edge& edge : pattern_.states()[static_cast<size_t>(at)].edges) {
      if (edge.take) continue;
      SLUICE_ASSIGN_OR_RETURN(const bool holds, Holds(edge.condition, step));
      if (holds) open.push_back(edge.target);
    }
  }
  return false;
}

Status MatchMachine::Next(const MatchRuns::Run& run, Step& step, std::vector<MatchRuns::Run>& partial,
                          std::vector<MatchRuns::Run>& complete) const {
  std::vector<int> open = {run.state};
  while (!open.empty()) {
    const int at = open.back();
    open.pop_back();
    for (const MatchPattern::Edge& edge : pattern_.states()[static_cast<size_t>(at)].edges) {
      SLUICE_ASSIGN_OR_RETURN(const bool holds, Holds(edge.condition, step));
      if (!holds) continue;
      if (!edge.take) {
        open.push_back(edge.target);
        continue;
      }
      MatchRuns::Run next = run;
      next.state = edge.target;
      next.rows.emplace_back(step.row, edge.condition.variable);
      SLUICE_ASSIGN_OR_RETURN(const bool ends, ReachesEnd(edge.target, step));
      if (ends) complete.push_back(next);
      if (edge.target != MatchPattern::kFinal) partial.push_back(std::move(next));
    }
  }
  return {};
}

Status MatchMachine::Process(MatchRuns& runs, uint64_t row, int64_t time, const Accepts& accepts,
                             const Emit& emit) const {
  std::vector<MatchRuns::Run> before = std::move(runs.partial);
  runs.partial.clear();
  MatchRuns::Run fresh;
  fresh.state = pattern_.start();
  fresh.start_time = time;
  before.push_back(std::move(fresh));
  for (const MatchRuns::Run& run : before) {
    Step step{run.rows, row, accepts};
    SLUICE_RETURN_IF_ERROR(Next(run, step, runs.partial, runs.completed));
  }
  return EmitComplete(runs, emit);
}

Status MatchMachine::Advance(MatchRuns& runs, int64_t time, const Emit& emit) const {
  if (within_ms_ <= 0) return {};
  std::erase_if(runs.partial, [&](const MatchRuns::Run& run) { return time - run.start_time >= within_ms_; });
  return EmitComplete(runs, emit);
}

Result<std::optional<uint64_t>> MatchMachine::SkipBound(const MatchedRows& rows) const {
  if (skip_ == MatchSkipTo::kNextRow) return std::optional<uint64_t>(rows.front().first);
  if (skip_ == MatchSkipTo::kPastLastRow) return std::optional<uint64_t>(rows.back().first);
  std::optional<uint64_t> to;
  for (const auto& [row, variable] : rows) {
    if (variable == skip_variable_ && (!to || skip_ == MatchSkipTo::kLast)) to = row;
  }
  if (!to) {
    return Error(ErrorCode::kData, "Could not skip to " + skip_name_ + ". No such element in the found match.");
  }
  if (*to == rows.front().first) return Error(ErrorCode::kData, "Could not skip to first element of a match.");
  return std::optional<uint64_t>(*to - 1);
}

/// A complete match waits as long as a run that began earlier may still become one.
Status MatchMachine::EmitComplete(MatchRuns& runs, const Emit& emit) const {
  auto begins = [](const MatchRuns::Run& run) { return run.rows[0].first; };
  while (!runs.completed.empty()) {
    auto earliest = std::min_element(runs.completed.begin(), runs.completed.end(),
                                     [&](const auto& a, const auto& b) { return begins(a) < begins(b); });
    for (const MatchRuns::Run& run : runs.partial) {
      if (begins(run) < begins(*earliest)) return {};
    }
    const MatchedRows rows = std::move(earliest->rows);
    runs.completed.erase(earliest);
    SLUICE_ASSIGN_OR_RETURN(const std::optional<uint64_t> bound, SkipBound(rows));
    auto given_up = [&](const MatchRuns::Run& run) { return bound && begins(run) <= *bound; };
    std::erase_if(runs.partial, given_up);
    std::erase_if(runs.completed, given_up);
    SLUICE_RETURN_IF_ERROR(emit(rows));
  }
  return {};
}

}  // namespace sluice::engine
