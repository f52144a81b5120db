#include "engine/runtime/checkpoint_world_test.h"

#include <algorithm>
#include <cstring>

namespace sluice::engine {

std::vector<std::pair<int64_t, int64_t>> OutsideWorld::Visible() {
  std::lock_guard lock(mutex);
  std::vector<std::pair<int64_t, int64_t>> rows;
  for (const int64_t t : committed) rows.insert(rows.end(), transactions[t].begin(), transactions[t].end());
  std::sort(rows.begin(), rows.end());
  return rows;
}

void OutsideWorld::AwaitEmitted(int64_t rows) {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return emitted >= rows; });
}

void OutsideWorld::Release() {
  std::lock_guard lock(mutex);
  held = false;
}

namespace {

class Parts : public Source {
 public:
  Parts(OutsideWorld* world, SourceSpec spec) : world_(world), spec_(spec) {}

  Status Open(const TaskContext& context) override {
    subtask_ = context.subtask;
    for (int64_t p = subtask_; p < spec_.parts; p += context.parallelism) next_[p] = 0;
    batch_rows_ = 1 + subtask_ * 3 + spec_.salt % 5;
    return {};
  }
  Status RestorePositions(const std::vector<std::string>& positions) override {
    for (const std::string& position : positions) {
      for (size_t at = 0; at + 16 <= position.size(); at += 16) {
        int64_t part, row;
        std::memcpy(&part, position.data() + at, 8);
        std::memcpy(&row, position.data() + at + 8, 8);
        if (auto own = next_.find(part); own != next_.end()) own->second = row;
      }
    }
    return {};
  }
  Result<std::string> SnapshotPosition() override {
    std::string position;
    for (const auto& [part, row] : next_) {
      position.append(reinterpret_cast<const char*>(&part), 8);
      position.append(reinterpret_cast<const char*>(&row), 8);
    }
    return position;
  }
  Result<PollResult> Poll(Output& out) override {
    bool more = false;
    for (int i = 0; i < 4; ++i) {
      SLUICE_ASSIGN_OR_RETURN(const bool sent, EmitBatch(out));
      more |= sent;
    }
    if (more) return PollResult{PollState::kMore};
    std::lock_guard lock(world_->mutex);
    return PollResult{world_->held || world_->endless ? PollState::kIdle : PollState::kEnd, 1};
  }

 private:
  /// From the part that is behind; false if there is nothing to send now.
  Result<bool> EmitBatch(Output& out) {
    auto part = std::min_element(next_.begin(), next_.end(), [](auto& a, auto& b) { return a.second < b.second; });
    if (part == next_.end()) return false;
    int64_t end = spec_.rows_per_part;
    {
      std::lock_guard lock(world_->mutex);
      if (world_->held) end -= end / 10;
    }
    Batch batch;
    ColumnPtr keys = Column::Make(DataType::Bigint(), 0), times = Column::Make(DataType::Bigint(), 0);
    for (int64_t n = 0; n < batch_rows_ && part->second < end; ++n, ++part->second) {
      keys->Append(spec_.Key(part->first, part->second));
      times->Append(part->second);
    }
    batch.length = keys->size();
    if (batch.length == 0) return false;
    batch.columns = {keys, times};
    for (const auto& [p, row] : next_) watermark_ = p == next_.begin()->first ? row - 1 : std::min(watermark_, row - 1);
    batch.watermark = watermark_;
    const auto rows = static_cast<int64_t>(batch.length);
    if (Status s = out.Emit(std::move(batch)); !s.ok()) return s.error();
    std::lock_guard lock(world_->mutex);
    world_->emitted += rows;
    world_->changed.notify_all();
    return true;
  }

  OutsideWorld* world_;
  SourceSpec spec_;
  int subtask_ = 0;
  int64_t batch_rows_ = 1;
  int64_t watermark_ = kNoWatermark;
  std::map<int64_t, int64_t> next_;  // part -> row
};

class Counting : public Operator {
 public:
  explicit Counting(bool check_late) : check_late_(check_late) {}
  Status Open(const TaskContext& context) override {
    TableSpec spec;
    spec.name = "counts";
    spec.key_types = {DataType::Bigint()};
    spec.payload.size = sizeof(int64_t);
    spec.payload.init = [](std::byte* p) { std::memset(p, 0, sizeof(int64_t)); };
    spec.payload_format = "count:int64";
    table_ = context.state->OpenTable(std::move(spec));
    return {};
  }
  Status Process(int, Batch batch, Output& out) override {
    const Rows rows = batch.rows();
    std::vector<ColumnPtr> keys = {batch.columns[0]};
    std::vector<uint64_t> hashes;
    HashRows(keys, rows, hashes);
    // Positions are those of rows in the batch.
    std::vector<std::byte*> payloads(batch.length);
    table_->FindOrInsert(keys, rows, hashes.data(), payloads.data(), nullptr);
    Batch result;
    ColumnPtr key = Column::Make(DataType::Bigint(), 0), count = Column::Make(DataType::Bigint(), 0);
    Status late;
    rows.ForEach([&](size_t i) {
      const int64_t time = batch.columns[1]->at<int64_t>(i);
      if (check_late_ && time <= watermark_) {
        late = Error(ErrorCode::kInternal,
                     "late row: time " + std::to_string(time) + ", watermark " + std::to_string(watermark_));
      }
      int64_t n;
      std::memcpy(&n, payloads[i], sizeof(n));
      ++n;
      std::memcpy(payloads[i], &n, sizeof(n));
      key->Append(batch.columns[0]->at<int64_t>(i));
      count->Append(n);
    });
    SLUICE_RETURN_IF_ERROR(late);
    result.length = key->size();
    result.columns = {key, count};
    return out.Emit(std::move(result));
  }
  Status AdvanceWatermark(int64_t watermark, Output&) override {
    if (watermark < watermark_) return Error(ErrorCode::kInternal, "the watermark went back");
    watermark_ = watermark;
    return {};
  }

 private:
  bool check_late_;
  KeyedTable* table_ = nullptr;
  int64_t watermark_ = kNoWatermark;
};

class Passing : public Operator {
 public:
  Status Open(const TaskContext&) override { return {}; }
  /// One batch late, to have something to send before a snapshot.
  Status Process(int, Batch batch, Output& out) override {
    SLUICE_RETURN_IF_ERROR(BeforeSnapshot(out));
    kept_ = std::move(batch);
    return {};
  }
  Status AdvanceWatermark(int64_t, Output& out) override { return BeforeSnapshot(out); }
  Status EndInput(int, Output& out) override { return BeforeSnapshot(out); }
  Status BeforeSnapshot(Output& out) override {
    if (!kept_) return {};
    Batch batch = std::move(*kept_);
    kept_.reset();
    return out.Emit(std::move(batch));
  }

 private:
  std::optional<Batch> kept_;
};

class Transactions : public Sink {
 public:
  explicit Transactions(OutsideWorld* world) : world_(world) {}
  Status Open(const TaskContext&) override { return {}; }
  Status Write(Batch batch) override {
    batch.rows().ForEach(
        [&](size_t i) { rows_.emplace_back(batch.columns[0]->at<int64_t>(i), batch.columns[1]->at<int64_t>(i)); });
    return {};
  }
  bool two_phase() const override { return true; }
  Result<std::string> PrepareCommit(int64_t) override {
    std::lock_guard lock(world_->mutex);
    if (rows_.empty()) return std::string();
    const int64_t number = world_->next_transaction++;
    world_->transactions[number] = std::move(rows_);
    rows_.clear();
    return std::to_string(number);
  }
  Status Commit(std::string_view prepared) override {
    std::lock_guard lock(world_->mutex);
    world_->committed.insert(std::stoll(std::string(prepared)));
    return {};
  }
  Status Finish() override {
    SLUICE_ASSIGN_OR_RETURN(const std::string last, PrepareCommit(0));
    return last.empty() ? Status() : Commit(last);
  }

 private:
  OutsideWorld* world_;
  std::vector<std::pair<int64_t, int64_t>> rows_;
};

}  // namespace

std::function<Result<std::unique_ptr<Source>>()> PartsSource(OutsideWorld* world, SourceSpec spec) {
  return [=]() -> Result<std::unique_ptr<Source>> { return std::make_unique<Parts>(world, spec); };
}
std::function<Result<std::unique_ptr<Operator>>()> CountingOperator(bool check_late) {
  return [=]() -> Result<std::unique_ptr<Operator>> { return std::make_unique<Counting>(check_late); };
}
std::function<Result<std::unique_ptr<Operator>>()> PassingOperator() {
  return []() -> Result<std::unique_ptr<Operator>> { return std::make_unique<Passing>(); };
}
std::function<Result<std::unique_ptr<Sink>>()> TransactionSink(OutsideWorld* world) {
  return [=]() -> Result<std::unique_ptr<Sink>> { return std::make_unique<Transactions>(world); };
}

void TestCoordinator::OnJobStatus(JobStatus status, int64_t) {
  std::lock_guard lock(mutex);
  ended |= IsTerminal(status);
  changed.notify_all();
}

void TestCoordinator::OnSubtaskAck(SubtaskAck ack) {
  std::lock_guard lock(mutex);
  acks[ack.checkpoint_id].push_back(std::move(ack));
  changed.notify_all();
}

void TestCoordinator::OnDecline(int64_t id, const Error& error) {
  std::lock_guard lock(mutex);
  declines[id] = error.message();
  changed.notify_all();
}

void TestCoordinator::OnFinalCheckpointWanted() {
  std::lock_guard lock(mutex);
  ++wanted;
  changed.notify_all();
}

void TestCoordinator::Trigger(Job& job, CheckpointRequest request) {
  request.storage = storage_;
  request.folder = "chk-" + std::to_string(request.id);
  job.TriggerCheckpoint(request);
}

std::optional<CheckpointManifest> TestCoordinator::Await(Job&, const JobGraph& graph, int64_t id) {
  size_t subtasks = 0;
  for (const JobVertex& v : graph.vertices) subtasks += static_cast<size_t>(v.parallelism);
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return ended || acks[id].size() >= subtasks || declines.contains(id); });
  if (acks[id].size() != subtasks) return std::nullopt;
  CheckpointManifest manifest;
  manifest.checkpoint_id = id;
  manifest.max_parallelism = graph.max_parallelism;
  for (const JobVertex& v : graph.vertices) {
    manifest.vertices.push_back({v.uid, v.name, std::vector<SubtaskSnapshot>(static_cast<size_t>(v.parallelism))});
  }
  for (const SubtaskAck& ack : acks[id]) {
    manifest.vertices[static_cast<size_t>(ack.vertex)].subtasks[static_cast<size_t>(ack.subtask)] = ack.snapshot;
  }
  // Over the bytes, as a restart would see it.
  auto read = DecodeManifest(EncodeManifest(manifest), "test");
  EXPECT_TRUE(read.ok());
  return read.ok() ? std::optional(*read) : std::nullopt;
}

std::optional<CheckpointManifest> TestCoordinator::Take(Job& job, const JobGraph& graph, CheckpointRequest request) {
  const int64_t id = request.id;
  Trigger(job, std::move(request));
  return Await(job, graph, id);
}

JobStatus TestCoordinator::RunToTheEnd(Job& job, const JobGraph& graph, int64_t first_id) {
  int seen = 0;
  for (int64_t id = first_id;; ++id) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return ended || wanted > seen; });
      if (ended) break;
      seen = wanted;
    }
    if (Take(job, graph, {.id = id})) job.ConfirmCheckpoint(id);
  }
  return job.Wait();
}

}  // namespace sluice::engine
