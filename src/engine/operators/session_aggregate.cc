// SESSION windows: a session ends when nothing came for the gap; sessions that touch merge (TimeWindow.intersects
// counts equal ends). A session is emitted once the watermark has passed its end; a row whose session, merged with what
// is there, would already be over is dropped as late.
#include <algorithm>
#include <set>
#include <unordered_map>

#include "engine/operators/aggregate_set.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/window_output.h"
#include "engine/operators/window_time.h"

namespace sluice::engine {

namespace {

struct Head {
  int64_t rows;  // added minus retracted
};

struct Session {
  int64_t start = 0;
  int64_t end = 0;
  int64_t id = 0;
};

/// The open sessions of one key.
struct Sessions {
  std::vector<Session> open;

  void Save(std::string& out) const {
    out.append(reinterpret_cast<const char*>(open.data()), open.size() * sizeof(Session));
  }
  bool Load(std::string_view in) {
    if (in.size() % sizeof(Session) != 0) return false;
    open.resize(in.size() / sizeof(Session));
    std::memcpy(open.data(), in.data(), in.size());
    return true;
  }
};

class SessionAggregate final : public Operator {
 public:
  SessionAggregate(const WindowAggregateNode& node, const Schema& input, const Schema& output, WindowTime time,
                   std::unique_ptr<AggregateSet> calls)
      : node_(node), gap_(node.window.size_ms), time_(time), calls_(std::move(calls)), output_(node, output) {
    for (const int key : node.keys) key_types_.push_back(input[static_cast<size_t>(key)].type);
  }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    sessions_ =
        context.state->OpenTable({.name = "sessions", .key_types = key_types_, .payload = ObjectPayload<Sessions>()});
    std::vector<DataType> types = key_types_;
    types.push_back(DataType::Bigint().NotNull());
    values_ = context.state->OpenTable({.name = "values", .key_types = types, .payload = calls_->Hooks()});
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    time_.Start(batch, node_.window.processing_time ? clock_->NowMs() : 0);
    const Rows rows = batch.rows();
    keys_ = SelectColumns(batch, node_.keys);
    HashRows(keys_, rows, hashes_);
    lists_.resize(batch.length);
    sessions_->FindOrInsert(keys_, rows, hashes_.data(), lists_.data(), nullptr);
    ops_.assign(batch.length, kAccumulate);
    for (size_t i = 0; i < batch.kinds.size(); ++i) ops_[i] = IsAdd(batch.kinds[i]) ? kAccumulate : kRetract;
    for (size_t k = 0; k < rows.count; ++k) {
      const size_t i = rows[k];
      if (!batch.watermark_before.empty() && batch.watermark_before[i] > progress_) {
        per_row_ = true;
        if (Due(batch.watermark_before[i])) {
          SLUICE_RETURN_IF_ERROR(Flush(batch));
          SLUICE_RETURN_IF_ERROR(Fire(batch.watermark_before[i], out));
        }
        progress_ = batch.watermark_before[i];
      }
      if (time_.IsNull(i)) {
        return Error(ErrorCode::kData, "rowtimeIndex should not be null, please convert it to a non-null long value.");
      }
      SLUICE_RETURN_IF_ERROR(Assign(batch, i));
    }
    const Status status = Flush(batch);
    EraseEmptied();
    return status;
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    if (node_.window.processing_time) return {};
    SLUICE_RETURN_IF_ERROR(Fire(watermark, out));
    EraseEmptied();
    progress_ = std::max(progress_, watermark);
    return {};
  }

  int64_t NextProcessingTime() const override {
    return node_.window.processing_time && !timers_.empty() ? timers_.begin()->first - 1 : kMaxWatermark;
  }
  Status AdvanceProcessingTime(int64_t now_ms, Output& out) override {
    const Status status = Fire(now_ms, out);
    EraseEmptied();
    return status;
  }

 private:
  static Head& HeadOf(std::byte* payload) { return *reinterpret_cast<Head*>(payload); }
  bool Due(int64_t progress) const { return !timers_.empty() && WindowFired(timers_.begin()->first, progress); }

  Status Assign(const Batch& batch, size_t i) {
    Sessions& list = *reinterpret_cast<Sessions*>(lists_[i]);
    Session session{time_[i], time_[i] + gap_, 0};
    std::vector<Session> merged;
    for (const Session& s : list.open) {
      if (s.start <= session.end && s.end >= session.start) merged.push_back(s);
    }
    for (const Session& s : merged) {
      session.start = std::min(session.start, s.start);
      session.end = std::max(session.end, s.end);
    }
    if (!node_.window.processing_time && WindowFired(session.end, progress_)) {
      emptied_.push_back(lists_[i]);
      return {};
    }
    session.id = merged.empty() ? next_id_++ : merged[0].id;
    if (merged.size() > 1) {
      SLUICE_RETURN_IF_ERROR(Flush(batch));
      SLUICE_RETURN_IF_ERROR(MergeValues(i, merged));
    }
    for (const Session& s : merged) {
      timers_.erase({s.end, s.id});
      std::erase_if(list.open, [&](const Session& o) { return o.id == s.id; });
    }
    list.open.push_back(session);
    timers_.insert({session.end, session.id});
    owners_[session.id] = lists_[i];
    positions_.push_back(static_cast<uint32_t>(i));
    ids_.push_back(session.id);
    return {};
  }

  /// Entries of values_ for (key of a row, session id), one a position given.
  void Locate(const std::vector<uint32_t>& positions, const std::vector<int64_t>& ids) {
    std::vector<ColumnPtr> keys;
    for (const ColumnPtr& c : keys_) keys.push_back(Column::Gather(*c, positions.data(), positions.size()));
    ColumnPtr id = Column::Make(DataType::Bigint().NotNull(), ids.size());
    std::copy(ids.begin(), ids.end(), id->data<int64_t>());
    keys.push_back(std::move(id));
    const Rows rows{nullptr, positions.size()};
    HashRows(keys, rows, value_hashes_);
    located_.resize(positions.size());
    values_->FindOrInsert(keys, rows, value_hashes_.data(), located_.data(), nullptr);
  }

  Status MergeValues(size_t i, const std::vector<Session>& merged) {
    std::vector<int64_t> ids;
    for (const Session& s : merged) ids.push_back(s.id);
    Locate(std::vector<uint32_t>(ids.size(), static_cast<uint32_t>(i)), ids);
    for (size_t k = 1; k < merged.size(); ++k) {
      HeadOf(located_[0]).rows += HeadOf(located_[k]).rows;
      SLUICE_RETURN_IF_ERROR(calls_->Merge(located_[0], located_[k]));
      values_->Erase(located_[k]);
      owners_.erase(merged[k].id);
    }
    return {};
  }

  Status Flush(const Batch& batch) {
    if (positions_.empty()) return {};
    Locate(positions_, ids_);
    payloads_.resize(batch.length);
    for (size_t k = 0; k < positions_.size(); ++k) {
      payloads_[positions_[k]] = located_[k];
      HeadOf(located_[k]).rows += ops_[positions_[k]] == kRetract ? -1 : 1;
    }
    const Status status =
        calls_->Update(batch, Rows{positions_.data(), positions_.size()}, payloads_.data(), ops_.data());
    positions_.clear();
    ids_.clear();
    return status;
  }

  Status Fire(int64_t progress, Output& out) {
    while (Due(progress)) {
      const int64_t id = timers_.begin()->second;
      timers_.erase(timers_.begin());
      std::byte* owner = owners_[id];
      owners_.erase(id);
      Sessions& list = *reinterpret_cast<Sessions*>(owner);
      auto at = std::find_if(list.open.begin(), list.open.end(), [&](const Session& s) { return s.id == id; });
      const Session session = *at;
      list.open.erase(at);
      SLUICE_RETURN_IF_ERROR(Emit(owner, session, out));
      emptied_.push_back(owner);
    }
    return {};
  }

  /// Keys without a session left; not before the batch is done, whose rows point to them.
  void EraseEmptied() {
    std::sort(emptied_.begin(), emptied_.end());
    emptied_.erase(std::unique(emptied_.begin(), emptied_.end()), emptied_.end());
    for (std::byte* p : emptied_) {
      if (reinterpret_cast<Sessions*>(p)->open.empty()) sessions_->Erase(p);
    }
    emptied_.clear();
  }

  Status Emit(std::byte* owner, const Session& session, Output& out) {
    Batch batch;
    batch.length = 1;
    output_.AddKeyColumns(batch, key_types_.size());
    sessions_->ReadKeys(std::span<std::byte* const>(&owner, 1), batch.columns);
    keys_for_emit_ = batch.columns;
    ColumnPtr id = Column::Make(DataType::Bigint().NotNull(), 1);
    id->data<int64_t>()[0] = session.id;
    keys_for_emit_.push_back(std::move(id));
    std::vector<uint64_t> hash;
    HashRows(keys_for_emit_, Rows{nullptr, 1}, hash);
    std::byte* payload = nullptr;
    values_->Find(keys_for_emit_, Rows{nullptr, 1}, hash.data(), &payload);
    INVARIANT(payload != nullptr, "a session without values");
    Status status;
    if (HeadOf(payload).rows != 0) {
      std::vector<ColumnPtr> values;
      SLUICE_RETURN_IF_ERROR(calls_->Read(&payload, 1, values));
      batch.columns.insert(batch.columns.end(), values.begin(), values.end());
      output_.AddProperties(batch, {session.start, session.end}, session.end - 1);
      if (per_row_) batch.watermark_before.assign(1, progress_);
      status = out.Emit(std::move(batch));
    }
    values_->Erase(payload);
    return status;
  }

  const WindowAggregateNode node_;
  const int64_t gap_;
  WindowTime time_;
  std::vector<DataType> key_types_;
  std::unique_ptr<AggregateSet> calls_;
  WindowOutput output_;
  KeyedTable* sessions_ = nullptr;
  KeyedTable* values_ = nullptr;
  Clock* clock_ = nullptr;
  int64_t progress_ = kNoWatermark;
  int64_t next_id_ = 1;
  bool per_row_ = false;
  std::set<std::pair<int64_t, int64_t>> timers_;    // (end, session)
  std::unordered_map<int64_t, std::byte*> owners_;  // session -> entry of sessions_
  std::vector<ColumnPtr> keys_, keys_for_emit_;
  std::vector<uint64_t> hashes_, value_hashes_;
  std::vector<std::byte*> lists_, located_, payloads_, emptied_;
  std::vector<AggregateOp> ops_;
  std::vector<uint32_t> positions_;
  std::vector<int64_t> ids_;
};

}  // namespace

OperatorResult MakeSessionAggregate(const WindowAggregateNode& node, const OperatorPlan& plan) {
  std::vector<int> keys = node.keys, partition = node.window.partition_keys;
  std::sort(keys.begin(), keys.end());
  std::sort(partition.begin(), partition.end());
  if (!node.legacy_group_window && keys != partition)
    return NotYet("SESSION partitioned by other keys than grouped by");
  if (node.batch || node.window.window_end_column >= 0) return NotYet("this use of SESSION windows");
  SLUICE_ASSIGN_OR_RETURN(const WindowTime time, WindowTime::Make(node.window, plan.input()));
  SLUICE_ASSIGN_OR_RETURN(auto calls,
                          AggregateSet::Make(node.calls, node.input_retracts, sizeof(Head), plan.environment));
  return std::unique_ptr<Operator>(
      std::make_unique<SessionAggregate>(node, plan.input(), plan.node.schema, time, std::move(calls)));
}

}  // namespace sluice::engine
