// Between the threads that read shards and the source's own: records in the order of each shard, bounded for each.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/aws/kinesis_records.h"

namespace sluice::engine::kinesis {

/// Records of one shard, or its end. No records at all say that the shard is read to its tip; said once until it has
/// more.
struct Delivery {
  int32_t split = 0;
  std::shared_ptr<const net::KinesisRecords> records;  // null: the shard has ended
};

class RecordInbox {
 public:
  /// Called, from any thread, when there is something after there was nothing.
  explicit RecordInbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  // --- readers' side
  /// Waits while two deliveries of the shard are still there. False: the inbox is closed.
  bool Push(Delivery delivery);
  /// The source fails with the first error.
  void Fail(Error error);
  /// The splits that the subtask reads from now on.
  void SetSplits(std::vector<int32_t> splits);

  // --- the source's side; never waits
  Result<std::optional<Delivery>> Pop();
  std::optional<std::vector<int32_t>> TakeSplits();
  void Close();

 private:
  static constexpr size_t kPerSplit = 2;
  const std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Delivery> deliveries_;
  std::map<int32_t, size_t> waiting_;  // deliveries by split
  std::optional<std::vector<int32_t>> splits_;
  std::optional<Error> error_;
  bool closed_ = false;
};

}  // namespace sluice::engine::kinesis
