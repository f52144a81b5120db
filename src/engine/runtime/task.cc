#include "engine/runtime/task.h"

#include <algorithm>

#include "base/clock.h"

namespace sluice::engine {

namespace {
void Add(std::atomic<int64_t>& counter, int64_t by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}
}  // namespace

Status Task::Open() {
  // Consumers first: nothing may be sent to an operator that is not open.
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) SLUICE_RETURN_IF_ERROR((*node)->Open());
  for (Node* node : nodes_) {
    if (node->is_source()) sources_.push_back({node});
  }
  return {};
}

Tasklet::Progress Task::Run() {
  if (owner_.stopping()) return Finish(false);
  const int64_t start_ns = clock_.MonotonicNs();
  if (mark_ns_ != 0) Add(blocked_ ? counters_.back_pressured_ns : counters_.idle_ns, start_ns - mark_ns_);
  mark_ns_ = start_ns;
  bool worked = false;
  int64_t wake_at_ms = INT64_MAX;
  Status status;
  if (!opened_) {
    opened_ = true;
    status = Open();
    worked = true;
    if (status.ok()) owner_.TaskOpened();
  }
  if (status.ok()) status = Step(clock_.NowMs(), worked, wake_at_ms);
  if (!status.ok()) {
    owner_.TaskFailed(status.error());
    return Finish(false);
  }
  const int64_t end_ns = clock_.MonotonicNs();
  if (worked) Add(counters_.busy_ns, end_ns - mark_ns_);
  mark_ns_ = worked ? end_ns : mark_ns_;
  const bool all_ended = std::all_of(nodes_.begin(), nodes_.end(), [](Node* n) { return n->ended(); });
  if (all_ended && !blocked_) return Finish(true);
  return {worked ? Progress::State::kWorked : Progress::State::kIdle, wake_at_ms};
}

Status Task::Step(int64_t now_ms, bool& worked, int64_t& wake_at_ms) {
  bool drained = true;
  for (Node* node : nodes_) drained &= node->Drain();
  const bool was_blocked = blocked_;
  blocked_ = !drained;
  if (blocked_) return {};
  worked |= was_blocked;
  SLUICE_RETURN_IF_ERROR(RunTimers(now_ms, worked, wake_at_ms));
  Element element;
  for (const Input& input : inputs_) {
    if (!input.channel->TryPop(element)) continue;
    worked = true;
    SLUICE_RETURN_IF_ERROR(Deliver(input, std::move(element)));
    // A full queue stops the task, but not in the middle of its round: at most one batch an input waits.
  }
  SLUICE_RETURN_IF_ERROR(PollSources(now_ms, worked, wake_at_ms));
  if (worked) {
    idle_told_ = false;
  } else if (!idle_told_) {
    idle_told_ = true;
    for (Node* node : nodes_) SLUICE_RETURN_IF_ERROR(node->Idle(now_ms));
  }
  for (Node* node : nodes_) blocked_ |= node->blocked();
  return {};
}

Status Task::Deliver(const Input& input, Element element) {
  switch (element.kind) {
    case Element::Kind::kBatch: return input.node->Receive(input.node_channel, std::move(element.batch));
    case Element::Kind::kIdle: return input.node->ReceiveIdle(input.node_channel, true);
    case Element::Kind::kActive: return input.node->ReceiveIdle(input.node_channel, false);
    case Element::Kind::kEnd: return input.node->ReceiveEnd(input.node_channel);
  }
  return {};
}

Status Task::PollSources(int64_t now_ms, bool& worked, int64_t& wake_at_ms) {
  if (sources_.empty()) return {};
  const bool now = poll_now_.exchange(false);
  for (Poller& poller : sources_) {
    if (!poller.node->live_source()) continue;
    if (owner_.ending_sources()) {
      SLUICE_RETURN_IF_ERROR(poller.node->StopSource());
      worked = true;
      continue;
    }
    if (now || now_ms >= poller.wake_at_ms) {
      SLUICE_ASSIGN_OR_RETURN(const PollResult result, poller.node->Poll());
      if (result.state == PollState::kIdle) {
        poller.wake_at_ms = now_ms + std::max<int64_t>(result.wake_after_ms, 1);
      } else {
        worked = true;
      }
    }
    wake_at_ms = std::min(wake_at_ms, poller.wake_at_ms);
  }
  return {};
}

Status Task::RunTimers(int64_t now_ms, bool& worked, int64_t& wake_at_ms) {
  for (Node* node : nodes_) {
    int64_t next = node->NextProcessingTime();
    if (next == kMaxWatermark) continue;
    if (next <= now_ms) {
      SLUICE_RETURN_IF_ERROR(node->AdvanceProcessingTime(now_ms));
      worked = true;
      next = node->NextProcessingTime();
    }
    wake_at_ms = std::min(wake_at_ms, next);
  }
  return {};
}

Tasklet::Progress Task::Finish(bool finished) {
  for (Node* node : nodes_) {
    node->Close();
    const bool failed = node->counters().state.load(std::memory_order_relaxed) == ExecutionState::kFailed;
    if (!node->ended() && !failed) node->SetState(ExecutionState::kCanceled);
  }
  owner_.TaskDone(finished);
  return {Progress::State::kDone};
}

}  // namespace sluice::engine
