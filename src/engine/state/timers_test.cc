#include "engine/state/timers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/state/state_for_test.h"

namespace sluice::engine {
namespace {

struct Keys {
  ColumnPtr column;
  std::vector<uint64_t> hashes;
  explicit Keys(const std::vector<int64_t>& keys) : column(Column::Make(DataType::Bigint(), keys.size())) {
    for (size_t i = 0; i < keys.size(); ++i) column->data<int64_t>()[i] = keys[i];
    HashRows(columns(), rows(), hashes);
  }
  std::vector<ColumnPtr> columns() const { return {column}; }
  Rows rows() const { return {nullptr, column->size()}; }
};

void Register(KeyedTimers& timers, const std::vector<int64_t>& keys, const std::vector<int64_t>& times) {
  const Keys k(keys);
  timers.Register(k.columns(), k.rows(), k.hashes.data(), times.data());
}

void Delete(KeyedTimers& timers, const std::vector<int64_t>& keys, const std::vector<int64_t>& times) {
  const Keys k(keys);
  timers.Delete(k.columns(), k.rows(), k.hashes.data(), times.data());
}

using Popped = std::vector<std::pair<int64_t, int64_t>>;

/// (time, key) of all that are due.
Popped PopAll(KeyedTimers& timers, int64_t up_to, size_t limit = 1000) {
  Popped all;
  DueTimers due;
  while (timers.PopDue(up_to, limit, due)) {
    EXPECT_LE(due.size(), limit);
    for (size_t i = 0; i < due.size(); ++i) {
      EXPECT_EQ(due.hashes[i], HashRow(due.keys, i));
      all.emplace_back(due.times[i], due.keys[0]->at<int64_t>(i));
    }
  }
  return all;
}

std::unique_ptr<KeyedStateBackend> Backend(const StateRestore* restore = nullptr, KeyGroupRange groups = {0, 127}) {
  return MakeMemoryStateBackend({.key_groups = groups, .max_parallelism = 128, .restore = restore});
}

TEST(KeyedTimers, ComeInOrderOfTimeThenRegistrationAndOnce) {
  auto backend = Backend();
  KeyedTimers timers(*backend, "timers", {DataType::Bigint()});
  EXPECT_EQ(timers.next(), KeyedTimers::kNever);
  Register(timers, {7, 8, 7, 9}, {20, 10, 20, 20});
  Register(timers, {8}, {10});
  EXPECT_EQ(timers.size(), 3u);
  EXPECT_EQ(timers.next(), 10);
  EXPECT_EQ(PopAll(timers, 9), Popped());
  EXPECT_EQ(PopAll(timers, 20, 1), (Popped{{10, 8}, {20, 7}, {20, 9}}));
  EXPECT_EQ(timers.size(), 0u);
  EXPECT_EQ(timers.next(), KeyedTimers::kNever);
}

TEST(KeyedTimers, DeletedOnesDoNotComeAndMayBeRegisteredAgain) {
  auto backend = Backend();
  KeyedTimers timers(*backend, "timers", {DataType::Bigint()});
  Register(timers, {1, 2, 3}, {10, 10, 10});
  Delete(timers, {1, 1, 3, 4}, {10, 10, 10, 10});
  Register(timers, {3}, {10});
  EXPECT_EQ(PopAll(timers, 10), (Popped{{10, 2}, {10, 3}}));
}

TEST(KeyedTimers, RegisteredForThePastBetweenTwoPops) {
  auto backend = Backend();
  KeyedTimers timers(*backend, "timers", {DataType::Bigint()});
  Register(timers, {1, 2}, {10, 20});
  DueTimers due;
  ASSERT_TRUE(timers.PopDue(20, 1, due));
  Register(timers, {1}, {5});
  EXPECT_EQ(PopAll(timers, 20), (Popped{{5, 1}, {20, 2}}));
}

TEST(KeyedTimers, GoWithTheirKeysWhenRescaled) {
  MemoryPieces files;
  StateSnapshot snapshot;
  {
    auto backend = Backend();
    KeyedTimers timers(*backend, "timers", {DataType::Bigint()});
    std::vector<int64_t> keys, times;
    for (int64_t i = 0; i < 1000; ++i) {
      keys.push_back(i % 100);
      times.push_back(i);
    }
    Register(timers, keys, times);
    snapshot = TakeWhole(*backend, files);
  }
  size_t found = 0;
  for (uint32_t subtask = 0; subtask < 3; ++subtask) {
    const StateRestore restore{.snapshots = {snapshot}, .reader = &files};
    const KeyGroupRange groups = KeyGroupsOfSubtask(subtask, 128, 3);
    auto backend = Backend(&restore, groups);
    KeyedTimers timers(*backend, "timers", {DataType::Bigint()});
    ASSERT_TRUE(backend->CheckRestored(false).ok());
    const Popped popped = PopAll(timers, 1000);
    EXPECT_TRUE(std::ranges::is_sorted(popped));
    for (const auto& [time, key] : popped) {
      EXPECT_EQ(time % 100, key);
      const uint32_t group = KeyGroupOf(Keys({key}).hashes[0], 128);
      EXPECT_TRUE(group >= groups.first && group <= groups.last);
    }
    found += popped.size();
  }
  EXPECT_EQ(found, 1000u);
}

TEST(KeyedTimers, OfAGlobalOperator) {
  auto backend = Backend();
  KeyedTimers timers(*backend, "timers", {});
  const uint64_t hash = HashRow(std::vector<ColumnPtr>(), 0);
  const int64_t time = 5;
  timers.Register({}, Rows{nullptr, 1}, &hash, &time);
  DueTimers due;
  ASSERT_TRUE(timers.PopDue(5, 10, due));
  EXPECT_EQ(due.times, std::vector<int64_t>{5});
  EXPECT_EQ(due.hashes, std::vector<uint64_t>{hash});
}

}  // namespace
}  // namespace sluice::engine
