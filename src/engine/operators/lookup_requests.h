// Look-ups under way: I/O threads that ask a LookupSource each, and what they have found.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/columnar/batch.h"
#include "engine/runtime/lookup_source.h"

namespace sluice::engine {

/// One look-up. The I/O side fills it in until `done`; from then on it is the operator's.
struct LookupRequest {
  std::vector<ColumnPtr> keys;  // shared by the requests of a batch
  size_t row = 0;
  std::string key;  // the key's bytes, for the cache
  int64_t deadline_ms = 0;
  int64_t attempts = 0;
  std::vector<std::string> rows;  // encoded
  std::optional<Error> error;
  bool done = false;  // under LookupRequests' lock until it was seen true
};
using LookupRequestPtr = std::shared_ptr<LookupRequest>;

class LookupRequests {
 public:
  struct Settings {
    Schema row;  // of what is found
    size_t max_threads = 1;
    bool retry_on_miss = false;
    int64_t retry_delay_ms = 0;
    int64_t max_attempts = 1;
  };
  using Maker = std::function<Result<std::unique_ptr<LookupSource>>()>;

  /// `answered` is called from an I/O thread after a request is done.
  LookupRequests(Settings settings, Maker make, std::function<void()> answered);
  /// Interrupts what is under way and waits for the threads.
  ~LookupRequests();
  LookupRequests(const LookupRequests&) = delete;
  LookupRequests& operator=(const LookupRequests&) = delete;

  /// Never waits. Starts a thread if all are busy and there may be more.
  Status Submit(std::vector<LookupRequestPtr> requests);
  /// Takes over the results of those that have been done since: sets nothing itself, but what it says is visible.
  bool Done(const LookupRequest& request);

 private:
  struct Worker {
    std::unique_ptr<LookupSource> source;
    std::thread thread;
  };
  void Run(LookupSource& source);
  LookupRequestPtr Next(std::unique_lock<std::mutex>& lock);
  /// Without the lock. False: nothing was found, and it is to be tried again.
  bool Ask(LookupSource& source, LookupRequest& request);

  const Settings settings_;
  const Maker make_;
  const std::function<void()> answered_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<LookupRequestPtr> queue_;
  std::multimap<std::chrono::steady_clock::time_point, LookupRequestPtr> later_;  // retries
  size_t waiting_threads_ = 0;
  bool stop_ = false;
  std::vector<std::unique_ptr<Worker>> workers_;  // changed by Submit only
};

}  // namespace sluice::engine
