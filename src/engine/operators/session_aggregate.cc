// SESSION windows: a session ends when nothing came for the gap; sessions that touch merge (TimeWindow.intersects
// counts equal ends). A session is emitted once the watermark has passed its end; a row whose session, merged with what
// is there, would already be over is dropped as late.
#include <algorithm>

#include "engine/operators/aggregate_set.h"
#include "engine/operators/kept_watermark.h"
#include "engine/operators/key_timers.h"
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

/// The open sessions of one key. Their ids, by which their values are found, count up as long as any is open.
struct Sessions {
  std::vector<Session> open;
  int64_t next_id = 1;

  void Save(std::string& out) const {
    out.append(reinterpret_cast<const char*>(&next_id), sizeof(next_id));
    out.append(reinterpret_cast<const char*>(open.data()), open.size() * sizeof(Session));
  }
  bool Load(std::string_view in) {
    if (in.size() < sizeof(next_id) || (in.size() - sizeof(next_id)) % sizeof(Session) != 0) return false;
    std::memcpy(&next_id, in.data(), sizeof(next_id));
    in.remove_prefix(sizeof(next_id));
    open.resize(in.size() / sizeof(Session));
    std::memcpy(open.data(), in.data(), in.size());
    return true;
  }
};

/// What a timer found: a session that is over.
struct Over {
  Session session;
  uint64_t sequence;
  uint32_t key;  // position among the due keys
};

class SessionAggregate final : public Operator {
 public:
  SessionAggregate(const WindowAggregateNode& node, const Schema& input, const Schema& output, WindowTime time,
                   std::unique_ptr<AggregateSet> calls)
      : node_(node),
        gap_(node.window.size_ms),
        time_(time),
        calls_(std::move(calls)),
        output_(node, output, time.zone()) {
    for (const int key : node.keys) key_types_.push_back(input[static_cast<size_t>(key)].type);
    timers_ = std::make_unique<KeyTimers>(key_types_);
  }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    batch_rows_ = context.batch_rows;
    sessions_ = context.state->OpenTable({.name = "sessions",
                                          .key_types = key_types_,
                                          .payload = ObjectPayload<Sessions>(),
                                          .payload_format = "sessions"});
    std::vector<DataType> types = key_types_;
    types.push_back(DataType::Bigint().NotNull());
    values_ = context.state->OpenTable({.name = "values",
                                        .key_types = types,
                                        .hash_columns = static_cast<int>(key_types_.size()),
                                        .payload = calls_->Hooks(),
                                        .payload_format = calls_->Format()});
    progress_.Open(context);
    timers_->AddFrom(*sessions_, [](std::byte* payload, auto&& add) {
      for (const Session& s : reinterpret_cast<Sessions*>(payload)->open) add(s.end, s.id);
    });
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    progress_.Save();
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
      if (!batch.watermark_before.empty() && batch.watermark_before[i] > progress_.value()) {
        per_row_ = true;
        const int64_t local = time_.zone().Progress(batch.watermark_before[i]);
        if (Due(local)) {
          SLUICE_RETURN_IF_ERROR(Flush(batch));
          SLUICE_RETURN_IF_ERROR(Fire(local, out));
        }
        progress_.Advance(batch.watermark_before[i]);
      }
      if (time_.IsNull(i)) {
        return Error(ErrorCode::kData, "rowtimeIndex should not be null, please convert it to a non-null long value.");
      }
      SLUICE_RETURN_IF_ERROR(Assign(batch, i, hashes_[k]));
    }
    const Status status = Flush(batch);
    EraseEmptied();
    return status;
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    if (node_.window.processing_time) return {};
    SLUICE_RETURN_IF_ERROR(Fire(time_.zone().Progress(watermark), out));
    EraseEmptied();
    progress_.Advance(watermark);
    return {};
  }

  int64_t NextProcessingTime() const override {
    const bool waits = node_.window.processing_time && !timers_->empty();
    return waits ? time_.zone().TimerInstant(timers_->next() - 1) : kMaxWatermark;
  }
  Status AdvanceProcessingTime(int64_t now_ms, Output& out) override {
    const Status status = Fire(time_.zone().Progress(now_ms), out);
    EraseEmptied();
    return status;
  }

 private:
  static Head& HeadOf(std::byte* payload) { return *reinterpret_cast<Head*>(payload); }
  bool Due(int64_t progress) const { return !timers_->empty() && WindowFired(timers_->next(), progress); }

  Status Assign(const Batch& batch, size_t i, uint64_t hash) {
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
    if (!node_.window.processing_time && WindowFired(session.end, time_.zone().Progress(progress_.value()))) {
      emptied_.push_back(lists_[i]);
      return {};
    }
    session.id = merged.empty() ? list.next_id++ : merged[0].id;
    // The timer of a session that grows is moved when it is due.
    if (merged.empty()) timers_->Add(session.end, keys_, i, hash, session.id);
    if (merged.size() > 1) {
      SLUICE_RETURN_IF_ERROR(Flush(batch));
      SLUICE_RETURN_IF_ERROR(MergeValues(i, hash, merged));
    }
    for (const Session& s : merged) {
      std::erase_if(list.open, [&](const Session& o) { return o.id == s.id; });
    }
    list.open.push_back(session);
    positions_.push_back(static_cast<uint32_t>(i));
    ids_.push_back(session.id);
    key_hashes_.push_back(hash);
    return {};
  }

  /// Entries of values_ for (key of a row, session id), one a position given. The hashes are those of the keys alone,
  /// so that the values of a key go where the key goes.
  void Locate(const std::vector<ColumnPtr>& keys, const std::vector<uint32_t>& positions,
              const std::vector<int64_t>& ids, const std::vector<uint64_t>& hashes) {
    std::vector<ColumnPtr> columns;
    for (const ColumnPtr& c : keys) columns.push_back(Column::Gather(*c, positions.data(), positions.size()));
    ColumnPtr id = Column::Make(DataType::Bigint().NotNull(), ids.size());
    std::copy(ids.begin(), ids.end(), id->data<int64_t>());
    columns.push_back(std::move(id));
    located_.resize(positions.size());
    values_->FindOrInsert(columns, Rows{nullptr, positions.size()}, hashes.data(), located_.data(), nullptr);
  }

  Status MergeValues(size_t i, uint64_t hash, const std::vector<Session>& merged) {
    std::vector<int64_t> ids;
    for (const Session& s : merged) ids.push_back(s.id);
    Locate(keys_, std::vector<uint32_t>(ids.size(), static_cast<uint32_t>(i)), ids,
           std::vector<uint64_t>(ids.size(), hash));
    for (size_t k = 1; k < merged.size(); ++k) {
      HeadOf(located_[0]).rows += HeadOf(located_[k]).rows;
      SLUICE_RETURN_IF_ERROR(calls_->Merge(located_[0], located_[k]));
      values_->Erase(located_[k]);
    }
    return {};
  }

  Status Flush(const Batch& batch) {
    if (positions_.empty()) return {};
    Locate(keys_, positions_, ids_, key_hashes_);
    payloads_.resize(batch.length);
    for (size_t k = 0; k < positions_.size(); ++k) {
      payloads_[positions_[k]] = located_[k];
      HeadOf(located_[k]).rows += ops_[positions_[k]] == kRetract ? -1 : 1;
    }
    const Status status =
        calls_->Update(batch, Rows{positions_.data(), positions_.size()}, payloads_.data(), ops_.data());
    positions_.clear();
    ids_.clear();
    key_hashes_.clear();
    return status;
  }

  /// Emits the sessions that are over, by their ends.
  Status Fire(int64_t progress, Output& out) {
    if (!Due(progress)) return {};
    timers_->Take(progress < kMaxWatermark ? progress + 1 : progress, SIZE_MAX, due_);
    due_lists_.resize(due_.size());
    sessions_->Find(due_.keys, due_.rows(), due_.hashes.data(), due_lists_.data());
    std::vector<Over> over;
    for (uint32_t k = 0; k < due_.size(); ++k) {
      if (due_lists_[k] == nullptr) continue;
      Sessions& list = *reinterpret_cast<Sessions*>(due_lists_[k]);
      auto at =
          std::find_if(list.open.begin(), list.open.end(), [&](const Session& s) { return s.id == due_.tags[k]; });
      if (at == list.open.end()) continue;
      if (!WindowFired(at->end, progress)) {
        timers_->Add(at->end, due_.keys, k, due_.hashes[k], at->id, due_.sequences[k]);
        continue;
      }
      over.push_back({*at, due_.sequences[k], k});
      list.open.erase(at);
      emptied_.push_back(due_lists_[k]);
    }
    std::sort(over.begin(), over.end(), [](const Over& a, const Over& b) {
      return std::pair(a.session.end, a.sequence) < std::pair(b.session.end, b.sequence);
    });
    for (size_t start = 0; start < over.size(); start += batch_rows_) {
      SLUICE_RETURN_IF_ERROR(Emit(std::span(over).subspan(start, std::min(batch_rows_, over.size() - start)), out));
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

  Status Emit(std::span<const Over> over, Output& out) {
    std::vector<uint32_t> positions;
    std::vector<int64_t> ids;
    std::vector<uint64_t> hashes;
    for (const Over& o : over) {
      positions.push_back(o.key);
      ids.push_back(o.session.id);
      hashes.push_back(due_.hashes[o.key]);
    }
    Locate(due_.keys, positions, ids, hashes);
    std::vector<std::byte*> shown;
    std::vector<WindowSpan> windows;
    std::vector<uint32_t> keys;
    for (size_t k = 0; k < over.size(); ++k) {
      if (HeadOf(located_[k]).rows == 0) continue;
      shown.push_back(located_[k]);
      windows.push_back({over[k].session.start, over[k].session.end});
      keys.push_back(over[k].key);
    }
    Status status;
    if (!shown.empty()) {
      Batch batch;
      batch.length = shown.size();
      for (size_t c = 0; c < due_.keys.size(); ++c) {
        batch.columns.push_back(Column::Gather(*due_.keys[c], keys.data(), keys.size()));
      }
      std::vector<ColumnPtr> values;
      SLUICE_RETURN_IF_ERROR(calls_->Read(shown.data(), shown.size(), values));
      batch.columns.insert(batch.columns.end(), values.begin(), values.end());
      output_.AddProperties(batch, windows);
      if (per_row_) batch.watermark_before.assign(batch.length, progress_.value());
      status = out.Emit(std::move(batch));
    }
    for (std::byte* payload : located_) values_->Erase(payload);
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
  size_t batch_rows_ = 1024;
  KeptWatermark progress_;
  bool per_row_ = false;
  std::unique_ptr<KeyTimers> timers_;  // one a session, at its end or before; tagged with its id
  DueKeys due_;
  std::vector<ColumnPtr> keys_;
  std::vector<uint64_t> hashes_, key_hashes_;
  std::vector<std::byte*> lists_, due_lists_, located_, payloads_, emptied_;
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
