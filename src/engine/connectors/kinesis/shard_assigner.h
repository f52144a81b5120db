// Which subtask reads a shard. Pure; the rules are Flink's, so that a job's shards lie where they lie there.
#pragma once

#include <string>

#include "engine/connectors/kinesis/kinesis_options.h"
#include "net/aws/kinesis_records.h"

namespace sluice::engine::kinesis {

int SubtaskOfShard(SourceOptions::Assigner assigner, const std::string& stream, const std::string& shard,
                   const net::HashKeyRange& keys, int parallelism);

}  // namespace sluice::engine::kinesis
