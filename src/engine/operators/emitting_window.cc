// GROUP BY TUMBLE(..) and HOP(..) with table.exec.emit.early-fire and late-fire: what a window has so far is shown
// before its end, and corrected by late rows until its end plus the allowed lateness. Results are those of Flink's
// AggregateWindowOperator with the triggers of EmitStrategy: +I first, then -U and +U when the result differs, -D when
// no row is left.
#include "engine/columnar/row_encoding.h"
#include "engine/operators/aggregate_set.h"
#include "engine/operators/changelog_rows.h"
#include "engine/operators/kept_watermark.h"
#include "engine/operators/key_timers.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/row_changes.h"
#include "engine/operators/window_output.h"
#include "engine/operators/window_time.h"

namespace sluice::engine {

namespace {

constexpr int64_t kNever = 0;

/// At the front of every window's payload.
struct Head {
  int64_t rows;        // added minus retracted
  int64_t on_time;     // 1: its end has fired
  int64_t early_next;  // processing time of the next early (or, once on_time, late) firing; kNever: none yet
  int64_t late_next;
};

/// The result that was emitted last, as an encoded row.
struct Emitted {
  bool any = false;
  std::string row;

  void Save(std::string& out) const {
    out.push_back(any ? 1 : 0);
    out += row;
  }
  bool Load(std::string_view in) {
    if (in.empty()) return false;
    any = in[0] != 0;
    row = in.substr(1);
    return true;
  }
};

class EmittingWindow final : public Operator {
 public:
  EmittingWindow(const WindowAggregateNode& node, const Schema& input, const Schema& output, WindowTime time,
                 std::unique_ptr<AggregateSet> calls)
      : node_(node), time_(time), calls_(std::move(calls)), schema_(output), output_(node, output, time.zone()) {
    for (const int key : node.keys) types_.push_back(input[static_cast<size_t>(key)].type);
    types_.push_back(DataType::Bigint().NotNull());  // the window's end
    event_timers_ = std::make_unique<KeyTimers>(types_);
    processing_timers_ = std::make_unique<KeyTimers>(types_);
    changes_.Start(schema_, schema_.size());
  }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    const int hashed = static_cast<int>(types_.size()) - 1;
    windows_ = context.state->OpenTable({.name = "windows",
                                         .key_types = types_,
                                         .hash_columns = hashed,
                                         .payload = calls_->Hooks(),
                                         .payload_format = calls_->Format()});
    emitted_ = context.state->OpenTable({.name = "emitted",
                                         .key_types = types_,
                                         .hash_columns = hashed,
                                         .payload = ObjectPayload<Emitted>(),
                                         .payload_format = RowFormat(schema_)});
    progress_.Open(context);
    local_progress_ = time_.zone().Progress(progress_.value());
    RestoreTimers();
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    progress_.Save();
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    const int64_t now = clock_->NowMs();
    time_.Start(batch, node_.window.processing_time ? now : 0);
    std::vector<ColumnPtr> keys = SelectColumns(batch, node_.keys);
    HashRows(keys, batch.rows(), hashes_);
    keys.push_back(Column::Make(types_.back(), batch.length));  // the end of the window that a row is being added to
    StartRows(batch);
    for (size_t k = 0; k < batch.row_count(); ++k) {
      const size_t i = batch.rows()[k];
      if (!batch.watermark_before.empty() && batch.watermark_before[i] > progress_.value()) {
        SLUICE_RETURN_IF_ERROR(AdvanceTo(batch.watermark_before[i]));
        changes_.SetWatermark(progress_.value());
      }
      if (time_.IsNull(i)) {
        return Error(ErrorCode::kData, "rowtimeIndex should not be null, please convert it to a non-null long value.");
      }
      SLUICE_RETURN_IF_ERROR(AddRow(batch, keys, i, hashes_[k], now));
    }
    return changes_.Flush(out);
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    if (node_.window.processing_time) return {};
    SLUICE_RETURN_IF_ERROR(AdvanceTo(watermark));
    return changes_.Flush(out);
  }

  int64_t NextProcessingTime() const override {
    return processing_timers_->empty() ? kMaxWatermark : processing_timers_->next();
  }

  Status AdvanceProcessingTime(int64_t now_ms, Output& out) override {
    while (!processing_timers_->empty() && processing_timers_->next() <= now_ms) {
      processing_timers_->Take(processing_timers_->next(), 1024, due_);
      for (size_t k = 0; k < due_.size(); ++k) SLUICE_RETURN_IF_ERROR(OnProcessingTime(k));
    }
    return changes_.Flush(out);
  }

 private:
  static Head& HeadOf(std::byte* payload) { return *reinterpret_cast<Head*>(payload); }
  bool event_time() const { return !node_.window.processing_time; }
  /// When the window is forgotten: rows that come then are late.
  int64_t CleanupTime(int64_t end) const { return end - 1 + (event_time() ? node_.emit.lateness_ms : 0); }
  int64_t TimerInstant(int64_t local) const { return time_.zone().TimerInstant(local); }

  void RestoreTimers() {
    auto bounds = [&](size_t at, std::byte* payload, const std::vector<ColumnPtr>& keys) {
      const int64_t end = keys.back()->at<int64_t>(at);
      const Head& head = HeadOf(payload);
      const uint64_t hash = windows_->HashOf(payload);
      if (event_time()) {
        if (head.on_time == 0 && end - 1 > local_progress_) event_timers_->Add(end - 1, keys, at, hash);
        if (node_.emit.lateness_ms > 0) event_timers_->Add(CleanupTime(end), keys, at, hash);
      } else {
        processing_timers_->Add(TimerInstant(end - 1), keys, at, hash);
      }
      if (head.early_next != kNever) processing_timers_->Add(head.early_next, keys, at, hash);
      if (head.late_next != kNever) processing_timers_->Add(head.late_next, keys, at, hash);
    };
    size_t cursor = 0;
    std::vector<std::byte*> payloads;
    for (;;) {
      windows_->Scan(cursor, 1024, payloads);
      if (payloads.empty()) return;
      std::vector<ColumnPtr> keys;
      for (const DataType& type : types_) keys.push_back(Column::Make(type, 0));
      windows_->ReadKeys(payloads, keys);
      for (size_t k = 0; k < payloads.size(); ++k) bounds(k, payloads[k], keys);
    }
  }

  void StartRows(const Batch& batch) {
    payloads_.resize(batch.length);
    inserted_.resize(batch.length);
    ops_.assign(batch.length, kAccumulate);
    for (size_t i = 0; i < batch.kinds.size(); ++i) ops_[i] = IsAdd(batch.kinds[i]) ? kAccumulate : kRetract;
  }

  /// `keys`: the key columns, and one for the window's end that is written here.
  Status AddRow(const Batch& batch, const std::vector<ColumnPtr>& keys, size_t i, uint64_t hash, int64_t now) {
    spans_.clear();
    AssignWindows(node_.window, time_[i], spans_);
    const auto position = static_cast<uint32_t>(i);
    const Rows row{&position, 1};
    for (const WindowSpan& span : spans_) {
      if (event_time() && CleanupTime(span.end) <= local_progress_) continue;
      keys.back()->data<int64_t>()[i] = span.end;
      windows_->FindOrInsert(keys, row, &hash, payloads_.data(), inserted_.data());
      std::byte* payload = payloads_[i];
      HeadOf(payload).rows += ops_[i] == kAccumulate ? 1 : -1;
      SLUICE_RETURN_IF_ERROR(calls_->Update(batch, row, payloads_.data(), ops_.data()));
      if (inserted_[i] != 0) AddWindowTimers(span.end, keys, i, hash);
      if (OnElement(HeadOf(payload), span.end, keys, i, hash, now)) {
        SLUICE_RETURN_IF_ERROR(EmitWindow(payload, keys, i, hash));
      }
    }
    return {};
  }

  void AddWindowTimers(int64_t end, const std::vector<ColumnPtr>& keys, size_t i, uint64_t hash) {
    if (!event_time()) return processing_timers_->Add(TimerInstant(end - 1), keys, i, hash);
    if (end - 1 > local_progress_) event_timers_->Add(end - 1, keys, i, hash);
    if (node_.emit.lateness_ms > 0) event_timers_->Add(CleanupTime(end), keys, i, hash);
  }

  /// AfterEndOfWindow….onElement: does the row make its window fire?
  bool OnElement(Head& head, int64_t end, const std::vector<ColumnPtr>& keys, size_t i, uint64_t hash, int64_t now) {
    const EmitStrategy& emit = node_.emit;
    if (head.on_time != 0) return emit.late && FireOrDelay(head.late_next, emit.late_delay_ms, keys, i, hash, now);
    if (event_time() && end - 1 <= local_progress_) return true;  // late, and its end never fired
    return emit.early && FireOrDelay(head.early_next, emit.early_delay_ms, keys, i, hash, now);
  }

  bool FireOrDelay(int64_t& next, int64_t delay, const std::vector<ColumnPtr>& keys, size_t i, uint64_t hash,
                   int64_t now) {
    if (delay == 0) return true;
    if (next == kNever) {
      next = now + delay;
      processing_timers_->Add(next, keys, i, hash);
    }
    return false;
  }

  Status AdvanceTo(int64_t watermark) {
    const int64_t local = time_.zone().Progress(watermark);
    while (!event_timers_->empty() && event_timers_->next() <= local) {
      event_timers_->Take(event_timers_->next(), 1024, due_);
      for (size_t k = 0; k < due_.size(); ++k) SLUICE_RETURN_IF_ERROR(OnEventTime(k));
    }
    progress_.Advance(watermark);
    local_progress_ = time_.zone().Progress(progress_.value());
    return {};
  }

  std::byte* FindDue(size_t k) {
    const auto position = static_cast<uint32_t>(k);
    found_.resize(due_.size());
    windows_->Find(due_.keys, Rows{&position, 1}, &due_.hashes[k], found_.data());
    return found_[k];
  }

  Status OnEventTime(size_t k) {
    std::byte* payload = FindDue(k);
    if (payload == nullptr) return {};
    const int64_t end = due_.keys.back()->at<int64_t>(k);
    if (due_.times[k] == end - 1 && HeadOf(payload).on_time == 0) {
      HeadOf(payload).on_time = 1;
      SLUICE_RETURN_IF_ERROR(EmitWindow(payload, due_.keys, k, due_.hashes[k]));
    }
    if (due_.times[k] == CleanupTime(end)) Forget(payload, k);
    return {};
  }

  Status OnProcessingTime(size_t k) {
    std::byte* payload = FindDue(k);
    if (payload == nullptr) return {};
    const int64_t end = due_.keys.back()->at<int64_t>(k);
    Head& head = HeadOf(payload);
    if (!event_time() && due_.times[k] == TimerInstant(end - 1)) {
      SLUICE_RETURN_IF_ERROR(EmitWindow(payload, due_.keys, k, due_.hashes[k]));
      Forget(payload, k);
      return {};
    }
    int64_t& next = head.on_time != 0 ? head.late_next : head.early_next;
    if (next != due_.times[k]) return {};
    next += head.on_time != 0 ? node_.emit.late_delay_ms : node_.emit.early_delay_ms;
    processing_timers_->Add(next, due_.keys, k, due_.hashes[k]);
    return EmitWindow(payload, due_.keys, k, due_.hashes[k]);
  }

  void Forget(std::byte* payload, size_t k) {
    windows_->Erase(payload);
    const auto position = static_cast<uint32_t>(k);
    emitted_->Find(due_.keys, Rows{&position, 1}, &due_.hashes[k], found_.data());
    if (found_[k] != nullptr) emitted_->Erase(found_[k]);
  }

  /// The window's row as it is now, in columns of one row.
  Result<std::vector<ColumnPtr>> Current(std::byte* payload, int64_t end) {
    Batch row;
    row.length = 1;
    output_.AddKeyColumns(row, types_.size() - 1);
    std::vector<ColumnPtr> keys = row.columns;
    keys.push_back(Column::Make(types_.back(), 0));
    windows_->ReadKeys(std::span(&payload, 1), keys);
    std::vector<ColumnPtr> values;
    SLUICE_RETURN_IF_ERROR(calls_->Read(&payload, 1, values));
    row.columns.insert(row.columns.end(), values.begin(), values.end());
    output_.AddProperties(row, {end - node_.window.size_ms, end},
                          event_time() ? time_.zone().ToInstant(end - 1) : clock_->NowMs());
    return row.columns;
  }

  Status EmitWindow(std::byte* payload, const std::vector<ColumnPtr>& keys, size_t i, uint64_t hash) {
    const bool empty = HeadOf(payload).rows == 0;
    SLUICE_ASSIGN_OR_RETURN(const std::vector<ColumnPtr> current, Current(payload, keys.back()->at<int64_t>(i)));
    const auto position = static_cast<uint32_t>(i);
    found_.resize(std::max(found_.size(), i + 1));
    emitted_->FindOrInsert(keys, Rows{&position, 1}, &hash, found_.data(), nullptr);
    auto& last = *reinterpret_cast<Emitted*>(found_[i]);
    std::string now;
    EncodeRow(current, 0, now);
    if (!last.any) {
      if (!empty) changes_.Add(RowKind::kInsert, now);
    } else if (empty) {
      changes_.Add(RowKind::kDelete, last.row);
    } else {
      if (!Differs(current, last.row)) return {};
      if (node_.emit_update_before) changes_.Add(RowKind::kUpdateBefore, last.row);
      changes_.Add(RowKind::kUpdateAfter, now);
    }
    last.any = !empty;
    last.row = empty ? std::string() : std::move(now);
    return {};
  }

  bool Differs(const std::vector<ColumnPtr>& current, std::string_view before) const {
    std::vector<ColumnPtr> columns;
    for (const RowField& field : schema_) columns.push_back(Column::Make(field.type, 0));
    INVARIANT(DecodeRow(before, columns), "a row in state is malformed");
    uint8_t changed = 0;
    for (size_t c = types_.size() - 1; c < columns.size(); ++c) {
      MarkChanged(*columns[c], *current[c], Rows{nullptr, 1}, &changed);
    }
    return changed != 0;
  }

  const WindowAggregateNode node_;
  WindowTime time_;
  std::vector<DataType> types_;  // of the key, then of the window's end
  std::unique_ptr<AggregateSet> calls_;
  Schema schema_;
  WindowOutput output_;
  Clock* clock_ = nullptr;
  KeyedTable* windows_ = nullptr;
  KeyedTable* emitted_ = nullptr;
  std::unique_ptr<KeyTimers> event_timers_;       // by local time
  std::unique_ptr<KeyTimers> processing_timers_;  // by the clock
  KeptWatermark progress_;
  int64_t local_progress_ = kNoWatermark;
  RowChanges changes_;
  DueKeys due_;
  std::vector<WindowSpan> spans_;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_, found_;
  std::vector<uint8_t> inserted_;
  std::vector<AggregateOp> ops_;
};

}  // namespace

OperatorResult MakeEmittingWindow(const WindowAggregateNode& node, const OperatorPlan& plan) {
  SLUICE_ASSIGN_OR_RETURN(const WindowTime time, WindowTime::Make(node.window, plan.input()));
  SLUICE_ASSIGN_OR_RETURN(auto calls,
                          AggregateSet::Make(node.calls, node.input_retracts, sizeof(Head), plan.environment));
  return std::unique_ptr<Operator>(
      std::make_unique<EmittingWindow>(node, plan.input(), plan.node.schema, time, std::move(calls)));
}

}  // namespace sluice::engine
