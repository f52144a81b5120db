#include "engine/runtime/node_snapshot.h"

#include "base/clock.h"

namespace sluice::engine {
namespace {

constexpr size_t kSliceBytes = size_t{256} << 10;
/// Bytes that wait to be written; the copying pauses above it.
constexpr size_t kMaxQueuedBytes = size_t{16} << 20;

int64_t MonotonicMs(Clock& clock) { return clock.MonotonicNs() / 1000000; }

}  // namespace

void OwnPieces::Put(int64_t checkpoint_id, StatePiece piece) {
  std::lock_guard lock(mutex_);
  pieces_[checkpoint_id] = std::move(piece);
}

std::optional<StatePiece> OwnPieces::Take(int64_t checkpoint_id) {
  std::lock_guard lock(mutex_);
  pieces_.erase(pieces_.begin(), pieces_.lower_bound(checkpoint_id));
  auto found = pieces_.find(checkpoint_id);
  if (found == pieces_.end()) return std::nullopt;
  StatePiece piece = std::move(found->second);
  pieces_.erase(found);
  return piece;
}

NodeSnapshot::NodeSnapshot(Node& node, std::shared_ptr<const CheckpointRequest> request, SubtaskAck ack,
                           std::shared_ptr<AckGate> gate, std::shared_ptr<OwnPieces> pieces, Clock& clock)
    : node_(node),
      request_(std::move(request)),
      ack_(std::make_shared<SubtaskAck>(std::move(ack))),
      gate_(std::move(gate)),
      pieces_(std::move(pieces)),
      clock_(clock),
      begin_ms_(MonotonicMs(clock)),
      copying_(node.has_state() && !ack_->snapshot.finished) {}

void NodeSnapshot::AddInFlight(InFlightBatch batch) {
  ack_->stats.in_flight_bytes += static_cast<int64_t>(batch.bytes.size());
  ack_->snapshot.in_flight.push_back(std::move(batch));
}

void NodeSnapshot::CompleteInFlight(int64_t alignment_ms) {
  ack_->stats.alignment_ms = alignment_ms;
  in_flight_complete_ = true;
}

bool NodeSnapshot::CopySlice() {
  std::string bytes;
  Result<bool> done = node_.CopyState(kSliceBytes, bytes, ack_->snapshot);
  if (!done.ok()) {
    Decline(done.error());
    return false;
  }
  if (!bytes.empty()) {
    if (!writer_) {
      writer_ = request_->storage->CreateFile(request_->folder + "/" + node_.uid() + "-" +
                                              std::to_string(ack_->subtask) + "-" + std::to_string(request_->id));
    }
    writer_->Append(std::move(bytes));
  }
  copying_ = !*done;
  return copying_;
}

NodeSnapshot::Progress NodeSnapshot::Step(int64_t deadline_ns) {
  bool worked = false;
  while (copying_) {
    if (writer_ && writer_->queued_bytes() > kMaxQueuedBytes) return worked ? Progress::kWorked : Progress::kWaits;
    worked = true;
    if (CopySlice() && clock_.MonotonicNs() >= deadline_ns) return Progress::kWorked;
  }
  if (done_) return Progress::kDone;
  if (!in_flight_complete_) return worked ? Progress::kWorked : Progress::kWaits;
  Submit();
  return Progress::kDone;
}

void NodeSnapshot::FinishCopying() {
  while (copying_) CopySlice();
}

void NodeSnapshot::Decline(const Error& error) {
  Abandon();
  gate_->Decline(request_->id, error);
}

void NodeSnapshot::Abandon() {
  if (copying_) node_.AbandonState();
  copying_ = false;
  done_ = true;
  writer_.reset();
}

void NodeSnapshot::Submit() {
  done_ = true;
  auto finish = [ack = ack_, gate = gate_, pieces = pieces_, clock = &clock_, begin_ms = begin_ms_,
                 name = node_.label()](Result<StatePiece> piece) {
    if (!piece.ok()) return gate->Decline(ack->checkpoint_id, piece.error().WithContext(name));
    SubtaskCheckpointStats& stats = ack->stats;
    if (ack->snapshot.state) {
      auto& all = ack->snapshot.state->pieces;
      if (piece->length > 0) all.push_back(*piece);
      for (const StatePiece& p : all) stats.state_bytes += static_cast<int64_t>(p.length);
      stats.written_bytes += static_cast<int64_t>(piece->length);
      pieces->Put(ack->checkpoint_id, std::move(*piece));
    }
    const auto inline_bytes = static_cast<int64_t>(ack->snapshot.position.size()) + stats.in_flight_bytes;
    stats.state_bytes += inline_bytes;
    stats.written_bytes += inline_bytes;
    stats.async_ms = MonotonicMs(*clock) - begin_ms;
    stats.ack_ms = clock->NowMs();
    gate->Ack(std::move(*ack));
  };
  if (writer_) {
    writer_->Finish(std::move(finish));
  } else {
    finish(StatePiece());
  }
}

}  // namespace sluice::engine
