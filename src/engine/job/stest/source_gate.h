// Stops all sources of a job after a number of batches, so that something can be done to the job at that point.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "engine/runtime/interfaces.h"

namespace sluice::engine::stest {

/// Shared by the sources of one attempt and the one who waits. Thread-safe.
class SourceGate {
 public:
  /// `changed` is notified, under `mutex`, when the gate has closed.
  SourceGate(std::mutex& mutex, std::condition_variable& changed) : mutex_(mutex), changed_(changed) {}

  /// Lets so many more batches through; negative: all.
  void Open(int64_t batches);
  /// With the mutex held.
  bool closed() const { return left_ == 0; }

  // --- the sources' calls
  bool MayPoll();
  void Passed();

 private:
  std::mutex& mutex_;
  std::condition_variable& changed_;
  int64_t left_ = -1;
};

/// `source` behind the gate, which outlives it.
std::unique_ptr<Source> Behind(SourceGate& gate, std::unique_ptr<Source> source);

}  // namespace sluice::engine::stest
