#include "engine/runtime/checkpoint_coordinator.h"

#include <algorithm>

namespace sluice::engine {

std::string_view CheckpointFailureText(CheckpointFailure failure) {
  switch (failure) {
    case CheckpointFailure::kDeclined: return "Checkpoint was declined.";
    case CheckpointFailure::kAsync: return "Asynchronous task checkpoint failed.";
    case CheckpointFailure::kExpired: return "Checkpoint expired before completing.";
    case CheckpointFailure::kTrigger: return "Trigger checkpoint failure.";
    case CheckpointFailure::kFinalize: return "Failure to finalize checkpoint.";
    case CheckpointFailure::kNotRunning: return "Not all required tasks are currently running.";
    case CheckpointFailure::kSubsumed: return "Checkpoint has been subsumed.";
    case CheckpointFailure::kSuspended: return "Checkpoint Coordinator is suspending.";
    case CheckpointFailure::kShutDown: return "CheckpointCoordinator shutdown.";
  }
  return "";
}

bool CountsAsFailed(CheckpointFailure failure) {
  return failure == CheckpointFailure::kDeclined || failure == CheckpointFailure::kAsync ||
         failure == CheckpointFailure::kExpired || failure == CheckpointFailure::kTrigger ||
         failure == CheckpointFailure::kFinalize;
}

void CheckpointCoordinator::JobRuns(int64_t now_ms, std::vector<int> parallelism) {
  runs_ = true;
  paused_ = task_finished_ = false;
  parallelism_ = std::move(parallelism);
  last_trigger_ms_ = now_ms;
  last_end_ms_ = INT64_MIN / 2;
  final_wanted_ = false;
  failed_in_a_row_ = 0;
}

void CheckpointCoordinator::JobStops(CheckpointFailure why) {
  runs_ = paused_ = false;
  final_wanted_ = false;
  for (const auto& [id, pending] : pending_) Give(id, pending.order, why, "");
  pending_.clear();
  for (const CheckpointOrder& order : orders_) Give(0, order, why, "");
  orders_.clear();
}

void CheckpointCoordinator::JobPauses() {
  runs_ = false;
  paused_ = true;
}

void CheckpointCoordinator::Give(int64_t id, const CheckpointOrder& order, CheckpointFailure why,
                                 const std::string& detail) {
  CheckpointAction action;
  action.kind = CheckpointAction::Kind::kAbort;
  action.id = id;
  action.order = order;
  action.message = std::string(CheckpointFailureText(why)) + (detail.empty() ? "" : " " + detail);
  actions_.push_back(std::move(action));
}

void CheckpointCoordinator::Order(const CheckpointOrder& order) {
  if (runs_ || paused_) {
    orders_.push_back(order);
  } else {
    Give(0, order, CheckpointFailure::kNotRunning, "");
  }
}

void CheckpointCoordinator::TaskFinished(int64_t now_ms) {
  if (config_.after_tasks_finish) return;
  task_finished_ = true;
  constexpr const char* kWhy =
      "Some tasks of the job have already finished and checkpointing with finished tasks is not enabled.";
  const auto may_end = [](const CheckpointOrder& order) { return order.then != AfterCheckpoint::kGoOn; };
  std::vector<int64_t> given_up;
  for (const auto& [id, pending] : pending_) {
    if (!may_end(pending.order)) given_up.push_back(id);
  }
  for (const int64_t id : given_up) Failed(id, CheckpointFailure::kNotRunning, kWhy, now_ms);
}

void CheckpointCoordinator::FinalWanted() {
  final_wanted_ = true;
  final_at_ms_ = INT64_MIN;
}

CheckpointCoordinator::Ack CheckpointCoordinator::Acknowledged(int64_t id, int vertex, int subtask) {
  auto found = pending_.find(id);
  if (found == pending_.end()) return Ack::kLate;
  Pending& pending = found->second;
  const auto v = static_cast<size_t>(vertex), s = static_cast<size_t>(subtask);
  if (v >= pending.acknowledged.size() || s >= pending.acknowledged[v].size()) return Ack::kLate;
  if (pending.acknowledged[v][s]) return Ack::kLate;
  pending.acknowledged[v][s] = true;
  return --pending.missing == 0 ? Ack::kAll : Ack::kCounted;
}

void CheckpointCoordinator::Failed(int64_t id, CheckpointFailure why, const std::string& detail, int64_t now_ms) {
  auto found = pending_.find(id);
  if (found == pending_.end()) return;
  const Pending pending = std::move(found->second);
  pending_.erase(found);
  Give(id, pending.order, why, detail);
  last_end_ms_ = now_ms;
  if (pending.final) {
    final_wanted_ = true;
    final_at_ms_ = now_ms + config_.interval_ms.value_or(1000);
  }
  if (pending.order.kind != CheckpointKind::kCheckpoint || pending.order.rescale || !CountsAsFailed(why)) return;
  if (++failed_in_a_row_ <= config_.tolerable_failed) return;
  failed_in_a_row_ = 0;
  CheckpointAction fail;
  fail.kind = CheckpointAction::Kind::kFailJob;
  fail.message = "Exceeded checkpoint tolerable failure threshold. The latest checkpoint failed due to " +
                 std::string(CheckpointFailureText(why)) + (detail.empty() ? "" : " " + detail) +
                 ", view the Checkpoint History tab or the Job Manager log to find out why continuous checkpoints "
                 "failed.";
  actions_.push_back(std::move(fail));
}

void CheckpointCoordinator::Completed(int64_t id, int64_t now_ms) {
  auto found = pending_.find(id);
  if (found == pending_.end()) return;
  if (found->second.order.kind == CheckpointKind::kCheckpoint && !found->second.order.rescale) failed_in_a_row_ = 0;
  pending_.erase(found);
  last_end_ms_ = now_ms;
  std::vector<int64_t> older;
  for (const auto& [other, pending] : pending_) {
    if (other < id && pending.order.kind == CheckpointKind::kCheckpoint && pending.order.number == 0)
      older.push_back(other);
  }
  for (const int64_t other : older) Failed(other, CheckpointFailure::kSubsumed, "", now_ms);
}

int64_t CheckpointCoordinator::PeriodicAtMs() const {
  if (!config_.interval_ms || task_finished_) return INT64_MAX;
  return std::max(last_trigger_ms_ + *config_.interval_ms, last_end_ms_ + config_.min_pause_ms);
}

bool CheckpointCoordinator::MayBegin(const CheckpointOrder* order) const {
  if (!runs_) return false;
  // Behind a checkpoint with which the job stops there is nothing to save; and such a one comes alone.
  const auto stops = [](const CheckpointOrder& o) {
    return o.then != AfterCheckpoint::kGoOn || o.cancel_job || o.rescale;
  };
  if (std::any_of(pending_.begin(), pending_.end(), [&](const auto& p) { return stops(p.second.order); })) return false;
  if (order != nullptr && stops(*order)) return pending_.empty();
  if (order != nullptr && order->kind != CheckpointKind::kCheckpoint) return true;  // as Flink forces savepoints
  return pending_.size() < static_cast<size_t>(config_.max_concurrent);
}

CheckpointAction CheckpointCoordinator::Begin(const CheckpointOrder& order, int64_t now_ms) {
  CheckpointAction action;
  action.kind = CheckpointAction::Kind::kTrigger;
  action.id = next_id_++;
  action.order = order;
  if (order.kind == CheckpointKind::kCheckpoint && !order.rescale) {
    if (!config_.exactly_once) {
      action.mode = BarrierMode::kAtLeastOnce;
    } else if (config_.unaligned && config_.aligned_timeout_ms == 0) {
      action.mode = BarrierMode::kUnaligned;
    } else if (config_.unaligned) {
      action.aligned_timeout_ms = config_.aligned_timeout_ms;
    }
  }
  Pending pending;
  pending.order = order;
  pending.deadline_ms = now_ms + config_.timeout_ms;
  pending.final = final_wanted_;
  for (const int subtasks : parallelism_) {
    pending.acknowledged.emplace_back(static_cast<size_t>(subtasks), false);
    pending.missing += static_cast<size_t>(subtasks);
  }
  final_wanted_ = false;
  pending_.emplace(action.id, std::move(pending));
  return action;
}

std::vector<CheckpointAction> CheckpointCoordinator::Decide(int64_t now_ms) {
  std::vector<int64_t> expired;
  for (const auto& [id, pending] : pending_) {
    if (now_ms >= pending.deadline_ms) expired.push_back(id);
  }
  for (const int64_t id : expired) Failed(id, CheckpointFailure::kExpired, "", now_ms);
  std::vector<CheckpointAction> actions = std::move(actions_);
  actions_.clear();
  const bool failing = std::any_of(actions.begin(), actions.end(),
                                   [](const auto& a) { return a.kind == CheckpointAction::Kind::kFailJob; });
  while (!failing) {
    if (!orders_.empty()) {
      if (!MayBegin(&orders_.front())) break;
      const CheckpointOrder order = orders_.front();
      orders_.pop_front();
      actions.push_back(Begin(order, now_ms));
    } else if (MayBegin(nullptr) && ((final_wanted_ && now_ms >= final_at_ms_) || now_ms >= PeriodicAtMs())) {
      last_trigger_ms_ = now_ms;
      actions.push_back(Begin({}, now_ms));
    } else {
      break;
    }
  }
  return actions;
}

int64_t CheckpointCoordinator::WakeAtMs() const {
  if (!actions_.empty()) return INT64_MIN;
  int64_t at = INT64_MAX;
  for (const auto& [id, pending] : pending_) at = std::min(at, pending.deadline_ms);
  if (!orders_.empty()) return MayBegin(&orders_.front()) ? INT64_MIN : at;
  if (!MayBegin(nullptr)) return at;
  if (final_wanted_) at = std::min(at, final_at_ms_);
  return std::min(at, PeriodicAtMs());
}

}  // namespace sluice::engine
