// Window aggregation by slices: one table of accumulators a slice, windows put together from them, a whole slice
// dropped at once. Results and dropped late rows are those of Flink's SlicingWindowOperator (and of its older
// WindowOperator for GROUP BY TUMBLE(..): with slices that divide size and slide, both agree).
#include <algorithm>
#include <set>

#include "engine/operators/aggregate_set.h"
#include "engine/operators/kept_watermark.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/window_output.h"
#include "engine/operators/window_slices.h"
#include "engine/operators/window_time.h"

namespace sluice::engine {

namespace {

/// At the front of every payload: rows added minus retracted; a window without rows is not emitted.
struct Head {
  int64_t rows;
};

bool OrderCounts(const AggregateCall& call) {
  if (call.function.starts_with("LISTAGG") || call.function.starts_with("ARRAY_AGG")) return true;
  return !call.arg_types.empty() &&
         (call.arg_types[0].kind() == TypeKind::kDouble || call.arg_types[0].kind() == TypeKind::kFloat);
}

class WindowAggregate final : public Operator {
 public:
  WindowAggregate(const WindowAggregateNode& node, const Schema& input, const Schema& output, WindowTime time,
                  std::unique_ptr<AggregateSet> calls)
      : node_(node), slices_(node.window), time_(time), calls_(std::move(calls)), output_(node, output, time.zone()) {
    for (const int key : node.keys) key_types_.push_back(input[static_cast<size_t>(key)].type);
    order_counts_ =
        !node.batch && !node.legacy_group_window && std::any_of(node.calls.begin(), node.calls.end(), OrderCounts);
  }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    batch_rows_ = context.batch_rows;
    values_ = context.state->OpenValues();
    table_ = context.state->OpenNamespacedTable(Spec());
    if (slices_.shared() && !slices_.cumulative()) merged_ = MakeMemoryTable(Spec());
    progress_.Open(context);
    local_progress_ = zone().Progress(progress_.value());
    if (node_.window.processing_time) fired_ = SmallestRestored(*values_, "fired").value_or(kNoWatermark);
    FindWindows();
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    progress_.Save();
    if (node_.window.processing_time) PutNumber(*values_, "fired", fired_);
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    time_.Start(batch, node_.window.processing_time ? clock_->NowMs() : 0);
    const Rows rows = batch.rows();
    keys_ = SelectColumns(batch, node_.keys);
    HashRows(keys_, rows, hashes_);
    payloads_.resize(batch.length);
    per_row_ |= !batch.watermark_before.empty();
    PrepareOps(batch);
    segment_.clear();
    for (size_t k = 0; k < rows.count; ++k) {
      const size_t i = rows[k];
      if (!batch.watermark_before.empty() && batch.watermark_before[i] > progress_.value()) {
        const int64_t watermark = batch.watermark_before[i];
        const int64_t local = zone().Progress(watermark);
        if (WindowFired(NextWindow(), local)) {
          SLUICE_RETURN_IF_ERROR(FlushSegment(batch));
          SLUICE_RETURN_IF_ERROR(Fire(local, out));
        }
        Advance(watermark);
      }
      if (time_.IsNull(i)) {
        if (node_.batch) continue;
        return Error(ErrorCode::kData, "rowtimeIndex should not be null, please convert it to a non-null long value.");
      }
      Assign(static_cast<uint32_t>(i), hashes_[k]);
    }
    return FlushSegment(batch);
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    if (node_.window.processing_time) return {};
    SLUICE_RETURN_IF_ERROR(Fire(zone().Progress(watermark), out));
    Advance(watermark);
    return {};
  }

  int64_t NextProcessingTime() const override {
    return node_.window.processing_time && !windows_.empty() ? zone().TimerInstant(*windows_.begin() - 1)
                                                             : kMaxWatermark;
  }

  Status AdvanceProcessingTime(int64_t now_ms, Output& out) override { return Fire(zone().Progress(now_ms), out); }

 private:
  struct Assigned {
    int64_t slice_end;
    uint32_t position;
    uint64_t hash;
  };

  TableSpec Spec() const {
    return {.name = "slices", .key_types = key_types_, .payload = calls_->Hooks(), .payload_format = calls_->Format()};
  }
  const WindowZone& zone() const { return time_.zone(); }
  void Advance(int64_t watermark) {
    progress_.Advance(watermark);
    local_progress_ = zone().Progress(progress_.value());
  }
  static Head& HeadOf(std::byte* payload) { return *reinterpret_cast<Head*>(payload); }
  int64_t NextWindow() const { return windows_.empty() ? kMaxWatermark : *windows_.begin(); }

  /// Restored slices wait for their first window that has not been fired.
  void FindWindows() {
    const int64_t until = !node_.window.processing_time ? local_progress_ : slices_.shared() ? fired_ : kNoWatermark;
    for (const auto& [slice_end, table] : table_->tables()) {
      const int64_t window_end = slices_.FirstUnfired(slice_end, until);
      if (window_end != kMaxWatermark) windows_.insert(window_end);
    }
  }

  void PrepareOps(const Batch& batch) {
    ops_.clear();
    if (!node_.input_retracts || batch.kinds.empty()) return;
    ops_.resize(batch.length);
    for (size_t i = 0; i < batch.length; ++i) ops_[i] = IsAdd(batch.kinds[i]) ? kAccumulate : kRetract;
  }

  /// Puts the row into its slice, or drops it if the last window of the slice has been fired.
  void Assign(uint32_t position, uint64_t hash) {
    const int64_t slice_end = node_.window.window_end_column >= 0 ? time_[position] : slices_.SliceEnd(time_[position]);
    const int64_t window_end = node_.window.processing_time ? slices_.FirstWindowEnd(slice_end)
                                                            : slices_.FirstUnfired(slice_end, local_progress_);
    if (window_end == kMaxWatermark || window_end > slices_.LastWindowEnd(slice_end)) return;
    if (windows_.empty() || window_end != last_window_) windows_.insert(window_end);
    last_window_ = window_end;
    segment_.push_back({Target(slice_end), position, hash});
  }

  /// A late row of a CUMULATE slice that was merged into the first slice already goes there too.
  int64_t Target(int64_t slice_end) const {
    if (!slices_.cumulative() || !slices_.shared() || !WindowFired(slice_end, local_progress_)) return slice_end;
    return FirstSliceOf(slice_end);
  }
  int64_t FirstSliceOf(int64_t window_end) const { return slices_.WindowStartOf(window_end) + node_.window.slide_ms; }

  Status FlushSegment(const Batch& batch) {
    if (segment_.empty()) return {};
    // Rows of one slice together, in their order; nearly always there is only one slice.
    auto by_slice = [](const Assigned& a, const Assigned& b) { return a.slice_end < b.slice_end; };
    if (!std::is_sorted(segment_.begin(), segment_.end(), by_slice)) {
      std::stable_sort(segment_.begin(), segment_.end(), by_slice);
    }
    for (size_t start = 0; start < segment_.size();) {
      size_t end = start;
      positions_.clear();
      slice_hashes_.clear();
      for (; end < segment_.size() && segment_[end].slice_end == segment_[start].slice_end; ++end) {
        positions_.push_back(segment_[end].position);
        slice_hashes_.push_back(segment_[end].hash);
      }
      const Rows rows{positions_.data(), positions_.size()};
      KeyedTable& table = table_->Open(segment_[start].slice_end);
      table.FindOrInsert(keys_, rows, slice_hashes_.data(), payloads_.data(), nullptr);
      const AggregateOp* ops = ops_.empty() ? nullptr : ops_.data();
      for (const uint32_t i : positions_) HeadOf(payloads_[i]).rows += ops != nullptr && ops[i] == kRetract ? -1 : 1;
      SLUICE_RETURN_IF_ERROR(calls_->Update(batch, rows, payloads_.data(), ops));
      start = end;
    }
    segment_.clear();
    return {};
  }

  /// Emits every window that ends by `progress`, in the order of their ends.
  Status Fire(int64_t progress, Output& out) {
    while (!windows_.empty() && WindowFired(*windows_.begin(), progress)) {
      const int64_t window_end = *windows_.begin();
      windows_.erase(windows_.begin());
      fired_ = window_end;
      SLUICE_RETURN_IF_ERROR(FireWindow(window_end, out));
    }
    last_window_ = kNoWatermark;
    return {};
  }

  Status FireWindow(int64_t window_end, Output& out) {
    const int64_t next = slices_.NextWindowEnd(window_end);
    if (!slices_.shared()) {
      if (KeyedTable* table = table_->Find(window_end)) SLUICE_RETURN_IF_ERROR(EmitTable(*table, window_end, out));
      table_->Drop(window_end);
      return {};
    }
    if (slices_.cumulative()) {
      const int64_t first = FirstSliceOf(window_end);
      KeyedTable& sum = table_->Open(first);
      if (window_end != first) {
        if (KeyedTable* slice = table_->Find(window_end)) SLUICE_RETURN_IF_ERROR(MergeTable(*slice, sum));
        table_->Drop(window_end);
      }
      SLUICE_RETURN_IF_ERROR(EmitTable(sum, window_end, out));
      if (next == kMaxWatermark) {
        table_->Drop(first);
      } else {
        windows_.insert(next);
      }
      return {};
    }
    return FireHop(window_end, next, out);
  }

  Status FireHop(int64_t window_end, int64_t next, Output& out) {
    const auto& tables = table_->tables();
    const int64_t start = slices_.WindowStartOf(window_end);
    merged_->Clear();
    // Keys come by their first slice, but Flink merges the newest slice first (HoppingSliceAssigner.mergeSlices): lists
    // and sums of floats tell.
    const auto first = tables.upper_bound(start), last = tables.upper_bound(window_end);
    if (order_counts_) {
      for (auto slice = first; slice != last; ++slice) {
        SLUICE_RETURN_IF_ERROR(MergeTable(*slice->second, *merged_, true));
      }
      for (auto slice = last; slice != first;) SLUICE_RETURN_IF_ERROR(MergeTable(*(--slice)->second, *merged_));
    } else {
      for (auto slice = first; slice != last; ++slice) SLUICE_RETURN_IF_ERROR(MergeTable(*slice->second, *merged_));
    }
    SLUICE_RETURN_IF_ERROR(EmitTable(*merged_, window_end, out));
    // What ends by the start of the next window is in no window any more.
    const int64_t next_start = slices_.WindowStartOf(next);
    while (!tables.empty() && tables.begin()->first <= next_start) table_->Drop(tables.begin()->first);
    if (!tables.empty() && tables.begin()->first <= next) windows_.insert(next);
    return {};
  }

  /// `keys_only`: makes the entries and merges nothing.
  Status MergeTable(KeyedTable& from, KeyedTable& into, bool keys_only = false) {
    size_t cursor = 0;
    std::vector<std::byte*> sources;
    std::vector<std::byte*> targets;
    std::vector<uint64_t> hashes;
    for (;;) {
      from.Scan(cursor, batch_rows_, sources);
      if (sources.empty()) return {};
      std::vector<ColumnPtr> keys;
      for (const DataType& type : key_types_) keys.push_back(Column::Make(type, 0));
      from.ReadKeys(sources, keys);
      hashes.clear();
      for (const std::byte* p : sources) hashes.push_back(from.HashOf(p));
      targets.resize(sources.size());
      into.FindOrInsert(keys, Rows{nullptr, sources.size()}, hashes.data(), targets.data(), nullptr);
      for (size_t k = 0; k < sources.size() && !keys_only; ++k) {
        HeadOf(targets[k]).rows += HeadOf(sources[k]).rows;
        SLUICE_RETURN_IF_ERROR(calls_->Merge(targets[k], sources[k]));
      }
    }
  }

  Status EmitTable(KeyedTable& table, int64_t window_end, Output& out) {
    size_t cursor = 0;
    std::vector<std::byte*> payloads;
    for (;;) {
      table.Scan(cursor, batch_rows_, payloads);
      if (payloads.empty()) return {};
      std::erase_if(payloads, [](std::byte* p) { return HeadOf(p).rows == 0; });
      if (payloads.empty()) continue;
      Batch batch;
      batch.length = payloads.size();
      output_.AddKeyColumns(batch, key_types_.size());
      table.ReadKeys(payloads, batch.columns);
      std::vector<ColumnPtr> values;
      SLUICE_RETURN_IF_ERROR(calls_->Read(payloads.data(), payloads.size(), values));
      batch.columns.insert(batch.columns.end(), values.begin(), values.end());
      output_.AddProperties(batch, {slices_.WindowStartOf(window_end), window_end},
                            node_.window.processing_time ? clock_->NowMs() : zone().ToInstant(window_end - 1));
      if (per_row_) batch.watermark_before.assign(batch.length, progress_.value());
      SLUICE_RETURN_IF_ERROR(out.Emit(std::move(batch)));
    }
  }

  const WindowAggregateNode node_;
  const SliceAssigner slices_;
  WindowTime time_;
  std::vector<DataType> key_types_;
  std::unique_ptr<AggregateSet> calls_;
  WindowOutput output_;
  NamespacedTable* table_ = nullptr;
  std::unique_ptr<KeyedTable> merged_;
  Clock* clock_ = nullptr;
  size_t batch_rows_ = 1024;
  OperatorValues* values_ = nullptr;
  KeptWatermark progress_;
  int64_t local_progress_ = kNoWatermark;  // how far it is in the wall clock of the windows
  int64_t fired_ = kNoWatermark;           // processing time: the last window that was
  bool per_row_ = false;                   // watermarks come with the rows
  std::set<int64_t> windows_;              // ends of windows to fire
  int64_t last_window_ = kNoWatermark;     // inserted last
  bool order_counts_ = false;              // a call's result goes by the order in which slices are merged
  std::vector<Assigned> segment_;
  std::vector<ColumnPtr> keys_;
  std::vector<uint64_t> hashes_, slice_hashes_;
  std::vector<uint32_t> positions_;
  std::vector<std::byte*> payloads_;
  std::vector<AggregateOp> ops_;
};

}  // namespace

OperatorResult MakeWindowAggregate(const WindowAggregateNode& node, const OperatorPlan& plan) {
  if (node.emit.updates()) return MakeEmittingWindow(node, plan);
  SLUICE_ASSIGN_OR_RETURN(const WindowTime time, WindowTime::Make(node.window, plan.input()));
  if (node.window.kind == WindowKind::kSession) return MakeSessionAggregate(node, plan);
  SLUICE_ASSIGN_OR_RETURN(auto calls,
                          AggregateSet::Make(node.calls, node.input_retracts, sizeof(Head), plan.environment));
  return std::unique_ptr<Operator>(
      std::make_unique<WindowAggregate>(node, plan.input(), plan.node.schema, time, std::move(calls)));
}

}  // namespace sluice::engine
