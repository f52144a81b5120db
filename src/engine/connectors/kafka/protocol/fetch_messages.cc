#include "engine/connectors/kafka/protocol/fetch_messages.h"

#include <charconv>

#include "engine/connectors/kafka/protocol/wire.h"

namespace sluice::engine::kafka {
namespace {

constexpr int32_t kNoReplica = -1;

template <typename T>
void ReadNumber(const OptionMap& properties, const char* name, T& to) {
  const auto given = properties.find(name);
  if (given != properties.end()) {
    std::from_chars(given->second.data(), given->second.data() + given->second.size(), to);
  }
}

Error Malformed() { return Error(ErrorCode::kIo, "A Kafka broker sent a malformed answer."); }

}  // namespace

FetchSettings ReadFetchSettings(const OptionMap& properties) {
  FetchSettings s;
  ReadNumber(properties, "fetch.max.wait.ms", s.max_wait_ms);
  ReadNumber(properties, "fetch.min.bytes", s.min_bytes);
  ReadNumber(properties, "fetch.max.bytes", s.max_bytes);
  ReadNumber(properties, "max.partition.fetch.bytes", s.max_partition_bytes);
  ReadNumber(properties, "request.timeout.ms", s.request_timeout_ms);
  const auto is = [&](const char* name, const char* value) {
    const auto given = properties.find(name);
    return given != properties.end() && given->second == value;
  };
  s.read_committed = is("isolation.level", "read_committed");
  s.check_crcs = !is("check.crcs", "false");
  return s;
}

std::string MetadataRequest(const std::set<std::string>& topics) {
  WireWriter w;
  w.Int32(static_cast<int32_t>(topics.size()));
  for (const std::string& topic : topics) w.String(topic);
  w.Bool(false);  // topics are not created
  return w.bytes();
}

Result<Leaders> ReadMetadata(std::string_view answer) {
  WireReader in(answer);
  Leaders out;
  (void)in.Int32();  // throttle time
  for (int32_t n = in.Int32(); n > 0 && in.ok(); --n) {
    BrokerAddress& address = out.brokers[in.Int32()];
    address.host = in.String();
    address.port = in.Int32();
    (void)in.String();  // rack
  }
  (void)in.String();  // cluster
  (void)in.Int32();   // controller
  for (int32_t n = in.Int32(); n > 0 && in.ok(); --n) {
    (void)in.Int16();  // an error: there are no partitions then
    const std::string topic = in.String();
    (void)in.Int8();  // whether it is internal
    for (int32_t p = in.Int32(); p > 0 && in.ok(); --p) {
      const int16_t code = in.Int16();
      const int32_t partition = in.Int32(), leader = in.Int32();
      for (int list = 0; list < 2; ++list) {  // replicas, those in sync
        for (int32_t r = in.Int32(); r > 0 && in.ok(); --r) (void)in.Int32();
      }
      if (code == 0) out.leaders[{topic, partition}] = leader;
    }
  }
  if (!in.ok()) return Malformed();
  return out;
}

std::string ListOffsetsRequest(const std::vector<PartitionOffset>& partitions) {
  WireWriter w;
  w.Int32(kNoReplica);
  w.Int32(static_cast<int32_t>(partitions.size()));
  for (const PartitionOffset& p : partitions) {
    w.String(p.partition.first);
    w.Int32(1);
    w.Int32(p.partition.second);
    w.Int64(p.offset);
  }
  return w.bytes();
}

Result<std::map<TopicPartition, int64_t>> ReadListOffsets(std::string_view answer) {
  WireReader in(answer);
  std::map<TopicPartition, int64_t> out;
  for (int32_t n = in.Int32(); n > 0 && in.ok(); --n) {
    const std::string topic = in.String();
    for (int32_t p = in.Int32(); p > 0 && in.ok(); --p) {
      const int32_t partition = in.Int32();
      const int16_t code = in.Int16();
      (void)in.Int64();  // its time
      const int64_t offset = in.Int64();
      if (code == 0) out[{topic, partition}] = offset;
    }
  }
  if (!in.ok()) return Malformed();
  return out;
}

std::string FetchRequest(const FetchSettings& settings, const std::vector<PartitionOffset>& partitions) {
  WireWriter w;
  w.Int32(kNoReplica);
  w.Int32(settings.max_wait_ms);
  w.Int32(settings.min_bytes);
  w.Int32(settings.max_bytes);
  w.Int8(settings.read_committed ? 1 : 0);
  w.Int32(0);   // no session
  w.Int32(-1);  // nor a new one
  w.Int32(static_cast<int32_t>(partitions.size()));
  for (const PartitionOffset& p : partitions) {
    w.String(p.partition.first);
    w.Int32(1);
    w.Int32(p.partition.second);
    w.Int32(-1);  // whatever leader epoch
    w.Int64(p.offset);
    w.Int64(-1);  // where our log begins: we are no replica
    w.Int32(settings.max_partition_bytes);
  }
  w.Int32(0);  // nothing is forgotten
  return w.bytes();
}

Result<std::vector<FetchedPartition>> ReadFetch(std::string_view answer) {
  WireReader in(answer);
  (void)in.Int32();  // throttle time
  const int16_t code = in.Int16();
  (void)in.Int32();  // session
  if (code != 0) return Error(ErrorCode::kIo, "Kafka refuses to be read from: error " + std::to_string(code));
  std::vector<FetchedPartition> out;
  for (int32_t n = in.Int32(); n > 0 && in.ok(); --n) {
    const std::string topic = in.String();
    for (int32_t p = in.Int32(); p > 0 && in.ok(); --p) {
      FetchedPartition part;
      part.partition = {topic, in.Int32()};
      part.code = in.Int16();
      part.high_watermark = in.Int64();
      (void)in.Int64();  // last stable offset
      (void)in.Int64();  // where the log begins
      for (int32_t a = in.Int32(); a > 0 && in.ok(); --a) {
        AbortedTransaction aborted;
        aborted.producer_id = in.Int64();
        aborted.first_offset = in.Int64();
        part.aborted.push_back(aborted);
      }
      part.batches = in.BytesView();
      out.push_back(std::move(part));
    }
  }
  if (!in.ok()) return Malformed();
  return out;
}

}  // namespace sluice::engine::kafka
