#include "engine/runtime/task.h"

#include <algorithm>

#include "base/clock.h"

namespace sluice::engine {

namespace {
constexpr int64_t kTellSizesNs = 1000000000;
/// Sources that wait for others' event time look again so soon.
constexpr int64_t kHeldBackMs = 10;

void Add(std::atomic<int64_t>& counter, int64_t by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}
}  // namespace

void Task::AddInput(TaskInput input) {
  input.channel->consumer_attention = checkpoints_.attention();
  inputs_.push_back(input);
}

Status Task::Open() {
  // Consumers first: nothing may be sent to an operator that is not open.
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) SLUICE_RETURN_IF_ERROR((*node)->Open());
  for (Node* node : nodes_) {
    if (node->is_source()) sources_.push_back({node});
  }
  // What was under way to consumers comes before what their producers make of what was under way to those.
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
    for (RestoredBatch& r : (*node)->TakeRestoredBatches()) {
      restored_.push_back({*node, (*node)->ChannelOf(r.input, r.producer), std::move(r.batch)});
    }
  }
  stage_ = Stage::kRestoring;
  return {};
}

Status Task::Restore(bool& worked) {
  worked = true;
  if (!restored_.empty()) {
    Restored next = std::move(restored_.front());
    restored_.pop_front();
    return next.node->Receive(next.node_channel, std::move(next.batch));
  }
  for (Node* node : nodes_) SLUICE_RETURN_IF_ERROR(node->ResumeOutput());
  stage_ = Stage::kRunning;
  return {};
}

void Task::Account(int64_t start_ns) {
  const int64_t mark = counters_.mark_ns.load(std::memory_order_relaxed);
  if (mark != 0) Add(blocked_ ? counters_.back_pressured_ns : counters_.idle_ns, start_ns - mark);
  counters_.mark_ns.store(start_ns, std::memory_order_relaxed);
}

Tasklet::Progress Task::Run() {
  if (owner_.stopping()) return Finish(false);
  const int64_t start_ns = clock_.MonotonicNs();
  Account(start_ns);
  bool worked = false;
  int64_t wake_at_ms = INT64_MAX;
  Status status;
  if (stage_ == Stage::kNew) {
    status = Open();
    worked = true;
    if (status.ok()) owner_.TaskOpened();
  }
  if (status.ok()) status = Step(clock_.NowMs(), worked, wake_at_ms);
  if (!status.ok()) {
    owner_.TaskFailed(status.error());
    return Finish(false);
  }
  counters_.blocked.store(blocked_, std::memory_order_relaxed);
  if (worked) {
    const int64_t end_ns = clock_.MonotonicNs();
    Add(counters_.busy_ns, end_ns - start_ns);
    counters_.mark_ns.store(end_ns, std::memory_order_relaxed);
    if (end_ns - sizes_told_ns_ >= kTellSizesNs) {
      sizes_told_ns_ = end_ns;
      for (Node* node : nodes_) node->PublishStateSize();
    }
  }
  if (Done()) return Finish(true);
  return {worked ? Progress::State::kWorked : Progress::State::kIdle, wake_at_ms};
}

bool Task::Done() const {
  if (checkpoints_.stopped()) return true;
  if (blocked_ || stage_ != Stage::kRunning || checkpoints_.holds()) return false;
  return std::all_of(nodes_.begin(), nodes_.end(), [](Node* n) { return n->done(); });
}

Status Task::Step(int64_t now_ms, bool& worked, int64_t& wake_at_ms) {
  bool drained = true;
  for (Node* node : nodes_) drained &= node->Drain();
  const bool was_blocked = blocked_;
  blocked_ = !drained;
  if (drained && stage_ == Stage::kRunning) SLUICE_RETURN_IF_ERROR(EmitReady(worked, wake_at_ms));
  if (stage_ == Stage::kRunning) {
    if (checkpoints_.attentive()) SLUICE_RETURN_IF_ERROR(checkpoints_.Look());
    if (checkpoints_.active()) SLUICE_RETURN_IF_ERROR(checkpoints_.Work(now_ms, worked, wake_at_ms));
    if (checkpoints_.suspended()) return {};
  }
  if (blocked_) return {};
  worked |= was_blocked;
  if (stage_ == Stage::kRestoring) {
    SLUICE_RETURN_IF_ERROR(Restore(worked));
  } else {
    SLUICE_RETURN_IF_ERROR(RunTimers(now_ms, worked, wake_at_ms));
    SLUICE_RETURN_IF_ERROR(ReadInputs(worked));
    SLUICE_RETURN_IF_ERROR(PollSources(now_ms, worked, wake_at_ms));
  }
  if (worked) {
    idle_told_ = false;
    for (Node* node : nodes_) node->Maintain();
  } else if (!idle_told_) {
    idle_told_ = true;
    for (Node* node : nodes_) SLUICE_RETURN_IF_ERROR(node->Idle(now_ms));
  }
  for (Node* node : nodes_) blocked_ |= node->blocked();
  return {};
}

Status Task::EmitReady(bool& worked, int64_t& wake_at_ms) {
  for (Node* node : nodes_) {
    SLUICE_ASSIGN_OR_RETURN(const bool emitted, node->EmitReady());
    worked |= emitted;
  }
  for (Node* node : nodes_) {
    if (!node->blocked()) continue;
    blocked_ = true;
    wake_at_ms = std::min(wake_at_ms, node->NextProcessingTime());  // its time-out
  }
  return {};
}

Status Task::ReadInputs(bool& worked) {
  Element element;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    TaskInput& input = inputs_[i];
    if (input.blocked || input.channel->empty()) continue;
    if (checkpoints_.attentive()) {
      SLUICE_RETURN_IF_ERROR(checkpoints_.Look());
      if (checkpoints_.suspended()) return {};
      if (input.blocked) continue;
    }
    if (!input.channel->TryPop(element)) continue;
    worked = true;
    SLUICE_RETURN_IF_ERROR(Deliver(i, std::move(element)));
    if (checkpoints_.suspended()) return {};
    // A full queue stops the task, but not in the middle of its round: at most one batch an input waits.
  }
  return {};
}

Status Task::Deliver(size_t i, Element element) {
  const TaskInput& input = inputs_[i];
  switch (element.kind) {
    case Element::Kind::kBatch:
      if (input.recording) checkpoints_.Record(i, element);
      return input.node->Receive(input.node_channel, std::move(element.batch));
    case Element::Kind::kIdle: return input.node->ReceiveIdle(input.node_channel, true);
    case Element::Kind::kActive: return input.node->ReceiveIdle(input.node_channel, false);
    case Element::Kind::kEnd:
      SLUICE_RETURN_IF_ERROR(input.node->ReceiveEnd(input.node_channel));
      return checkpoints_.OnEnd(i);
    case Element::Kind::kBarrier: return checkpoints_.OnBarrier(i, element.checkpoint);
  }
  return {};
}

Status Task::PollSources(int64_t now_ms, bool& worked, int64_t& wake_at_ms) {
  if (sources_.empty()) return {};
  const bool now = poll_now_.exchange(false);
  const bool draining = checkpoints_.draining();
  for (Poller& poller : sources_) {
    if (!poller.node->live_source()) continue;
    if (draining || owner_.ending_sources()) {
      SLUICE_RETURN_IF_ERROR(poller.node->StopSource(draining));
      worked = true;
      continue;
    }
    if (std::any_of(nodes_.begin(), nodes_.end(), [&](Node* n) { return n->HoldsBack(now_ms); })) {
      wake_at_ms = std::min(wake_at_ms, now_ms + kHeldBackMs);
      continue;
    }
    if (now || now_ms >= poller.wake_at_ms) {
      SLUICE_ASSIGN_OR_RETURN(const PollResult result, poller.node->Poll());
      const bool idle = result.state == PollState::kIdle;
      // A source that had something is asked again at once: the pause it asked for when it was idle is over.
      poller.wake_at_ms = idle ? now_ms + std::max<int64_t>(result.wake_after_ms, 1) : now_ms;
      worked |= !idle;
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
    if (finished) {
      node->SetState(ExecutionState::kFinished);
    } else if (!node->done() && !failed) {
      node->SetState(ExecutionState::kCanceled);
    }
  }
  checkpoints_.Close(finished);
  owner_.TaskDone(finished);
  return {Progress::State::kDone};
}

}  // namespace sluice::engine
