// JOIN table FOR SYSTEM_TIME AS OF proctime: each row with what the table's connector finds for it now. The requests
// run on I/O threads (LookupRequests); the operator keeps the rows in order of arrival and emits a row once its answer
// is there and, if `ordered`, all before it are out. Watermarks wait in the same queue. What is under way at a
// checkpoint becomes part of it, as rows, and is asked again after a restore.
#include <algorithm>
#include <deque>
#include <unordered_map>

#include "base/clock.h"
#include "engine/columnar/row_encoding.h"
#include "engine/functions/program.h"
#include "engine/operators/full_lookup_cache.h"
#include "engine/operators/lookup_cache.h"
#include "engine/operators/lookup_requests.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/row_list.h"
#include "engine/runtime/async_operator.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

namespace {

/// I/O threads of one subtask; each has its own connection.
constexpr int64_t kMaxThreads = 8;
constexpr const char* kPending = "pending";

/// A left row that waits, or a watermark between rows.
struct Waiting {
  bool is_watermark = false;
  int64_t watermark = kNoWatermark;  // the watermark, or the one that holds before the row
  RowKind kind = RowKind::kInsert;
  std::string left;
  std::vector<std::string> found;  // if there is no request
  LookupRequestPtr request;
};

/// What is compiled for the rows that have been found.
struct LookupPrograms {
  std::unique_ptr<Program> constants, filter, project, condition;  // may be null
};

class LookupJoin final : public Operator, public AsyncOperator {
 public:
  LookupJoin(const LookupJoinNode& node, const OperatorPlan& plan, LookupPrograms programs, LookupCacheSettings cache,
             std::optional<FullCacheSettings> full)
      : node_(node),
        left_(plan.input(0)),
        output_(plan.node.schema),
        programs_(std::move(programs)),
        caching_(cache.on),
        cache_(cache),
        full_(full),
        make_lookup_(plan.environment.make_lookup) {}

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    values_ = context.state->OpenValues();
    key_groups_ = context.state->key_groups();
    // A full cache is one thread's.
    const auto threads = full_ ? size_t{1} : static_cast<size_t>(std::clamp<int64_t>(node_.capacity, 1, kMaxThreads));
    requests_ = std::make_unique<LookupRequests>(
        LookupRequests::Settings{node_.row, threads, node_.retry_on_miss, node_.retry_delay_ms, node_.max_attempts},
        [this] { return Connect(); }, context.wake ? context.wake : [] {});
    return RestorePending();
  }

  Status Process(int, Batch batch, Output& out) override {
    SLUICE_RETURN_IF_ERROR(Enqueue(batch));
    Result<bool> emitted = EmitReady(out);
    return emitted.ok() ? Status() : Status(emitted.error());
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    Waiting mark;
    mark.is_watermark = true;
    mark.watermark = watermark;
    queue_.push_back(std::move(mark));
    Result<bool> emitted = EmitReady(out);
    return emitted.ok() ? Status() : Status(emitted.error());
  }

  bool holds_watermark() const override { return true; }
  bool saturated() const override {
    return static_cast<int64_t>(queue_.size()) >= std::max<int64_t>(node_.capacity, 1);
  }
  bool idle() const override { return queue_.empty(); }

  /// The oldest request's time-out.
  int64_t NextProcessingTime() const override {
    for (const Waiting& w : queue_) {
      if (w.request) return w.request->deadline_ms;
    }
    return kMaxWatermark;
  }
  Status AdvanceProcessingTime(int64_t, Output& out) override {
    Result<bool> emitted = EmitReady(out);
    return emitted.ok() ? Status() : Status(emitted.error());
  }

  Result<bool> EmitReady(Output& out) override {
    bool any = false;
    while (!queue_.empty()) {
      if (queue_.front().is_watermark) {
        Batch mark;
        mark.watermark = queue_.front().watermark;
        queue_.pop_front();
        SLUICE_RETURN_IF_ERROR(out.Emit(std::move(mark)));
        any = true;
        continue;
      }
      SLUICE_ASSIGN_OR_RETURN(std::vector<Waiting> ready, TakeReady());
      if (ready.empty()) break;
      SLUICE_RETURN_IF_ERROR(Join(ready, out));
      any = true;
    }
    return any;
  }

  Status BeforeSnapshot(Output& out) override {
    if (Result<bool> emitted = EmitReady(out); !emitted.ok()) return emitted.error();
    std::string bytes;
    PutFixed(static_cast<uint32_t>(key_groups_.first), bytes);
    for (const Waiting& w : queue_) {
      if (w.is_watermark) continue;  // the input's comes again after the restore
      PutFixed(w.kind, bytes);
      PutBytes(w.left, bytes);
    }
    values_->Put(kPending, std::move(bytes));
    return {};
  }

  Status Close() override {
    requests_.reset();
    return {};
  }

 private:
  Result<std::unique_ptr<LookupSource>> Connect() const {
    if (!full_) return make_lookup_(node_);
    LookupJoinNode all = node_;
    all.keys.clear();
    SLUICE_ASSIGN_OR_RETURN(auto source, make_lookup_(all));
    return std::unique_ptr<LookupSource>(std::make_unique<FullLookupCache>(node_, *full_, std::move(source), *clock_));
  }

  Status RestorePending() {
    Batch batch;
    for (const RowField& field : left_) batch.columns.push_back(Column::Make(field.type, 0));
    for (const std::string& bytes : values_->Restored(kPending)) {
      std::string_view in = bytes;
      uint32_t first = 0;
      if (!TakeFixed(in, first)) continue;
      // Of several subtasks that see the same part, the one with its first key group takes it, whole and in order.
      if (first < key_groups_.first || first > key_groups_.last) continue;
      RowKind kind{};
      std::string_view row;
      while (TakeFixed(in, kind) && TakeBytes(in, row)) {
        if (!DecodeRow(row, batch.columns)) return Error(ErrorCode::kRestore, "a row under look-up is malformed");
        batch.kinds.push_back(kind);
        ++batch.length;
      }
    }
    return batch.length == 0 ? Status() : Enqueue(batch);
  }

  Status Enqueue(const Batch& batch) {
    if (batch.row_count() == 0) return {};
    SLUICE_ASSIGN_OR_RETURN(std::vector<ColumnPtr> keys, KeysOf(batch));
    const int64_t now = clock_->NowMs();
    std::vector<LookupRequestPtr> wanted;
    batch.rows().ForEach([&](size_t i) {
      Waiting w;
      w.kind = batch.kind(i);
      if (!batch.watermark_before.empty()) {
        w.watermark = batch.watermark_before[i];
        per_row_watermarks_ = true;
      }
      EncodeRow(batch.columns, i, w.left);
      const bool null_key = std::any_of(keys.begin(), keys.end(), [&](const ColumnPtr& k) { return k->IsNull(i); });
      if (!null_key) LookUp(keys, i, now, w, wanted);
      queue_.push_back(std::move(w));
    });
    return requests_->Submit(std::move(wanted));
  }

  void LookUp(const std::vector<ColumnPtr>& keys, size_t row, int64_t now, Waiting& w,
              std::vector<LookupRequestPtr>& wanted) {
    std::string key;
    if (caching_) {
      EncodeRow(keys, row, key);
      if (const auto* known = cache_.Find(key, now); known != nullptr) {
        w.found = *known;
        return;
      }
      // Rows that wait for the same key wait for one answer.
      if (const auto asked = asked_.find(key); asked != asked_.end()) {
        w.request = asked->second;
        return;
      }
    }
    w.request = std::make_shared<LookupRequest>();
    w.request->keys = keys;
    w.request->row = row;
    w.request->key = std::move(key);
    w.request->deadline_ms = now + node_.timeout_ms;
    if (caching_) asked_.emplace(w.request->key, w.request);
    wanted.push_back(w.request);
  }

  Result<std::vector<ColumnPtr>> KeysOf(const Batch& batch) {
    std::vector<ColumnPtr> constants;
    if (programs_.constants) {
      SLUICE_ASSIGN_OR_RETURN(constants, programs_.constants->Run(batch));
    }
    std::vector<ColumnPtr> keys;
    size_t constant = 0;
    for (const LookupKey& key : node_.keys) {
      ColumnPtr column = key.left >= 0 ? batch.columns[static_cast<size_t>(key.left)] : constants[constant++];
      keys.push_back(Column::Flatten(column));
    }
    return keys;
  }

  /// Rows from the front whose answers are there; in any order up to the next watermark if that is allowed.
  Result<std::vector<Waiting>> TakeReady() {
    std::vector<Waiting> ready;
    const bool ordered = node_.ordered || per_row_watermarks_;
    const int64_t now = clock_->NowMs();
    auto keep = queue_.begin();
    auto at = queue_.begin();
    for (; at != queue_.end() && !at->is_watermark; ++at) {
      if (!at->request || requests_->Done(*at->request)) {
        SLUICE_RETURN_IF_ERROR(Settle(*at, now));
        ready.push_back(std::move(*at));
        continue;
      }
      if (now >= at->request->deadline_ms) {
        return Error(ErrorCode::kTimeout,
                     "Async function call has timed out (look-up in " + node_.lookup.table.identifier +
                         ", 'table.exec.async-lookup.timeout' = " + std::to_string(node_.timeout_ms) + " ms).");
      }
      if (ordered) break;
      if (keep != at) *keep = std::move(*at);
      ++keep;
    }
    queue_.erase(keep, at);
    return ready;
  }

  Status Settle(Waiting& w, int64_t now) {
    if (!w.request) return {};
    if (w.request->error) return *w.request->error;
    if (caching_ && asked_.erase(w.request->key) > 0) cache_.Put(w.request->key, w.request->rows, now);
    w.found = w.request->rows;
    return {};
  }

  /// Pairs of left rows (by their place in `ready`) and looked-up rows that pass filter and condition.
  struct Pairs {
    Batch left;                    // one row a row of `ready`
    std::vector<ColumnPtr> right;  // dense, in step with owners
    std::vector<uint32_t> owners;  // ascending
    std::vector<uint8_t> matched;
  };

  Status FindPairs(const std::vector<Waiting>& ready, Pairs& pairs) {
    Batch right;
    for (const RowField& field : node_.row) right.columns.push_back(Column::Make(field.type, 0));
    for (const RowField& field : left_) pairs.left.columns.push_back(Column::Make(field.type, 0));
    for (size_t k = 0; k < ready.size(); ++k) {
      INVARIANT(DecodeRow(ready[k].left, pairs.left.columns), "a waiting row is malformed");
      ++pairs.left.length;
      for (const std::string& row : ready[k].found) {
        INVARIANT(DecodeRow(row, right.columns), "a looked-up row is malformed");
        pairs.owners.push_back(static_cast<uint32_t>(k));
        ++right.length;
      }
    }
    if (programs_.filter && right.length > 0) {
      SLUICE_RETURN_IF_ERROR(programs_.filter->Filter(right));
      std::vector<uint32_t> owners;
      right.rows().ForEach([&](size_t i) { owners.push_back(pairs.owners[i]); });
      right.Compact();
      pairs.owners = std::move(owners);
    }
    pairs.right = right.columns;
    if (programs_.project) {
      SLUICE_ASSIGN_OR_RETURN(pairs.right, programs_.project->Run(right));
    }
    pairs.matched.assign(pairs.owners.size(), 1);
    if (!programs_.condition || pairs.owners.empty()) return {};
    Batch joined;
    joined.length = pairs.owners.size();
    for (const ColumnPtr& c : pairs.left.columns) {
      joined.columns.push_back(Column::Gather(*c, pairs.owners.data(), pairs.owners.size()));
    }
    for (const ColumnPtr& c : pairs.right) joined.columns.push_back(c);
    SLUICE_RETURN_IF_ERROR(programs_.condition->Filter(joined));
    pairs.matched.assign(pairs.owners.size(), 0);
    joined.rows().ForEach([&](size_t i) { pairs.matched[i] = 1; });
    return {};
  }

  Status Join(const std::vector<Waiting>& ready, Output& out) {
    Pairs pairs;
    SLUICE_RETURN_IF_ERROR(FindPairs(ready, pairs));
    constexpr int64_t kPadded = -1;
    std::vector<uint32_t> lefts;
    std::vector<int64_t> rights;
    size_t p = 0;
    for (uint32_t k = 0; k < ready.size(); ++k) {
      const size_t before = lefts.size();
      for (; p < pairs.owners.size() && pairs.owners[p] == k; ++p) {
        if (pairs.matched[p] == 0) continue;
        lefts.push_back(k);
        rights.push_back(static_cast<int64_t>(p));
      }
      if (lefts.size() > before || !node_.left_outer) continue;
      lefts.push_back(k);
      rights.push_back(kPadded);
    }
    if (lefts.empty()) return {};
    Batch result;
    result.length = lefts.size();
    for (const ColumnPtr& c : pairs.left.columns) {
      result.columns.push_back(Column::Gather(*c, lefts.data(), lefts.size()));
    }
    for (const ColumnPtr& c : pairs.right) {
      ColumnPtr column = Column::Make(output_[result.columns.size()].type, rights.size());
      for (size_t i = 0; i < rights.size(); ++i) {
        if (rights[i] == kPadded) {
          column->SetNull(i);
        } else {
          column->CopyRow(i, *c, static_cast<size_t>(rights[i]));
        }
      }
      result.columns.push_back(std::move(column));
    }
    const bool changes =
        std::any_of(ready.begin(), ready.end(), [](const Waiting& w) { return w.kind != RowKind::kInsert; });
    for (const uint32_t k : lefts) {
      if (changes) result.kinds.push_back(ready[k].kind);
      if (per_row_watermarks_) result.watermark_before.push_back(ready[k].watermark);
    }
    return out.Emit(std::move(result));
  }

  const LookupJoinNode node_;
  const Schema left_, output_;
  LookupPrograms programs_;
  const bool caching_;
  LookupCache cache_;
  const std::optional<FullCacheSettings> full_;
  const std::function<Result<std::unique_ptr<LookupSource>>(const LookupJoinNode&)> make_lookup_;
  Clock* clock_ = nullptr;
  OperatorValues* values_ = nullptr;
  KeyGroupRange key_groups_;
  std::unique_ptr<LookupRequests> requests_;
  std::deque<Waiting> queue_;
  std::unordered_map<std::string, LookupRequestPtr> asked_;  // under way, if there is a cache
  bool per_row_watermarks_ = false;
};

Result<std::unique_ptr<Program>> CompileOne(const ExprPtr& e, const Schema& input, const OperatorPlan& plan) {
  if (!e) return std::unique_ptr<Program>();
  return Program::Compile({e}, input, *plan.environment.functions, *plan.environment.facts);
}

}  // namespace

OperatorResult MakeLookupJoin(const LookupJoinNode& node, const OperatorPlan& plan) {
  LookupPrograms programs;
  std::vector<ExprPtr> constants;
  for (const LookupKey& key : node.keys) {
    if (key.left < 0) constants.push_back(key.constant);
  }
  const FunctionRegistry& functions = *plan.environment.functions;
  const SessionFacts& facts = *plan.environment.facts;
  if (!constants.empty()) {
    SLUICE_ASSIGN_OR_RETURN(programs.constants, Program::Compile(constants, plan.input(0), functions, facts));
  }
  if (!node.projections.empty()) {
    SLUICE_ASSIGN_OR_RETURN(programs.project, Program::Compile(node.projections, node.row, functions, facts));
  }
  SLUICE_ASSIGN_OR_RETURN(programs.filter, CompileOne(node.filter, node.row, plan));
  SLUICE_ASSIGN_OR_RETURN(programs.condition, CompileOne(node.condition, plan.node.schema, plan));
  SLUICE_ASSIGN_OR_RETURN(const LookupCacheSettings cache, ReadLookupCache(node.lookup.table.options));
  SLUICE_ASSIGN_OR_RETURN(const auto full, ReadFullCache(node.lookup.table.options, plan.settings.time_zone));
  return std::unique_ptr<Operator>(std::make_unique<LookupJoin>(node, plan, std::move(programs), cache, full));
}

}  // namespace sluice::engine
