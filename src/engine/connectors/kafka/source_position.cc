#include "engine/connectors/kafka/source_position.h"

#include <algorithm>

#include "engine/connectors/position_bytes.h"

namespace sluice::engine::kafka {
namespace {

constexpr uint64_t kVersion = 1;

/// String.hashCode of a name in ASCII, which names of topics are.
int32_t JavaHash(std::string_view text) {
  uint32_t h = 0;
  for (const char c : text) h = 31 * h + static_cast<unsigned char>(c);
  return static_cast<int32_t>(h);
}

}  // namespace

std::string EncodeSourcePosition(const SourcePosition& position) {
  PositionWriter w;
  w.Number(kVersion);
  w.Number(position.discovered ? 1 : 0);
  w.Number(static_cast<uint64_t>(position.emitted));
  w.Number(position.partitions.size());
  for (const PartitionPosition& p : position.partitions) {
    w.Text(p.partition.first);
    w.Number(static_cast<uint64_t>(p.partition.second));
    w.Number(static_cast<uint64_t>(p.next_offset));
    w.Number(static_cast<uint64_t>(p.stop_offset));
  }
  return w.Take();
}

Result<SourcePosition> DecodeSourcePosition(std::string_view bytes) {
  PositionReader r(bytes);
  if (const uint64_t version = r.Number(); r.ok() && version != kVersion) {
    return Error(ErrorCode::kData, "The position of a Kafka source has the version " + std::to_string(version) +
                                       "; this engine reads version " + std::to_string(kVersion) + ".");
  }
  SourcePosition position;
  position.discovered = r.Number() != 0;
  position.emitted = static_cast<int64_t>(r.Number());
  for (uint64_t n = r.Number(); n > 0 && r.ok(); --n) {
    PartitionPosition p;
    p.partition.first = r.Text();
    p.partition.second = static_cast<int32_t>(r.Number());
    p.next_offset = static_cast<int64_t>(r.Number());
    p.stop_offset = static_cast<int64_t>(r.Number());
    position.partitions.push_back(std::move(p));
  }
  if (!r.ok()) return Error(ErrorCode::kData, "The position of a Kafka source is cut off.");
  return position;
}

int OwnerOf(const TopicPartition& partition, int subtasks) {
  const uint32_t start = (static_cast<uint32_t>(JavaHash(partition.first)) * 31u) & 0x7FFFFFFFu;
  const auto n = static_cast<uint32_t>(subtasks);
  return static_cast<int>((start % n + static_cast<uint32_t>(partition.second)) % n);
}

bool RestoredPositions::all_discovered() const {
  return std::find(discovered.begin(), discovered.end(), false) == discovered.end();
}

bool RestoredPositions::IsNew(const TopicPartition& partition) const {
  return !discovered.empty() &&
         discovered[static_cast<size_t>(OwnerOf(partition, static_cast<int>(discovered.size())))];
}

RestoredPositions DividePositions(const std::vector<SourcePosition>& all, int subtask, int subtasks) {
  RestoredPositions out;
  for (const SourcePosition& position : all) {
    out.discovered.push_back(position.discovered);
    out.emitted += position.emitted;
    for (const PartitionPosition& p : position.partitions) {
      out.known.insert(p.partition);
      if (OwnerOf(p.partition, subtasks) == subtask) out.own.push_back(p);
    }
  }
  return out;
}

}  // namespace sluice::engine::kafka
