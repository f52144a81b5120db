#include "engine/connectors/aws/async_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>

namespace sluice::engine::aws {
namespace {

/// Answers by a function; keeps what was taken.
class FakeTarget : public AsyncTarget {
 public:
  struct Taken {
    std::mutex mutex;
    std::vector<std::vector<std::string>> requests;
    std::map<std::string, int> entries;  // taken
    std::atomic<int> most_at_once = 0, at_once = 0;
  };
  using Answer = std::function<Result<LeftOver>(const std::vector<WriteEntry>&, size_t call)>;
  FakeTarget(std::shared_ptr<Taken> taken, Answer answer) : taken_(std::move(taken)), answer_(std::move(answer)) {}

  Result<LeftOver> Send(const std::vector<WriteEntry>& entries) override {
    const int now = ++taken_->at_once;
    size_t call = 0;
    {
      std::lock_guard lock(taken_->mutex);
      taken_->most_at_once = std::max<int>(taken_->most_at_once, now);
      call = taken_->requests.size();
      taken_->requests.emplace_back();
      for (const WriteEntry& entry : entries) taken_->requests.back().push_back(entry.data);
    }
    Result<LeftOver> left = answer_ ? answer_(entries, call) : LeftOver();
    std::lock_guard lock(taken_->mutex);
    if (left.ok()) {
      for (const WriteEntry& entry : entries) ++taken_->entries[entry.data];
      for (const WriteEntry& entry : left->entries) --taken_->entries[entry.data];
    }
    --taken_->at_once;
    return left;
  }
  void Cancel() override {}
  std::string name() const override { return "writing to a test"; }

 private:
  std::shared_ptr<Taken> taken_;
  Answer answer_;
};

struct World {
  std::shared_ptr<FakeTarget::Taken> taken = std::make_shared<FakeTarget::Taken>();
  SystemClock clock;
  std::atomic<int> answers = 0;
  std::unique_ptr<AsyncWriter> Writer(AsyncWriterLimits limits, FakeTarget::Answer answer = nullptr) {
    return std::make_unique<AsyncWriter>(
        std::make_unique<FakeTarget>(taken, std::move(answer)), limits, clock, [] { return uint64_t{0}; },
        [this] { ++answers; });
  }
};

WriteEntry Entry(int i) { return {"e" + std::to_string(i), ""}; }

TEST(AsyncWriterTest, AFlushWaitsForEverything) {
  World world;
  auto writer = world.Writer({.batch_entries = 10});
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(writer->Add(Entry(i)).ok());
  ASSERT_TRUE(writer->Flush().ok());
  EXPECT_EQ(world.taken->entries.size(), 25u);
  EXPECT_EQ(writer->counts().sent, 25u);
  for (const auto& request : world.taken->requests) EXPECT_LE(request.size(), 10u);
}

TEST(AsyncWriterTest, RequestsKeepToTheirBytes) {
  World world;
  auto writer = world.Writer({.batch_entries = 100, .batch_bytes = 10, .entry_bytes = 6});
  for (const char* data : {"aaaa", "bbbb", "cccc", "dddddd"}) ASSERT_TRUE(writer->Add({data, ""}).ok());
  ASSERT_TRUE(writer->Flush().ok());
  for (const auto& request : world.taken->requests) {
    size_t bytes = 0;
    for (const std::string& data : request) bytes += data.size();
    EXPECT_LE(bytes, 10u);
  }
  EXPECT_EQ(writer->Add({"1234567", ""}).error().message(),
            "The request entry sent to the buffer was of size [7], when the maxRecordSizeInBytes was set to [6].");
}

TEST(AsyncWriterTest, WhatWasRefusedIsSentAgain) {
  World world;
  auto writer =
      world.Writer({.batch_entries = 5}, [](const std::vector<WriteEntry>& entries, size_t call) -> Result<LeftOver> {
        if (call == 0) return Error(ErrorCode::kIo, "no connection");
        LeftOver left;
        if (call == 1) {
          left.entries = {entries[0], entries[2]};
          left.reason = Error(ErrorCode::kResourceExhausted, "throttled");
        }
        return left;
      });
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(writer->Add(Entry(i)).ok());
  ASSERT_TRUE(writer->Flush().ok());
  EXPECT_EQ(world.taken->requests.size(), 3u);
  EXPECT_EQ(world.taken->requests[2], (std::vector<std::string>{"e0", "e2"}));
  for (const auto& [data, times] : world.taken->entries) EXPECT_EQ(times, 1) << data;
  EXPECT_EQ(writer->counts().refused, 7u);
}

TEST(AsyncWriterTest, RefusalsForGoodAndFailOnErrorEndIt) {
  World world;
  auto refuse = [](ErrorCode code) {
    return [code](const std::vector<WriteEntry>&, size_t) -> Result<LeftOver> { return Error(code, "no"); };
  };
  auto missing = world.Writer({}, refuse(ErrorCode::kNotFound));
  ASSERT_TRUE(missing->Add(Entry(1)).ok());
  EXPECT_EQ(missing->Flush().error().message(), "writing to a test: no");
  EXPECT_FALSE(missing->Add(Entry(2)).ok());
  EXPECT_EQ(missing->error()->message(), "writing to a test: no");
  EXPECT_FALSE(missing->full());

  auto strict = world.Writer({.fail_on_error = true}, refuse(ErrorCode::kResourceExhausted));
  ASSERT_TRUE(strict->Add(Entry(1)).ok());
  EXPECT_FALSE(strict->Flush().ok());
}

TEST(AsyncWriterTest, AFullBufferIsToldAndNobodyWaits) {
  World world;
  std::atomic<bool> open = false;
  auto writer = world.Writer({.batch_entries = 2, .in_flight = 1, .buffered = 4},
                             [&](const std::vector<WriteEntry>&, size_t) -> Result<LeftOver> {
                               while (!open) std::this_thread::yield();
                               return LeftOver();
                             });
  EXPECT_TRUE(writer->empty());
  int added = 0;
  for (; !writer->full(); ++added) ASSERT_TRUE(writer->Add(Entry(added)).ok());
  EXPECT_GE(added, 4);
  EXPECT_LE(added, 6);  // two may be under way
  // A batch that comes while it is full is taken all the same.
  for (int i = 0; i < 14; ++i, ++added) ASSERT_TRUE(writer->Add(Entry(added)).ok());
  EXPECT_TRUE(writer->full());
  EXPECT_FALSE(writer->empty());
  EXPECT_EQ(world.answers, 0);
  open = true;
  ASSERT_TRUE(writer->Flush().ok());
  EXPECT_FALSE(writer->full());
  EXPECT_TRUE(writer->empty());
  EXPECT_EQ(world.taken->entries.size(), static_cast<size_t>(added));
  EXPECT_EQ(world.taken->most_at_once, 1);
  // The one who was told "full" is told when that may have changed.
  while (world.answers < added / 2) std::this_thread::yield();
}

TEST(AsyncWriterTest, ANudgeAndTheTimeoutSendSmallRequests) {
  World world;
  auto nudged = world.Writer({.timeout = std::chrono::hours(1)});
  ASSERT_TRUE(nudged->Add(Entry(1)).ok());
  ASSERT_TRUE(nudged->Nudge().ok());
  while (nudged->counts().sent < 1) std::this_thread::yield();
  auto timed = world.Writer({.timeout = std::chrono::milliseconds(1)});
  ASSERT_TRUE(timed->Add(Entry(2)).ok());
  while (timed->counts().sent < 1) std::this_thread::yield();
}

}  // namespace
}  // namespace sluice::engine::aws
