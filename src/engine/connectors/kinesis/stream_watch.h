// Finds a stream's shards, starts the readers of those that are this subtask's and may be read, and finds new ones: a
// thread of its own.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/connectors/kinesis/shard_group.h"
#include "engine/connectors/kinesis/shard_reader.h"
#include "engine/connectors/kinesis/source_position.h"

namespace sluice::engine::kinesis {

/// A shard that this subtask reads or will read. Its number as a split is its place in the list.
struct OwnShard {
  net::KinesisShard shard;
  bool started = false;
  bool finished = false;  // emitted to its end
  bool gone = false;      // finished, and its children are known: its watermark counts no more
};

class StreamWatch {
 public:
  struct Place {
    int subtask = 0;
    int parallelism = 1;
  };
  /// `parts` (whose consumer_arn is filled in here) and `group` outlive it. `restored` has the shards of all subtasks.
  StreamWatch(ReaderParts* parts, ShardGroup* group, Place place, SourcePosition restored, bool fresh);
  /// Stops all threads: the client has been cancelled and the inbox closed before.
  ~StreamWatch();

  /// The shard of a split. Splits are only added.
  net::KinesisShard ShardOf(int32_t split) const;
  /// Everything of the split was emitted. By the source's thread.
  void Finished(int32_t split);
  /// Shards that are not listed any more: the checkpoint need not know them.
  std::vector<std::string> TakeForgotten();
  /// Shards that need not be read (they were closed before the job began with LATEST): finished for the checkpoint.
  std::vector<net::KinesisShard> TakeSkipped();

 private:
  void Run();
  Status Prepare();
  Status FindConsumer();
  Status Look();
  /// With `mutex_` held.
  void Adopt(const std::vector<net::KinesisShard>& shards);
  bool ParentsAreRead(const net::KinesisShard& shard) const;
  static bool MayPass(const Error& error);

  ReaderParts* const parts_;
  ShardGroup* const group_;
  const Place place_;
  const SourcePosition restored_;
  bool fresh_;
  std::map<std::string, net::KinesisShard> listed_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  uint64_t seen_version_ = 0;
  std::vector<OwnShard> own_;
  std::vector<std::string> forgotten_;
  std::vector<net::KinesisShard> skipped_;
  std::vector<std::unique_ptr<ShardReader>> readers_;  // by split; only the watch's thread
  std::thread thread_;
};

}  // namespace sluice::engine::kinesis
