// Record batches (the format of Kafka from 0.11 on) as they stand in a broker's answer: which records are in them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/connectors/splits/record_decoder.h"

namespace sluice::engine::kafka {

enum class TimestampType : uint8_t { kNone, kCreateTime, kLogAppendTime };

struct RecordHeader {
  std::string_view name;
  std::optional<std::string_view> value;
};

/// What only metadata columns ask for.
struct RecordFacts {
  int64_t timestamp_ms = -1;
  TimestampType timestamp_type = TimestampType::kNone;
  int32_t leader_epoch = -1;  // -1: not known
  std::vector<RecordHeader> headers;
};

/// Records of one partition, in the order of their offsets. The views are of `owners`.
struct PartitionRecords {
  std::vector<splits::Record> records;
  std::vector<int64_t> offsets;
  std::vector<RecordFacts> facts;  // one a record if they were asked for, else none
  std::vector<std::shared_ptr<const void>> owners;
  int64_t next_offset = 0;  // behind what was read, marks of transactions and what was left out as well
  size_t bytes = 0;         // of keys and values
};

/// Where an aborted transaction begins.
struct AbortedTransaction {
  int64_t producer_id = -1;
  int64_t first_offset = -1;
};

struct BatchReading {
  int64_t from = 0;  // records before it are left out
  bool with_facts = false;
  bool check_crcs = true;
  /// Of an answer to a read_committed fetch, in any order: their records are left out.
  std::vector<AbortedTransaction> aborted;
};

/// The offset behind the last whole batch of `bytes`; `from` if there is none. Looks at the batches' heads only.
int64_t OffsetBehind(std::string_view bytes, int64_t from);

/// Adds the records of all whole batches in `bytes`, which are `owner`'s. A batch that is cut off at the end is left
/// for the next fetch. After an error `out` has the records before it. kData: a broken batch, or one in a format before
/// 0.11 (kNotSupported); names the offset.
Status ReadBatches(std::string_view bytes, const std::shared_ptr<const void>& owner, BatchReading reading,
                   PartitionRecords& out);

}  // namespace sluice::engine::kafka
