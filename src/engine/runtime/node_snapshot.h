// One subtask's part of one checkpoint, from the frozen state to the ack. On the task's thread; only the last step, the
// ack, comes from a thread of the storage.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/runtime/ack_gate.h"
#include "engine/runtime/checkpoint.h"
#include "engine/runtime/node.h"

namespace sluice {
class Clock;
}

namespace sluice::engine {

/// The pieces that a subtask wrote for checkpoints that are not yet confirmed. Written by storage threads.
class OwnPieces {
 public:
  void Put(int64_t checkpoint_id, StatePiece piece);
  /// Takes the one of `checkpoint_id` out and forgets older ones.
  std::optional<StatePiece> Take(int64_t checkpoint_id);

 private:
  std::mutex mutex_;
  std::map<int64_t, StatePiece> pieces_;
};

class NodeSnapshot {
 public:
  /// `ack` has what is known at once.
  NodeSnapshot(Node& node, std::shared_ptr<const CheckpointRequest> request, SubtaskAck ack,
               std::shared_ptr<AckGate> gate, std::shared_ptr<OwnPieces> pieces, Clock& clock);

  const CheckpointRequest& request() const { return *request_; }
  const Node& node() const { return node_; }
  void AddInFlight(InFlightBatch batch);
  /// Nothing more will be added; `alignment_ms` is known now.
  void CompleteInFlight(int64_t alignment_ms);

  enum class Progress : uint8_t { kWorked, kWaits, kDone };
  /// Copies frozen state until `deadline_ns`, then hands over to the storage once everything is there. kWaits: for the
  /// storage, or for rows under way.
  Progress Step(int64_t deadline_ns);
  /// Copies what is left at once: a newer snapshot must begin.
  void FinishCopying();
  bool copying() const { return copying_; }
  /// Stops; nothing is told any more.
  void Abandon();

 private:
  void Decline(const Error& error);
  bool CopySlice();
  void Submit();

  Node& node_;
  std::shared_ptr<const CheckpointRequest> request_;
  std::shared_ptr<SubtaskAck> ack_;
  std::shared_ptr<AckGate> gate_;
  std::shared_ptr<OwnPieces> pieces_;
  Clock& clock_;
  int64_t begin_ms_;
  std::unique_ptr<StateFileWriter> writer_;
  bool copying_ = false;
  bool in_flight_complete_ = false;
  bool done_ = false;
};

}  // namespace sluice::engine
