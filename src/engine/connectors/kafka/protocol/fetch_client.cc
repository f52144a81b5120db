#include "engine/connectors/kafka/protocol/fetch_client.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace sluice::engine::kafka {
namespace {

constexpr int64_t kAgainMs = 100;        // after an error that passes
constexpr int64_t kConnectMs = 5'000;    // also how long a broker may be silent within an answer
constexpr size_t kRoomBytes = 16 << 20;  // taken apart and not yet taken; an answer more may be under way
constexpr int64_t kLatestOffset = -1;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string Place(const TopicPartition& p) { return "topic '" + p.first + "', partition " + std::to_string(p.second); }

}  // namespace

FetchClient::FetchClient(Setup setup) : setup_(std::move(setup)), bootstrap_(ParseServers(setup_.servers)) {
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  thread_ = std::thread([this] { Run(); });
}

FetchClient::~FetchClient() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  Signal();
  thread_.join();
  if (wake_fd_ >= 0) close(wake_fd_);
}

void FetchClient::Signal() {
  const uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof(one));  // fails only when it is signalled for long
}

Status FetchClient::Add(const std::vector<AddedPartition>& partitions) {
  {
    const std::lock_guard lock(mutex_);
    added_.insert(added_.end(), partitions.begin(), partitions.end());
  }
  Signal();
  return {};
}

Status FetchClient::Leave(const std::vector<LeftPartition>& partitions) {
  {
    const std::lock_guard lock(mutex_);
    for (const LeftPartition& p : partitions) left_.push_back(p.split);
  }
  Signal();
  return {};
}

Result<std::optional<ReadRecords>> FetchClient::Take() {
  std::optional<ReadRecords> taken;
  bool room = false;
  {
    const std::lock_guard lock(mutex_);
    if (read_.empty()) {
      if (error_) return *error_;
      return taken;
    }
    taken = std::move(read_.front());
    read_.pop_front();
    read_bytes_ -= taken->records.bytes;
    room = starved_ && HasRoom();
    if (room) starved_ = false;
  }
  if (room) Signal();
  return taken;
}

int64_t FetchClient::HighWatermark(int32_t split) const {
  const std::lock_guard lock(mutex_);
  const auto known = high_watermarks_.find(split);
  return known == high_watermarks_.end() ? -1 : known->second;
}

/// Under mutex_.
bool FetchClient::HasRoom() const { return read_bytes_ < kRoomBytes; }

void FetchClient::Hand(ReadRecords records) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = read_.empty();
    read_bytes_ += records.records.bytes;
    read_.push_back(std::move(records));
  }
  if (first) setup_.wake();
}

void FetchClient::Run() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
    }
    const Status status = Step();
    if (status.ok()) continue;
    {
      const std::lock_guard lock(mutex_);
      error_ = status.error();
    }
    setup_.wake();
    return;
  }
}

/// Asks every broker that has nothing to answer, then takes the answers that come. Errors are for good.
Status FetchClient::Step() {
  TakeOrders();
  Millis until = FindLeaders();
  bool room = false;
  {
    const std::lock_guard lock(mutex_);
    room = HasRoom();
    starved_ = !room;
  }
  for (auto& [id, broker] : brokers_) {
    if (broker.asked.empty() && room) SLUICE_RETURN_IF_ERROR(Ask(id, broker));
    if (!broker.asked.empty()) {
      until = std::min(until, broker.deadline);
    } else if (room) {
      until = std::min(until, NowMs() + kAgainMs);  // it could not be asked, or has nothing to be asked for
    }
  }
  WaitForAnswers(until);
  for (auto& [id, broker] : brokers_) {
    if (broker.asked.empty()) continue;
    pollfd one{broker.connection->descriptor(), POLLIN, 0};
    if (poll(&one, 1, 0) > 0) {
      SLUICE_RETURN_IF_ERROR(TakeAnswer(id, broker));
    } else if (NowMs() >= broker.deadline) {
      Lose(broker);
    }
  }
  return {};
}

void FetchClient::TakeOrders() {
  const std::lock_guard lock(mutex_);
  for (AddedPartition& added : added_) {
    Partition partition;
    partition.name = std::move(added.at.partition);
    partition.next = added.at.next_offset;
    partitions_.insert_or_assign(added.split, std::move(partition));
  }
  added_.clear();
  for (const int32_t split : left_) partitions_.erase(split);
  left_.clear();
}

/// Looks for the leaders that are not known; answers when to look again.
FetchClient::Millis FetchClient::FindLeaders() {
  constexpr Millis kNever = 60'000;
  const bool wanted =
      std::any_of(partitions_.begin(), partitions_.end(), [](const auto& p) { return p.second.leader < 0; });
  if (!wanted) return NowMs() + kNever;
  if (NowMs() < look_not_before_) return look_not_before_;
  look_not_before_ = NowMs() + kAgainMs;
  if (!any_ && !bootstrap_.empty()) {
    auto opened =
        BrokerConnection::Open(bootstrap_[next_bootstrap_++ % bootstrap_.size()], setup_.security, kConnectMs);
    if (opened.ok()) any_ = std::move(opened).value();
  }
  if (any_ && !AskForLeaders(*any_).ok()) any_.reset();
  return look_not_before_;
}

Status FetchClient::AskForLeaders(BrokerConnection& connection) {
  std::set<std::string> topics;
  for (const auto& [split, p] : partitions_) {
    if (p.leader < 0) topics.insert(p.name.first);
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string answer, connection.Call(kMetadataApi, MetadataRequest(topics)));
  SLUICE_ASSIGN_OR_RETURN(const Leaders found, ReadMetadata(answer));
  for (auto& [split, p] : partitions_) {
    if (p.leader >= 0) continue;
    const auto leader = found.leaders.find(p.name);
    if (leader == found.leaders.end() || !found.brokers.contains(leader->second)) continue;
    p.leader = leader->second;
    Broker& broker = brokers_[p.leader];
    const BrokerAddress& address = found.brokers.at(p.leader);
    if (broker.address == address) continue;
    if (broker.connection) {
      Lose(broker);
      p.leader = leader->second;
    }
    broker.address = address;
    broker.not_before = 0;
  }
  return {};
}

/// Sends a fetch for the partitions of a broker that it leads, if there are any.
Status FetchClient::Ask(int32_t id, Broker& broker) {
  const Millis now = NowMs();
  std::vector<int32_t> splits, without_offset;
  for (const auto& [split, p] : partitions_) {
    if (p.leader != id || p.not_before > now) continue;
    (p.next < 0 ? without_offset : splits).push_back(split);
  }
  if ((splits.empty() && without_offset.empty()) || broker.not_before > now) return {};
  if (!broker.connection) {
    auto opened = BrokerConnection::Open(broker.address, setup_.security, kConnectMs + setup_.settings.max_wait_ms);
    if (!opened.ok()) {
      Lose(broker);
      return {};
    }
    broker.connection = std::move(opened).value();
  }
  if (!without_offset.empty() && !FindOffsets(broker, without_offset).ok()) {
    Lose(broker);
    return {};
  }
  for (const int32_t split : without_offset) {
    if (partitions_.at(split).next >= 0) splits.push_back(split);
  }
  if (!splits.empty() && !SendFetch(broker, splits).ok()) Lose(broker);
  return {};
}

/// Turns "the beginning" and "the end" into offsets.
Status FetchClient::FindOffsets(Broker& broker, const std::vector<int32_t>& splits) {
  std::vector<PartitionOffset> asked;
  for (const int32_t split : splits) asked.push_back({partitions_.at(split).name, partitions_.at(split).next});
  SLUICE_ASSIGN_OR_RETURN(const std::string answer,
                          broker.connection->Call(kListOffsetsApi, ListOffsetsRequest(asked)));
  SLUICE_ASSIGN_OR_RETURN(const auto found, ReadListOffsets(answer));
  for (const int32_t split : splits) {
    Partition& p = partitions_.at(split);
    const auto at = found.find(p.name);
    if (at != found.end()) {
      p.next = at->second;
    } else {
      p.leader = -1;
    }
  }
  return {};
}

Status FetchClient::SendFetch(Broker& broker, const std::vector<int32_t>& splits) {
  const FetchSettings& s = setup_.settings;
  std::vector<PartitionOffset> asked;
  for (const int32_t split : splits) asked.push_back({partitions_.at(split).name, partitions_.at(split).next});
  SLUICE_RETURN_IF_ERROR(broker.connection->Send(kFetchApi, FetchRequest(s, asked)));
  broker.asked = splits;
  broker.deadline = NowMs() + s.max_wait_ms + s.request_timeout_ms;
  return {};
}

void FetchClient::WaitForAnswers(Millis until) {
  std::vector<pollfd> all{{wake_fd_, POLLIN, 0}};
  for (const auto& [id, broker] : brokers_) {
    if (!broker.asked.empty()) all.push_back({broker.connection->descriptor(), POLLIN, 0});
  }
  poll(all.data(), all.size(), static_cast<int>(std::max<Millis>(0, until - NowMs())));
  if ((all[0].revents & POLLIN) == 0) return;
  uint64_t count = 0;
  (void)!read(wake_fd_, &count, sizeof(count));
}

/// The next request goes out before the answer is taken apart: the broker works meanwhile.
Status FetchClient::TakeAnswer(int32_t id, Broker& broker) {
  Result<BrokerConnection::Answer> answer = broker.connection->Receive();
  if (!answer.ok()) {
    Lose(broker);
    return {};
  }
  const auto owner = std::make_shared<const std::string>(std::move(answer->bytes));
  Result<std::vector<Part>> parts = PartsOf(std::string_view(*owner).substr(answer->body), broker.asked);
  if (!parts.ok()) {
    Lose(broker);
    return {};
  }
  broker.asked.clear();
  for (Part& part : *parts) {
    Partition& p = partitions_.at(part.split);
    part.from = p.next;
    if (part.fetched.code == 0) {
      p.next = OffsetBehind(part.fetched.batches, p.next);
    } else {
      SLUICE_RETURN_IF_ERROR(PartFailed(p, part.fetched.code));
    }
  }
  bool room = false;
  {
    const std::lock_guard lock(mutex_);
    room = HasRoom();
  }
  if (room) SLUICE_RETURN_IF_ERROR(Ask(id, broker));
  for (Part& part : *parts) {
    if (part.fetched.code == 0) SLUICE_RETURN_IF_ERROR(TakePart(part, owner));
  }
  return {};
}

/// Of the splits that were asked for, without those that were left meanwhile.
Result<std::vector<FetchClient::Part>> FetchClient::PartsOf(std::string_view body,
                                                            const std::vector<int32_t>& asked) const {
  SLUICE_ASSIGN_OR_RETURN(std::vector<FetchedPartition> all, ReadFetch(body));
  std::map<TopicPartition, int32_t> splits;
  for (const int32_t split : asked) {
    const auto partition = partitions_.find(split);
    if (partition != partitions_.end()) splits[partition->second.name] = split;
  }
  std::vector<Part> parts;
  for (FetchedPartition& fetched : all) {
    const auto split = splits.find(fetched.partition);
    if (split != splits.end()) parts.push_back({split->second, 0, std::move(fetched)});
  }
  return parts;
}

Status FetchClient::TakePart(Part& part, const std::shared_ptr<const void>& owner) {
  {
    const std::lock_guard lock(mutex_);
    high_watermarks_[part.split] = part.fetched.high_watermark;
  }
  if (part.fetched.batches.empty()) return {};
  BatchReading reading;
  reading.from = part.from;
  reading.with_facts = setup_.with_facts;
  reading.check_crcs = setup_.settings.check_crcs;
  reading.aborted = std::move(part.fetched.aborted);
  ReadRecords read{part.split, {}};
  const Status status = ReadBatches(part.fetched.batches, owner, std::move(reading), read.records);
  if (!status.ok()) return status.error().WithContext("Kafka: " + Place(part.fetched.partition));
  if (read.records.next_offset > part.from) Hand(std::move(read));
  return {};
}

Status FetchClient::PartFailed(Partition& partition, int16_t code) {
  if (code == kTopicAuthorizationFailed) {
    return Error(ErrorCode::kIo, "Kafka: Topic authorization failed: " + Place(partition.name) +
                                     " may not be read by this user; allow it Read and Describe on the topic");
  }
  if (code != kOffsetOutOfRange) {
    partition.leader = -1;  // moved, or on its way: most errors say that
    partition.not_before = NowMs() + kAgainMs;
    return {};
  }
  if (setup_.reset == OffsetReset::kNone) {
    return Error(ErrorCode::kIo, "Kafka: Offset out of range: " + Place(partition.name) + " has no offset " +
                                     std::to_string(partition.next) +
                                     " (any more); 'properties.auto.offset.reset' can say where to go on");
  }
  partition.next = setup_.reset == OffsetReset::kEarliest ? kEarliestOffset : kLatestOffset;
  return {};
}

/// The broker is tried again a little later, if it still leads.
void FetchClient::Lose(Broker& broker) {
  broker.connection.reset();
  broker.asked.clear();
  broker.not_before = NowMs() + kAgainMs;
  for (auto& [split, p] : partitions_) {
    const auto of = brokers_.find(p.leader);
    if (of != brokers_.end() && &of->second == &broker) p.leader = -1;
  }
}

}  // namespace sluice::engine::kafka
