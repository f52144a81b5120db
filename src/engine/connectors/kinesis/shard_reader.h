// Reads one shard in a thread of its own, by polling or by enhanced fan-out, and puts its records into the inbox.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "engine/connectors/kinesis/kinesis_options.h"
#include "engine/connectors/kinesis/record_inbox.h"
#include "net/aws/kinesis.h"

namespace sluice::engine::kinesis {

/// What all readers of a subtask share; outlives them.
struct ReaderParts {
  const SourceOptions* options = nullptr;
  net::KinesisClient* client = nullptr;
  std::string consumer_arn;  // fan-out
  Clock* clock = nullptr;
  Random* random = nullptr;
  RecordInbox* inbox = nullptr;
  /// Tells how far the shard's reading is behind, and the bytes of the last fetch. From any thread.
  std::function<void(const std::string& shard, int64_t millis_behind, size_t bytes)> report;
};

class ShardReader {
 public:
  /// Reads from `from`; records up to number `skip_sub_sequence` of the first packed record are left out (-1: none).
  ShardReader(const ReaderParts& parts, int32_t split, net::KinesisShard shard, net::ShardPosition from,
              int32_t skip_sub_sequence);
  /// Ends the thread. The client has been cancelled and the inbox closed before, or the shard has ended.
  ~ShardReader();
  /// The stream's list says that nothing more will be written to the shard. From any thread.
  void NoteClosed() { closed_ = true; }

 private:
  enum class Next : uint8_t { kGoOn, kEnded, kStop };
  void Run();
  Next PollOnce();
  Next SubscribeOnce();
  Next Deliver(net::KinesisRecords records);
  /// What follows an error: a pause, or the end of the source.
  Next After(const Error& error);
  /// False if the reader must stop.
  bool Pause(std::chrono::nanoseconds time);
  size_t Limit() const;

  const ReaderParts& parts_;
  const int32_t split_;
  const net::KinesisShard shard_;
  net::ShardPosition position_;
  int32_t skip_sub_sequence_;
  std::string iterator_;
  int64_t called_at_ns_ = 0;
  size_t record_bytes_ = 0;  // of the last fetch, on average
  bool throttled_ = false;
  bool tip_told_ = false;  // the inbox has heard that there are no records since the last ones
  int failures_ = 0;
  std::atomic<bool> closed_;
  int64_t failing_since_ns_ = -1;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::shared_ptr<net::ShardSubscription> subscription_;
  std::thread thread_;
};

}  // namespace sluice::engine::kinesis
