// Threads, one a core, that run tasklets cooperatively: each is run again and again until it would block.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice {
class Clock;
}

namespace sluice::engine {

/// Work cut into steps that never block. Run is called by one worker's thread only.
class Tasklet {
 public:
  virtual ~Tasklet() = default;
  struct Progress {
    enum class State : uint8_t { kWorked, kIdle, kDone } state = State::kIdle;
    int64_t wake_at_ms = INT64_MAX;  // kIdle: wall clock at which to run again unless woken
  };
  virtual Progress Run() = 0;
};

class WorkerPool {
 public:
  /// The clock outlives the pool.
  WorkerPool(int threads, Clock& clock);
  /// Stops the threads; tasklets that are not done are dropped.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int size() const { return static_cast<int>(workers_.size()); }
  /// From any thread.
  void Add(int worker, std::shared_ptr<Tasklet> tasklet);
  void Wake(int worker);

 private:
  struct Worker {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::shared_ptr<Tasklet>> added;  // under mutex
    std::atomic<bool> signalled{false};
    std::atomic<bool> sleeping{false};
    std::thread thread;
  };
  void Loop(Worker& worker);
  void Sleep(Worker& worker, int64_t wake_at_ms);

  Clock& clock_;
  std::atomic<bool> stop_{false};
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace sluice::engine
