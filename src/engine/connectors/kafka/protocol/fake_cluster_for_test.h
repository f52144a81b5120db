// Brokers of Kafka on this machine's loopback, as far as a reader needs them, with leaders that move and connections
// that break when a test says so.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/connectors/kafka/protocol/record_batch_for_test.h"
#include "engine/connectors/kafka/source_position.h"

namespace sluice::engine::kafka::test {

/// Any thread. Ends its threads when it goes, which clients must have done before.
class FakeCluster {
 public:
  explicit FakeCluster(int brokers) {
    for (int id = 0; id < brokers; ++id) Listen();
    for (int id = 0; id < brokers; ++id) Start([this, id] { Accept(id); });
  }
  ~FakeCluster() {
    ended_ = true;
    for (const auto& broker : brokers_) shutdown(broker.fd, SHUT_RDWR);
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : connections_) shutdown(fd, SHUT_RDWR);
    }
    while (true) {
      std::thread thread;
      {
        const std::lock_guard lock(mutex_);
        if (threads_.empty()) break;
        thread = std::move(threads_.back());
        threads_.pop_back();
      }
      thread.join();
    }
    for (const auto& broker : brokers_) close(broker.fd);
  }

  std::string servers() const { return "127.0.0.1:" + std::to_string(brokers_[0].port); }

  /// A batch of so many records behind the partition's end; a value is its record's offset.
  void Append(const TopicPartition& partition, int records, int leader = 0) {
    const std::lock_guard lock(mutex_);
    Log& log = logs_.try_emplace(partition, Log{leader, 0, {}}).first->second;
    TestBatch batch{log.end(), {}};
    for (int i = 0; i < records; ++i) batch.records.push_back({"k", std::to_string(batch.offset + i)});
    log.batches.push_back({batch.offset, batch.offset + records, Encoded(batch)});
  }
  /// The partition's first batch is deleted.
  void Truncate(const TopicPartition& partition) {
    const std::lock_guard lock(mutex_);
    Log& log = logs_.at(partition);
    log.begin = log.batches.front().end;
    log.batches.erase(log.batches.begin());
  }
  void MoveLeader(const TopicPartition& partition, int broker) {
    const std::lock_guard lock(mutex_);
    logs_.at(partition).leader = broker;
  }
  /// Every n-th answer to a fetch is cut off in its middle, and the connection with it; 0: none.
  void CutEvery(int n) { cut_every_ = n; }
  int fetches() const { return fetches_; }

 private:
  static constexpr int16_t kFetch = 1, kListOffsets = 2, kOutOfRange = 1, kNotLeader = 6;
  struct Stored {
    int64_t begin, end;
    std::string bytes;
  };
  struct Log {
    int leader = 0;
    int64_t begin = 0;
    std::vector<Stored> batches;
    int64_t end() const { return batches.empty() ? begin : batches.back().end; }
  };
  struct Broker {
    int fd;
    int port;
  };

  void Listen() {
    Broker broker{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 0};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(broker.fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(broker.fd, 16) != 0) std::abort();
    getsockname(broker.fd, reinterpret_cast<sockaddr*>(&address), &size);
    broker.port = ntohs(address.sin_port);
    brokers_.push_back(broker);
  }

  void Start(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back(std::move(work));
  }

  void Accept(int id) {
    while (!ended_) {
      const int fd = accept(brokers_[static_cast<size_t>(id)].fd, nullptr, nullptr);
      if (fd < 0) continue;
      {
        const std::lock_guard lock(mutex_);
        connections_.push_back(fd);
      }
      Start([this, id, fd] { Serve(id, fd); });
    }
  }

  void Serve(int id, int fd) {
    std::string request;
    while (!ended_ && Receive(fd, 4, request)) {
      if (!Receive(fd, static_cast<size_t>(WireReader(request).Int32()), request)) break;
      WireReader in(request);
      const int16_t api = in.Int16();
      (void)in.Int16();  // version
      WireWriter body;
      body.Int32(in.Int32());  // correlation
      (void)in.String();       // client
      if (api == kFetch) {
        AnswerFetch(id, in, body);
      } else if (api == kListOffsets) {
        AnswerListOffsets(id, in, body);
      } else {
        AnswerMetadata(body);
      }
      WireWriter answer;
      answer.Bytes(body.bytes());
      const bool cut = api == kFetch && cut_every_ > 0 && ++fetches_ % cut_every_ == 0;
      const std::string_view sent = std::string_view(answer.bytes()).substr(0, answer.bytes().size() / (cut ? 2 : 1));
      if (send(fd, sent.data(), sent.size(), MSG_NOSIGNAL) < 0 || cut) break;
    }
    {
      const std::lock_guard lock(mutex_);
      std::erase(connections_, fd);
    }
    close(fd);
  }

  static bool Receive(int fd, size_t size, std::string& to) {
    to.resize(size);
    for (size_t at = 0; at < size;) {
      const ssize_t n = recv(fd, to.data() + at, size - at, 0);
      if (n <= 0) return false;
      at += static_cast<size_t>(n);
    }
    return true;
  }

  void AnswerMetadata(WireWriter& out) {
    const std::lock_guard lock(mutex_);
    out.Int32(0);
    out.Int32(static_cast<int32_t>(brokers_.size()));
    for (size_t id = 0; id < brokers_.size(); ++id) {
      out.Int32(static_cast<int32_t>(id));
      out.String("127.0.0.1");
      out.Int32(brokers_[id].port);
      out.Int16(-1);  // no rack
    }
    out.Int16(-1);  // cluster
    out.Int32(0);
    out.Int32(static_cast<int32_t>(logs_.size()));
    for (const auto& [partition, log] : logs_) {
      out.Int16(0);
      out.String(partition.first);
      out.Bool(false);
      out.Int32(1);
      out.Int16(0);
      out.Int32(partition.second);
      out.Int32(log.leader);
      out.Int32(0);
      out.Int32(0);
    }
  }

  void AnswerListOffsets(int id, WireReader& in, WireWriter& out) {
    const std::lock_guard lock(mutex_);
    (void)in.Int32();
    const int32_t topics = in.Int32();
    out.Int32(topics);
    for (int32_t t = 0; t < topics; ++t) {
      const std::string topic = in.String();
      (void)in.Int32();  // one partition each
      const int32_t partition = in.Int32();
      const int64_t when = in.Int64();
      const Log& log = logs_.at({topic, partition});
      out.String(topic);
      out.Int32(1);
      out.Int32(partition);
      out.Int16(log.leader == id ? 0 : kNotLeader);
      out.Int64(-1);
      out.Int64(when == kEarliestOffset ? log.begin : log.end());
    }
  }

  void AnswerFetch(int id, WireReader& in, WireWriter& out) {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < 4; ++i) (void)in.Int32();  // replica, waiting, bytes
    (void)in.Int8();
    (void)in.Int64();  // session
    const int32_t topics = in.Int32();
    out.Int32(0);
    out.Int16(0);
    out.Int32(0);
    out.Int32(topics);
    for (int32_t t = 0; t < topics; ++t) {
      const std::string topic = in.String();
      (void)in.Int32();  // one partition each
      const int32_t partition = in.Int32();
      (void)in.Int32();
      const int64_t offset = in.Int64();
      (void)in.Int64();
      (void)in.Int32();
      const Log& log = logs_.at({topic, partition});
      const bool in_range = offset >= log.begin && offset <= log.end();
      const int16_t code = log.leader != id ? kNotLeader : in_range ? 0 : kOutOfRange;
      const auto batch = std::find_if(log.batches.begin(), log.batches.end(),
                                      [&](const Stored& b) { return b.begin <= offset && offset < b.end; });
      out.String(topic);
      out.Int32(1);
      out.Int32(partition);
      out.Int16(code);
      for (int i = 0; i < 2; ++i) out.Int64(log.end());
      out.Int64(log.begin);
      out.Int32(-1);  // no aborted transactions
      out.Bytes(code == 0 && batch != log.batches.end() ? batch->bytes : "");
    }
  }

  std::vector<Broker> brokers_;
  std::atomic<bool> ended_ = false;
  std::atomic<int> cut_every_ = 0, fetches_ = 0;
  std::mutex mutex_;
  std::map<TopicPartition, Log> logs_;
  std::vector<int> connections_;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::engine::kafka::test
