// What a source may want to know of checkpoints beyond its positions: implemented beside Source by those that tell the
// outside world how far they are (offsets committed to Kafka).
#pragma once

#include <cstdint>

namespace sluice::engine {

/// Called by the source's own thread, while it is open.
class CheckpointListener {
 public:
  virtual ~CheckpointListener() = default;
  /// The position that SnapshotPosition just answered goes into this checkpoint.
  virtual void SnapshotTaken(int64_t checkpoint_id) = 0;
  /// The checkpoint is complete; earlier ones that were not told are superseded.
  virtual void CheckpointComplete(int64_t checkpoint_id) = 0;
};

}  // namespace sluice::engine
