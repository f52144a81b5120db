#include "engine/runtime/checkpoint_driver.h"

#include "base/clock.h"

namespace sluice::engine {
namespace {

constexpr size_t kRememberedOrders = 1000;

CheckpointManifest EmptyManifest(const JobGraph& graph) {
  CheckpointManifest manifest;
  manifest.job_name = graph.name;
  manifest.max_parallelism = graph.max_parallelism;
  for (const JobVertex& vertex : graph.vertices) {
    VertexSnapshotData data;
    data.uid = vertex.uid;
    data.name = vertex.name;
    data.subtasks.resize(static_cast<size_t>(vertex.parallelism));
    manifest.vertices.push_back(std::move(data));
  }
  return manifest;
}

std::vector<CheckpointTracker::VertexShape> ShapeOf(const JobGraph& graph) {
  std::vector<CheckpointTracker::VertexShape> shape;
  for (const JobVertex& vertex : graph.vertices) shape.push_back({vertex.uid, vertex.parallelism});
  return shape;
}

}  // namespace

CheckpointDriver::CheckpointDriver(std::string job_id, const CheckpointConfig& config,
                                   const JobMasterEnvironment& environment, Hooks hooks)
    : job_id_(std::move(job_id)), config_(config), env_(environment), hooks_(std::move(hooks)), coordinator_(config) {}

OpenStorage CheckpointDriver::Opener() const {
  return [this](const std::string& uri) -> Result<std::shared_ptr<CheckpointStorage>> {
    if (!env_.open_storage) {
      return Error(ErrorCode::kNotSupported, "not supported here: checkpoints outside of memory ('" + uri + "')");
    }
    return env_.open_storage(uri);
  };
}

Status CheckpointDriver::OpenStore() {
  if (store_ != nullptr) return {};
  std::shared_ptr<CheckpointStorage> storage;
  if (config_.checkpoint_folder.empty()) {
    storage = MakeMemoryCheckpointStorage();
  } else {
    SLUICE_ASSIGN_OR_RETURN(storage, Opener()(config_.checkpoint_folder));
  }
  CheckpointStoreOptions options;
  options.job_id = job_id_;
  options.retained = config_.retained;
  options.note = hooks_.note;
  SLUICE_ASSIGN_OR_RETURN(store_, CheckpointStore::Open(std::move(storage), std::move(options)));
  coordinator_.SkipTo(store_->next_id());
  return {};
}

void CheckpointDriver::Restored(const RestorePoint& point, bool own, ClaimMode claim) {
  coordinator_.SkipTo(point.manifest.checkpoint_id + 1);
  if (!own && claim == ClaimMode::kClaim && store_ != nullptr) store_->Claim(point, Opener());
  std::lock_guard lock(mutex_);
  tracker_.Restored({point.manifest.checkpoint_id, env_.clock->NowMs(), point.manifest.savepoint, point.location});
}

void CheckpointDriver::JobRuns(Job& job, const JobGraph& graph) {
  job_ = &job;
  graph_ = &graph;
  std::vector<int> parallelism;
  for (const JobVertex& vertex : graph.vertices) parallelism.push_back(vertex.parallelism);
  coordinator_.JobRuns(env_.clock->NowMs(), std::move(parallelism));
}

void CheckpointDriver::JobStops(CheckpointFailure why) {
  coordinator_.JobStops(why);
  job_ = nullptr;
  graph_ = nullptr;
  Run();
}

void CheckpointDriver::JobPauses() {
  coordinator_.JobPauses();
  job_ = nullptr;
  graph_ = nullptr;
}

void CheckpointDriver::FinalWanted() { coordinator_.FinalWanted(); }

void CheckpointDriver::Acknowledged(SubtaskAck ack) {
  auto found = pending_.find(ack.checkpoint_id);
  if (found == pending_.end()) return;
  if (ack.snapshot.finished) coordinator_.TaskFinished(env_.clock->NowMs());
  const auto answer = coordinator_.Acknowledged(ack.checkpoint_id, ack.vertex, ack.subtask);
  if (answer == CheckpointCoordinator::Ack::kLate) return;
  {
    std::lock_guard lock(mutex_);
    tracker_.Acknowledged(ack);
  }
  auto& vertex = found->second.manifest.vertices[static_cast<size_t>(ack.vertex)];
  vertex.subtasks[static_cast<size_t>(ack.subtask)] = std::move(ack.snapshot);
  if (answer == CheckpointCoordinator::Ack::kAll) Complete(ack.checkpoint_id);
}

void CheckpointDriver::Declined(int64_t id, const Error& error) {
  const ErrorCode code = error.code();
  const bool storage = code == ErrorCode::kIo || code == ErrorCode::kCorrupt || code == ErrorCode::kResourceExhausted ||
                       code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout;
  coordinator_.Failed(id, storage ? CheckpointFailure::kAsync : CheckpointFailure::kDeclined, error.ToString(),
                      env_.clock->NowMs());
}

int64_t CheckpointDriver::NewOrder() {
  std::lock_guard lock(mutex_);
  orders_[++last_order_];
  if (orders_.size() > kRememberedOrders) orders_.erase(orders_.begin());
  return last_order_;
}

void CheckpointDriver::Place(CheckpointOrder order, std::string folder) {
  if (order.kind != CheckpointKind::kCheckpoint) folders_[order.number] = std::move(folder);
  coordinator_.Order(order);
}

void CheckpointDriver::EndOrder(int64_t number, int64_t checkpoint, Result<std::string> location) {
  if (number == 0) return;
  folders_.erase(number);
  std::lock_guard lock(mutex_);
  auto found = orders_.find(number);
  if (found == orders_.end()) return;
  found->second.checkpoint = checkpoint;
  found->second.facts.done = true;
  if (location.ok()) {
    found->second.facts.location = *location;
  } else {
    found->second.facts.error = location.error();
  }
}

std::optional<SavepointFacts> CheckpointDriver::FindOrder(int64_t number) const {
  std::lock_guard lock(mutex_);
  auto found = orders_.find(number);
  return found == orders_.end() ? std::nullopt : std::optional(found->second.facts);
}

std::optional<int64_t> CheckpointDriver::CheckpointOfOrder(int64_t number) const {
  std::lock_guard lock(mutex_);
  auto found = orders_.find(number);
  return found == orders_.end() ? std::nullopt : std::optional(found->second.checkpoint);
}

void CheckpointDriver::Run() {
  using Kind = CheckpointAction::Kind;
  for (const CheckpointAction& action : coordinator_.Decide(env_.clock->NowMs())) {
    switch (action.kind) {
      case Kind::kTrigger: Trigger(action); break;
      case Kind::kAbort: Abort(action); break;
      case Kind::kFailJob: hooks_.fail_job(Error(ErrorCode::kIo, action.message)); break;
    }
  }
}

Status CheckpointDriver::BeginStorage(const CheckpointAction& action, CheckpointRequest& request, Pending& pending) {
  if (action.order.rescale) {
    pending.memory = MakeMemoryCheckpointStorage();
    request.storage = pending.memory.get();
    request.folder = "rescale";
    request.full = true;
  } else if (action.order.kind != CheckpointKind::kCheckpoint) {
    SLUICE_ASSIGN_OR_RETURN(pending.savepoint,
                            BeginSavepoint(Opener(), folders_[action.order.number], job_id_, *env_.random));
    request.storage = pending.savepoint->storage.get();
    request.folder = pending.savepoint->folder;
    request.full = true;
  } else {
    SLUICE_RETURN_IF_ERROR(OpenStore());
    store_->Begin(action.id);
    request.storage = store_->storage();
    request.folder = store_->shared_folder();
  }
  return {};
}

void CheckpointDriver::Trigger(const CheckpointAction& action) {
  const int64_t now_ms = env_.clock->NowMs();
  Pending& pending = pending_[action.id];
  pending.order = action.order;
  pending.manifest = EmptyManifest(*graph_);
  pending.manifest.checkpoint_id = action.id;
  pending.manifest.timestamp_ms = now_ms;
  pending.manifest.savepoint = action.order.kind != CheckpointKind::kCheckpoint;
  if (!action.order.rescale) {
    std::lock_guard lock(mutex_);
    tracker_.Began(action.id, action.order.kind, now_ms, ShapeOf(*graph_));
  }
  CheckpointRequest request;
  request.id = action.id;
  request.timestamp_ms = now_ms;
  request.mode = action.mode;
  request.aligned_timeout_ms = action.aligned_timeout_ms;
  request.then = action.order.then;
  if (Status begun = BeginStorage(action, request, pending); !begun.ok()) {
    coordinator_.Failed(action.id, CheckpointFailure::kTrigger, begun.error().ToString(), now_ms);
    return;
  }
  if (action.order.rescale) rescale_began_ns_ = env_.clock->MonotonicNs();
  job_->TriggerCheckpoint(request);
}

void CheckpointDriver::Abort(const CheckpointAction& action) {
  if (job_ != nullptr && action.id != 0) job_->AbortCheckpoint(action.id);
  const Error error(ErrorCode::kIo, action.message);
  auto found = pending_.find(action.id);
  if (found != pending_.end()) {
    if (found->second.savepoint) {
      if (Status removed = RemoveSavepoint(Opener(), *found->second.savepoint); !removed.ok()) {
        hooks_.note("what was written of a savepoint stays: " + removed.error().ToString());
      }
    } else if (store_ != nullptr && !action.order.rescale) {
      store_->Abort(action.id);
    }
    // Subtasks may not have heard yet, and write to it.
    if (found->second.savepoint) retired_.push_back(std::move(found->second.savepoint->storage));
    if (found->second.memory) retired_.push_back(std::move(found->second.memory));
    pending_.erase(found);
  }
  if (!action.order.rescale) {
    std::lock_guard lock(mutex_);
    if (action.id == 0) {
      tracker_.Refused();
    } else {
      tracker_.Failed(action.id, action.message, env_.clock->NowMs());
    }
  }
  hooks_.note("checkpoint " + std::to_string(action.id) + " failed: " + action.message);
  EndOrder(action.order.number, action.id, error);
  if (action.order.rescale) return hooks_.rescale(error);
  // Tasks that have ended their input cannot go on.
  if (job_ != nullptr && action.id != 0 && action.order.then == AfterCheckpoint::kDrain) {
    hooks_.fail_job(Error(ErrorCode::kIo, "Stop-with-savepoint failed. " + action.message));
  }
}

Result<std::string> CheckpointDriver::Write(Pending& pending) {
  if (pending.savepoint) {
    SLUICE_RETURN_IF_ERROR(CompleteSavepoint(*pending.savepoint, std::move(pending.manifest)));
    return pending.savepoint->location;
  }
  SLUICE_ASSIGN_OR_RETURN(CheckpointStore::Completed completed, store_->Complete(pending.manifest));
  std::lock_guard lock(mutex_);
  for (const int64_t id : completed.discarded) tracker_.Discarded(id);
  return completed.external_path;
}

void CheckpointDriver::Complete(int64_t id) {
  Pending& pending = pending_[id];
  const CheckpointOrder order = pending.order;
  if (order.rescale) {
    RestorePoint point{std::move(pending.manifest), std::move(pending.memory), "memory"};
    pending_.erase(id);
    coordinator_.Completed(id, env_.clock->NowMs());
    hooks_.rescale(std::move(point));
    return;
  }
  Result<std::string> location = Write(pending);
  const int64_t now_ms = env_.clock->NowMs();
  if (!location.ok()) {
    coordinator_.Failed(id, CheckpointFailure::kFinalize, location.error().ToString(), now_ms);
    return;
  }
  pending_.erase(id);
  coordinator_.Completed(id, now_ms);
  {
    std::lock_guard lock(mutex_);
    tracker_.Completed(id, *location, now_ms);
  }
  if (order.kind == CheckpointKind::kCheckpoint) has_completed_ = true;
  // A savepoint beside the checkpoints commits nothing: a failure would go back behind it.
  if (order.kind == CheckpointKind::kSavepoint) {
    job_->AbortCheckpoint(id);
  } else {
    job_->ConfirmCheckpoint(id);
  }
  EndOrder(order.number, id, *location);
  if (order.cancel_job) hooks_.cancel_job();
}

void CheckpointDriver::Close(bool keep) {
  if (store_ != nullptr) store_->Close(keep);
}

CheckpointStatistics CheckpointDriver::Facts() const {
  std::lock_guard lock(mutex_);
  return tracker_.Facts();
}

std::optional<CheckpointFacts> CheckpointDriver::Find(int64_t id) const {
  std::lock_guard lock(mutex_);
  const CheckpointFacts* facts = tracker_.Find(id);
  return facts == nullptr ? std::nullopt : std::optional(*facts);
}

}  // namespace sluice::engine
