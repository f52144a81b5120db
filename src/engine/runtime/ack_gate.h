// The way from tasks and storage threads to the job's listener, for what may come after the job is gone.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

#include "engine/runtime/checkpoint.h"

namespace sluice::engine {

class JobListener;

/// Shared by the job and every write that is under way. Thread-safe; one call of the listener at a time.
class AckGate {
 public:
  explicit AckGate(JobListener* listener) : listener_(listener) {}
  void Ack(SubtaskAck ack);
  void Decline(int64_t checkpoint_id, const Error& error);
  /// Nothing more is told of that checkpoint.
  void Abort(int64_t checkpoint_id);
  /// Nothing more is told at all; returns when no call is under way.
  void Close();

 private:
  std::mutex mutex_;
  JobListener* listener_;
  std::set<int64_t> aborted_;
};

}  // namespace sluice::engine
