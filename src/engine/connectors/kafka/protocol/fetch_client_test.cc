// The fetch client against brokers that break: every record once, in its order, whatever happens to leaders and
// connections.
#include "engine/connectors/kafka/protocol/fetch_client.h"

#include <gtest/gtest.h>

#include <condition_variable>

#include "engine/connectors/kafka/protocol/fake_cluster_for_test.h"

namespace sluice::engine::kafka {
namespace {

using test::FakeCluster;

const TopicPartition kFirst{"a", 0}, kSecond{"a", 1}, kThird{"b", 0};

/// A client, and what a source's thread has taken from it.
class Reading {
 public:
  explicit Reading(const FakeCluster& cluster, OffsetReset reset = OffsetReset::kNone) {
    FetchClient::Setup setup;
    setup.servers = cluster.servers();
    setup.reset = reset;
    setup.wake = [this] {
      const std::lock_guard lock(mutex_);
      woken_ = true;
      changed_.notify_all();
    };
    client_ = std::make_unique<FetchClient>(std::move(setup));
  }
  ~Reading() { client_.reset(); }

  void Add(int32_t split, const TopicPartition& partition, int64_t from = kEarliestOffset) {
    EXPECT_TRUE(client_->Add({{split, {partition, from}}}).ok());
  }
  FetchClient& client() { return *client_; }
  const std::map<int32_t, std::vector<int64_t>>& offsets() const { return offsets_; }

  /// Takes until so many records are there; the answer is an error's message, or that they do not come.
  std::string Until(size_t records) {
    while (taken_ < records) {
      auto next = client_->Take();
      if (!next.ok()) return next.error().message();
      if (*next) {
        Keep(**next);
        continue;
      }
      std::unique_lock lock(mutex_);
      if (!changed_.wait_for(lock, std::chrono::seconds(30), [this] { return woken_; })) return "nothing comes";
      woken_ = false;
    }
    return "";
  }

 private:
  void Keep(const ReadRecords& read) {
    for (size_t i = 0; i < read.records.records.size(); ++i) {
      EXPECT_EQ(read.records.records[i].value, std::to_string(read.records.offsets[i]));
      offsets_[read.split].push_back(read.records.offsets[i]);
      ++taken_;
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  size_t taken_ = 0;
  std::map<int32_t, std::vector<int64_t>> offsets_;  // by split
  std::unique_ptr<FetchClient> client_;
};

std::vector<int64_t> Range(int64_t begin, int64_t end) {
  std::vector<int64_t> out;
  for (int64_t i = begin; i < end; ++i) out.push_back(i);
  return out;
}

TEST(FetchClient, ReadsThePartitionsOfSeveralBrokers) {
  FakeCluster cluster(2);
  for (int i = 0; i < 20; ++i) {
    cluster.Append(kFirst, 5, 0);
    cluster.Append(kSecond, 3, 1);
  }
  Reading reading(cluster);
  reading.Add(0, kFirst);
  reading.Add(1, kSecond, 30);
  ASSERT_EQ(reading.Until(100 + 30), "");
  EXPECT_EQ(reading.offsets(), (std::map<int32_t, std::vector<int64_t>>{{0, Range(0, 100)}, {1, Range(30, 60)}}));
  EXPECT_EQ(reading.client().HighWatermark(0), 100);
  cluster.Append(kThird, 1, 1);
  reading.Add(2, kThird);
  ASSERT_EQ(reading.Until(131), "");
}

TEST(FetchClient, LeadersMoveAndConnectionsBreak) {
  FakeCluster cluster(3);
  for (int i = 0; i < 30; ++i) {
    cluster.Append(kFirst, 2, 0);
    cluster.Append(kSecond, 2, 1);
    cluster.Append(kThird, 2, 2);
  }
  cluster.CutEvery(7);
  Reading reading(cluster);
  reading.Add(0, kFirst);
  reading.Add(1, kSecond);
  reading.Add(2, kThird);
  for (const int broker : {2, 0, 1}) {
    ASSERT_EQ(reading.Until(static_cast<size_t>(40 * (3 - broker))), "");
    cluster.MoveLeader(kFirst, broker);
    cluster.MoveLeader(kThird, broker);
  }
  ASSERT_EQ(reading.Until(180), "");
  for (int32_t split = 0; split < 3; ++split) EXPECT_EQ(reading.offsets().at(split), Range(0, 60));
}

TEST(FetchClient, AnOffsetThatIsGone) {
  FakeCluster cluster(1);
  for (int i = 0; i < 3; ++i) cluster.Append(kFirst, 10);
  cluster.Truncate(kFirst);
  Reading strict(cluster);
  strict.Add(0, kFirst, 5);
  EXPECT_EQ(strict.Until(1),
            "Kafka: Offset out of range: topic 'a', partition 0 has no offset 5 (any more); "
            "'properties.auto.offset.reset' can say where to go on");
  Reading earliest(cluster, OffsetReset::kEarliest);
  earliest.Add(0, kFirst, 5);
  ASSERT_EQ(earliest.Until(20), "");
  EXPECT_EQ(earliest.offsets().at(0), Range(10, 30));
}

TEST(FetchClient, WhatWasLeftAndIsReadAgainBeginsWhereItIsToldTo) {
  FakeCluster cluster(1);
  for (int i = 0; i < 50; ++i) cluster.Append(kFirst, 1);
  Reading reading(cluster);
  reading.Add(0, kFirst);
  ASSERT_EQ(reading.Until(1), "");
  EXPECT_TRUE(reading.client().Leave({{0, kFirst}}).ok());
  reading.Add(1, kFirst, 10);
  size_t of_first = 0;
  for (size_t all = 2; !reading.offsets().contains(1) || reading.offsets().at(1).size() < 40; ++all) {
    ASSERT_EQ(reading.Until(all), "");
    of_first = reading.offsets().at(0).size();
  }
  EXPECT_EQ(reading.offsets().at(0), Range(0, static_cast<int64_t>(of_first)));
  EXPECT_EQ(reading.offsets().at(1), Range(10, 50));
}

}  // namespace
}  // namespace sluice::engine::kafka
