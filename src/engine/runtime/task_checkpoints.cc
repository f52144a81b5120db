#include "engine/runtime/task_checkpoints.h"

#include <algorithm>

#include "base/clock.h"

namespace sluice::engine {
namespace {
/// How long the copying may go on before the next batch.
constexpr int64_t kCopyBudgetNs = 200000;
}  // namespace

int64_t TaskCheckpoints::MonotonicMs() const { return clock_.MonotonicNs() / 1000000; }

// --- notes

void TaskCheckpoints::Trigger(std::shared_ptr<const CheckpointRequest> request) {
  const int64_t id = request->id;
  Post({Note::Kind::kTrigger, id, std::move(request)});
}
void TaskCheckpoints::Abort(int64_t id) { Post({Note::Kind::kAbort, id, nullptr}); }
void TaskCheckpoints::Confirm(int64_t id) { Post({Note::Kind::kConfirm, id, nullptr}); }

void TaskCheckpoints::Post(Note note) {
  {
    std::lock_guard lock(mutex_);
    if (mode_ == Mode::kOpen) {
      notes_.push_back(std::move(note));
      attention_.store(true, std::memory_order_release);
      return;
    }
    if (mode_ == Mode::kGone || note.kind != Note::Kind::kTrigger) return;
  }
  AckFinished(*note.request);
}

void TaskCheckpoints::Close(bool finished) {
  std::vector<Note> notes;
  {
    std::lock_guard lock(mutex_);
    mode_ = finished ? Mode::kFinished : Mode::kGone;
    notes.swap(notes_);
  }
  for (auto& snapshot : snapshots_) snapshot->Abandon();
  snapshots_.clear();
  rounds_.clear();
  for (const Note& note : notes) {
    if (finished && note.kind == Note::Kind::kTrigger) AckFinished(*note.request);
  }
}

void TaskCheckpoints::AckFinished(const CheckpointRequest& request) {
  for (const Node* node : nodes_) {
    SubtaskAck ack = AckOf(*node, request);
    ack.snapshot.finished = true;
    ack.snapshot.position = node->final_position();
    ack.stats.ack_ms = clock_.NowMs();
    gate_->Ack(std::move(ack));
  }
}

SubtaskAck TaskCheckpoints::AckOf(const Node& node, const CheckpointRequest& request) const {
  SubtaskAck ack;
  ack.checkpoint_id = request.id;
  ack.vertex = node.vertex();
  ack.subtask = node.context().subtask;
  return ack;
}

Status TaskCheckpoints::LookAtNotes() {
  std::vector<Note> notes;
  {
    std::lock_guard lock(mutex_);
    notes.swap(notes_);
  }
  for (Note& note : notes) {
    switch (note.kind) {
      case Note::Kind::kTrigger: Begin(std::move(note.request)); break;
      case Note::Kind::kAbort: Drop(note.id); break;
      case Note::Kind::kConfirm: SLUICE_RETURN_IF_ERROR(ConfirmHere(note.id)); break;
    }
  }
  return {};
}

void TaskCheckpoints::Begin(std::shared_ptr<const CheckpointRequest> request) {
  const int64_t id = request->id;
  if (request->then == AfterCheckpoint::kDrain) {
    draining_ = true;
    held_by_ = id;
    for (Node* node : nodes_) node->AwaitFinalCheckpoint();
  }
  rounds_.emplace(id, BarrierRound(std::move(request), inputs_));
}

void TaskCheckpoints::Drop(int64_t id) {
  rounds_.erase(id);
  for (auto& snapshot : snapshots_) {
    if (snapshot->request().id == id) snapshot->Abandon();
  }
  std::erase_if(snapshots_, [id](const auto& s) { return s->request().id == id; });
  if (suspended_by_ == id) suspended_by_ = 0;
  if (held_by_ == id) held_by_ = 0;
  UpdateInputs();
}

Status TaskCheckpoints::ConfirmHere(int64_t id) {
  for (Node* node : nodes_) {
    std::optional<StatePiece> own;
    if (auto pieces = pieces_.find(node); pieces != pieces_.end()) own = pieces->second->Take(id);
    SLUICE_RETURN_IF_ERROR(node->Confirm(id, own ? &*own : nullptr));
  }
  if (suspended_by_ == id) stopped_ = true;
  if (held_by_ == id) held_by_ = 0;
  return {};
}

// --- barriers

Status TaskCheckpoints::Look() {
  attention_.store(false, std::memory_order_seq_cst);
  SLUICE_RETURN_IF_ERROR(LookAtNotes());
  SLUICE_RETURN_IF_ERROR(LookAtAnnouncements());
  return TakeDue();
}

Status TaskCheckpoints::LookAtAnnouncements() {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    for (const Announcement& a : inputs_[i].channel->TakeAnnouncements()) {
      if (!inputs_[i].ended) SLUICE_RETURN_IF_ERROR(OnAnnouncement(i, a));
    }
  }
  return {};
}

Status TaskCheckpoints::OnAnnouncement(size_t input, const Announcement& announcement) {
  DropSkipped(input, announcement.checkpoint);
  auto round = rounds_.find(announcement.checkpoint);
  if (round == rounds_.end() || round->second.arrived(input)) return {};  // given up
  if (!round->second.taken) {
    round->second.unaligned = true;
    SLUICE_RETURN_IF_ERROR(Take(round->second));
  }
  if (round->second.Arrive(input, MonotonicMs(), clock_.NowMs())) round->second.RecordUpTo(input, announcement);
  EndIfArrived(round);
  UpdateInputs();
  return {};
}

Status TaskCheckpoints::OnBarrier(size_t input, int64_t id) {
  if (attentive()) SLUICE_RETURN_IF_ERROR(Look());
  DropSkipped(input, id);
  auto round = rounds_.find(id);
  if (round == rounds_.end()) return {};  // given up
  round->second.Arrive(input, MonotonicMs(), clock_.NowMs());
  if (round->second.taken) EndIfArrived(round);
  UpdateInputs();
  return TakeDue();
}

Status TaskCheckpoints::OnEnd(size_t input) {
  inputs_[input].ended = true;
  for (auto round = rounds_.begin(); round != rounds_.end();) {
    round = round->second.taken ? EndIfArrived(round) : std::next(round);
  }
  UpdateInputs();
  return TakeDue();
}

void TaskCheckpoints::DropSkipped(size_t input, int64_t id) {
  std::vector<int64_t> skipped;
  for (const auto& [older, round] : rounds_) {
    if (older < id && !round.arrived(input)) skipped.push_back(older);
  }
  for (const int64_t older : skipped) {
    Drop(older);
    gate_->Decline(older, Error(ErrorCode::kCancelled, "A newer checkpoint (" + std::to_string(id) +
                                                           ") came before the barriers of all inputs."));
  }
}

void TaskCheckpoints::Record(size_t input, const Element& element) {
  for (auto& [id, round] : rounds_) {
    if (round.Records(input)) round.Record(input, element);
  }
}

void TaskCheckpoints::UpdateInputs() {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i].blocked = inputs_[i].recording = false;
    for (const auto& [id, round] : rounds_) {
      inputs_[i].blocked |= round.Blocks(i);
      inputs_[i].recording |= round.Records(i);
    }
  }
}

// --- the snapshot

bool TaskCheckpoints::Due(const BarrierRound& round) const {
  if (round.taken || !round.AllArrived()) return false;
  if (round.request()->then != AfterCheckpoint::kDrain) return true;
  return std::none_of(nodes_.begin(), nodes_.end(), [](const Node* n) { return n->live_source(); });
}

Status TaskCheckpoints::TakeDue() {
  for (auto round = rounds_.begin(); round != rounds_.end();) {
    if (!Due(round->second)) {
      ++round;
      continue;
    }
    round->second.unaligned = round->second.starts_unaligned();
    SLUICE_RETURN_IF_ERROR(Take(round->second));
    round = EndIfArrived(round);
    UpdateInputs();
  }
  return {};
}

Status TaskCheckpoints::Take(BarrierRound& round) {
  for (auto& older : snapshots_) older->FinishCopying();
  const int64_t start_ns = clock_.MonotonicNs();
  std::vector<SubtaskAck> acks;
  std::vector<bool> declined(nodes_.size());
  SLUICE_RETURN_IF_ERROR(Freeze(round, acks, declined));
  for (Node* node : nodes_) node->SendBarrier(round.id(), round.unaligned);
  const int64_t sync_us = (clock_.MonotonicNs() - start_ns) / 1000;
  for (size_t n = 0; n < nodes_.size(); ++n) {
    if (declined[n]) continue;
    acks[n].stats.sync_us = sync_us;
    acks[n].stats.start_delay_ms = round.StartDelayMs(clock_.NowMs());
    acks[n].stats.unaligned = round.unaligned && !inputs_.empty();
    auto& pieces = pieces_[nodes_[n]];
    if (!pieces) pieces = std::make_shared<OwnPieces>();
    snapshots_.push_back(
        std::make_shared<NodeSnapshot>(*nodes_[n], round.request(), std::move(acks[n]), gate_, pieces, clock_));
    round.snapshots[nodes_[n]] = snapshots_.back();
  }
  round.taken = true;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (!round.Records(i)) continue;
    if (round.RecordQueued(i)) round.Arrive(i, MonotonicMs(), clock_.NowMs());
  }
  if (round.request()->then == AfterCheckpoint::kSuspend) suspended_by_ = round.id();
  return {};
}

Status TaskCheckpoints::Freeze(const BarrierRound& round, std::vector<SubtaskAck>& acks, std::vector<bool>& declined) {
  const CheckpointRequest& request = *round.request();
  for (Node* node : nodes_) SLUICE_RETURN_IF_ERROR(node->BeforeSnapshot());
  for (size_t n = 0; n < nodes_.size(); ++n) {
    acks.push_back(AckOf(*nodes_[n], request));
    std::optional<Error> decline;
    SLUICE_RETURN_IF_ERROR(nodes_[n]->Freeze(request, acks.back().snapshot, decline));
    if (!decline) continue;
    declined[n] = true;
    gate_->Decline(request.id, *decline);
  }
  return {};
}

TaskCheckpoints::Rounds::iterator TaskCheckpoints::EndIfArrived(Rounds::iterator round) {
  if (!round->second.AllArrived()) return std::next(round);
  const int64_t first = round->second.first_barrier_ms();
  for (auto& [node, snapshot] : round->second.snapshots) {
    snapshot->CompleteInFlight(first < 0 ? 0 : MonotonicMs() - first);
  }
  return rounds_.erase(round);
}

Status TaskCheckpoints::Work(int64_t now_ms, bool& worked, int64_t& wake_at_ms) {
  SLUICE_RETURN_IF_ERROR(TakeDue());
  SLUICE_RETURN_IF_ERROR(TimeOut(now_ms, wake_at_ms));
  Copy(now_ms, worked, wake_at_ms);
  return {};
}

Status TaskCheckpoints::TimeOut(int64_t now_ms, int64_t& wake_at_ms) {
  for (auto round = rounds_.begin(); round != rounds_.end();) {
    BarrierRound& r = round->second;
    const int64_t first = r.first_barrier_ms();
    if (r.taken || !r.may_time_out() || first < 0) {
      ++round;
      continue;
    }
    const int64_t left = first + r.request()->aligned_timeout_ms - MonotonicMs();
    if (left > 0) {
      wake_at_ms = std::min(wake_at_ms, now_ms + left);
      ++round;
      continue;
    }
    r.unaligned = true;
    SLUICE_RETURN_IF_ERROR(Take(r));
    round = EndIfArrived(round);
    UpdateInputs();
  }
  return {};
}

void TaskCheckpoints::Copy(int64_t now_ms, bool& worked, int64_t& wake_at_ms) {
  if (snapshots_.empty()) return;
  const int64_t deadline_ns = clock_.MonotonicNs() + kCopyBudgetNs;
  bool late = false;
  std::erase_if(snapshots_, [&](const std::shared_ptr<NodeSnapshot>& snapshot) {
    if (late) return false;
    const NodeSnapshot::Progress progress = snapshot->Step(deadline_ns);
    worked |= progress != NodeSnapshot::Progress::kWaits;
    // The storage does not say when it has written enough.
    if (progress == NodeSnapshot::Progress::kWaits && snapshot->copying())
      wake_at_ms = std::min(wake_at_ms, now_ms + 1);
    late = clock_.MonotonicNs() >= deadline_ns;
    return progress == NodeSnapshot::Progress::kDone;
  });
}

}  // namespace sluice::engine
