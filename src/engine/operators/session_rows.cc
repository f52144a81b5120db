// SESSION as a table function: rows wait until their session is over, then come with its window. Merging and lateness
// as in session_aggregate.cc (UnalignedWindowTableFunctionOperator of org.apache.flink.table.runtime).
#include <algorithm>

#include "engine/columnar/row_block.h"
#include "engine/columnar/row_encoding.h"
#include "engine/operators/kept_watermark.h"
#include "engine/operators/key_timers.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/row_list.h"
#include "engine/operators/window_slices.h"
#include "engine/operators/window_time.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

namespace {

struct OpenSession {
  int64_t start = 0;
  int64_t end = 0;
  int64_t id = 0;
  RowList rows;  // in order of arrival
};

/// The open sessions of one key.
struct OpenSessions {
  std::vector<OpenSession> open;
  int64_t next_id = 1;

  void Save(std::string& out) const {
    PutFixed(next_id, out);
    for (const OpenSession& s : open) {
      PutFixed(s.start, out);
      PutFixed(s.end, out);
      PutFixed(s.id, out);
      std::string rows;
      s.rows.Save(rows);
      PutBytes(rows, out);
    }
  }
  bool Load(std::string_view in) {
    if (!TakeFixed(in, next_id)) return false;
    while (!in.empty()) {
      OpenSession s;
      std::string_view rows;
      if (!TakeFixed(in, s.start) || !TakeFixed(in, s.end) || !TakeFixed(in, s.id) || !TakeBytes(in, rows)) {
        return false;
      }
      if (!s.rows.Load(rows)) return false;
      open.push_back(std::move(s));
    }
    return true;
  }
};

class SessionRows final : public Operator {
 public:
  SessionRows(const WindowSpec& window, const Schema& input, const Schema& output, WindowTime time)
      : window_(window), input_(input), output_(output), time_(std::move(time)) {
    for (const int key : window.partition_keys) key_types_.push_back(input[static_cast<size_t>(key)].type);
    timers_ = std::make_unique<KeyTimers>(key_types_);
  }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    table_ = context.state->OpenTable({.name = "sessions",
                                       .key_types = key_types_,
                                       .hash_columns = -1,
                                       .payload = ObjectPayload<OpenSessions>(),
                                       .payload_format = "session-rows:" + RowFormat(input_)});
    progress_.Open(context);
    timers_->AddFrom(*table_, [](std::byte* payload, auto&& add) {
      for (const OpenSession& s : reinterpret_cast<OpenSessions*>(payload)->open) add(s.end, s.id);
    });
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    progress_.Save();
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    time_.Start(batch, window_.processing_time ? clock_->NowMs() : 0);
    const Rows rows = batch.rows();
    const std::vector<ColumnPtr> keys = SelectColumns(batch, window_.partition_keys);
    HashRows(keys, rows, hashes_);
    payloads_.resize(batch.length);
    for (size_t k = 0; k < rows.count; ++k) {
      const size_t i = rows[k];
      if (!batch.watermark_before.empty() && batch.watermark_before[i] > progress_.value()) {
        per_row_ = true;
        SLUICE_RETURN_IF_ERROR(Fire(time_.zone().Progress(batch.watermark_before[i]), out));
        progress_.Advance(batch.watermark_before[i]);
      }
      if (time_.IsNull(i)) {
        return Error(ErrorCode::kData, "rowtimeIndex should not be null, please convert it to a non-null long value.");
      }
      const auto position = static_cast<uint32_t>(i);
      table_->FindOrInsert(keys, Rows{&position, 1}, &hashes_[k], payloads_.data(), nullptr);
      Assign(batch, keys, i, hashes_[k]);
    }
    return {};
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    if (window_.processing_time) return {};
    SLUICE_RETURN_IF_ERROR(Fire(time_.zone().Progress(watermark), out));
    progress_.Advance(watermark);
    return {};
  }

  int64_t NextProcessingTime() const override {
    const bool waits = window_.processing_time && !timers_->empty();
    return waits ? time_.zone().TimerInstant(timers_->next() - 1) : kMaxWatermark;
  }
  Status AdvanceProcessingTime(int64_t now_ms, Output& out) override {
    return Fire(time_.zone().Progress(now_ms), out);
  }

 private:
  void Assign(const Batch& batch, const std::vector<ColumnPtr>& keys, size_t i, uint64_t hash) {
    OpenSessions& list = *reinterpret_cast<OpenSessions*>(payloads_[i]);
    OpenSession session;
    session.start = time_[i];
    session.end = session.start + window_.size_ms;
    const OpenSession* first = nullptr;
    auto touches = [&](const OpenSession& s) { return s.start <= time_[i] + window_.size_ms && s.end >= time_[i]; };
    for (const OpenSession& s : list.open) {
      if (!touches(s)) continue;
      if (first == nullptr) first = &s;
      session.start = std::min(session.start, s.start);
      session.end = std::max(session.end, s.end);
    }
    if (!window_.processing_time && WindowFired(session.end, time_.zone().Progress(progress_.value()))) {
      if (list.open.empty()) table_->Erase(payloads_[i]);
      return;
    }
    session.id = first == nullptr ? list.next_id++ : first->id;
    if (first == nullptr) timers_->Add(session.end, keys, i, hash, session.id);
    for (OpenSession& s : list.open) {
      if (!touches(s)) continue;
      for (std::string& row : s.rows.rows) session.rows.rows.push_back(std::move(row));
    }
    std::erase_if(list.open, touches);
    std::string row;
    EncodeRow(batch.columns, i, row);
    session.rows.rows.push_back(std::move(row));
    list.open.push_back(std::move(session));
  }

  /// Emits the sessions that are over, by their ends.
  Status Fire(int64_t progress, Output& out) {
    if (timers_->empty() || !WindowFired(timers_->next(), progress)) return {};
    timers_->Take(progress < kMaxWatermark ? progress + 1 : progress, SIZE_MAX, due_);
    due_lists_.resize(due_.size());
    table_->Find(due_.keys, due_.rows(), due_.hashes.data(), due_lists_.data());
    std::vector<OpenSession> over;
    std::vector<std::byte*> emptied;
    for (uint32_t k = 0; k < due_.size(); ++k) {
      if (due_lists_[k] == nullptr) continue;
      OpenSessions& list = *reinterpret_cast<OpenSessions*>(due_lists_[k]);
      auto at =
          std::find_if(list.open.begin(), list.open.end(), [&](const OpenSession& s) { return s.id == due_.tags[k]; });
      if (at == list.open.end()) continue;
      if (!WindowFired(at->end, progress)) {
        timers_->Add(at->end, due_.keys, k, due_.hashes[k], at->id, due_.sequences[k]);
        continue;
      }
      over.push_back(std::move(*at));
      list.open.erase(at);
      emptied.push_back(due_lists_[k]);
    }
    std::sort(emptied.begin(), emptied.end());
    emptied.erase(std::unique(emptied.begin(), emptied.end()), emptied.end());
    for (std::byte* p : emptied) {
      if (reinterpret_cast<OpenSessions*>(p)->open.empty()) table_->Erase(p);
    }
    std::stable_sort(over.begin(), over.end(), [](const auto& a, const auto& b) { return a.end < b.end; });
    return Emit(over, out);
  }

  Status Emit(const std::vector<OpenSession>& over, Output& out) {
    Batch batch;
    for (const RowField& field : output_) batch.columns.push_back(Column::Make(field.type, 0));
    const size_t width = input_.size();
    for (const OpenSession& s : over) {
      for (const std::string& row : s.rows.rows) {
        rows_.Add(row);
        batch.columns[width]->Append(s.start);
        batch.columns[width + 1]->Append(s.end);
        batch.columns[width + 2]->Append(time_.zone().ToInstant(s.end - 1));
        ++batch.length;
      }
    }
    if (batch.length == 0) return {};
    rows_.MoveTo(std::span<const ColumnPtr>(batch.columns.data(), width));
    if (per_row_) batch.watermark_before.assign(batch.length, progress_.value());
    return out.Emit(std::move(batch));
  }

  const WindowSpec window_;
  Schema input_, output_;
  WindowTime time_;
  std::vector<DataType> key_types_;
  KeyedTable* table_ = nullptr;
  Clock* clock_ = nullptr;
  KeptWatermark progress_;
  bool per_row_ = false;
  std::unique_ptr<KeyTimers> timers_;  // one a session, at its end or before; tagged with its id
  DueKeys due_;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_, due_lists_;
  RowBlock rows_;  // of the batch that Emit makes
};

}  // namespace

OperatorResult MakeSessionRows(const WindowTableFunctionNode& node, const OperatorPlan& plan) {
  SLUICE_ASSIGN_OR_RETURN(WindowTime time, WindowTime::Make(node.window, plan.input()));
  return std::unique_ptr<Operator>(
      std::make_unique<SessionRows>(node.window, plan.input(), plan.node.schema, std::move(time)));
}

}  // namespace sluice::engine
