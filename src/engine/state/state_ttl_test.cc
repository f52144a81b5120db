#include <gtest/gtest.h>

#include "base/clock.h"
#include "engine/state/keyed_state.h"
#include "engine/state/state_for_test.h"

namespace sluice::engine {
namespace {

using std::chrono::milliseconds;

TableSpec Numbers(int64_t ttl_ms) {
  return {.name = "numbers",
          .key_types = {DataType::Bigint()},
          .payload = {.size = 8, .init = [](std::byte* p) { *reinterpret_cast<int64_t*>(p) = 0; }},
          .payload_format = "number",
          .ttl_ms = ttl_ms};
}

class StateTtl : public ::testing::Test {
 protected:
  ManualClock clock_{1000};
  MemoryPieces files_;
  std::unique_ptr<KeyedStateBackend> backend_;
  KeyedTable* table_ = nullptr;

  void Open(int64_t ttl_ms, const StateRestore* restore = nullptr) {
    backend_ = MakeMemoryStateBackend({.key_groups = {0, 127}, .clock = &clock_, .restore = restore});
    table_ = backend_->OpenTable(Numbers(ttl_ms));
    const Status fits = backend_->CheckRestored(false);
    ASSERT_TRUE(fits.ok()) << fits.error().message();
  }

  static ColumnPtr Key(int64_t key) {
    ColumnPtr column = Column::Make(DataType::Bigint(), 1);
    column->data<int64_t>()[0] = key;
    return column;
  }
  int64_t* Insert(int64_t key, bool* inserted = nullptr) {
    const std::vector<ColumnPtr> keys = {Key(key)};
    const uint64_t hash = HashRow(keys, 0);
    std::byte* payload;
    uint8_t fresh;
    table_->FindOrInsert(keys, {nullptr, 1}, &hash, &payload, &fresh);
    if (inserted != nullptr) *inserted = fresh != 0;
    return reinterpret_cast<int64_t*>(payload);
  }
  int64_t* Find(int64_t key, Access access) {
    const std::vector<ColumnPtr> keys = {Key(key)};
    const uint64_t hash = HashRow(keys, 0);
    std::byte* payload;
    table_->Find(keys, {nullptr, 1}, &hash, &payload, access);
    return reinterpret_cast<int64_t*>(payload);
  }
};

TEST_F(StateTtl, ExpiredEntriesAreNotThere) {
  Open(100);
  *Insert(1) = 11;
  *Insert(2) = 22;
  clock_.Advance(milliseconds(99));
  EXPECT_NE(Find(1, Access::kRead), nullptr);  // reading does not renew
  EXPECT_NE(Find(2, Access::kWrite), nullptr);
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(Find(1, Access::kRead), nullptr);
  EXPECT_EQ(Find(1, Access::kWrite), nullptr);
  EXPECT_EQ(*Find(2, Access::kRead), 22);
  size_t cursor = 0;
  std::vector<std::byte*> all;
  table_->Scan(cursor, 10, all);
  EXPECT_EQ(all.size(), 1u);
  bool inserted = false;
  EXPECT_EQ(*Insert(1, &inserted), 0);
  EXPECT_TRUE(inserted);
}

TEST_F(StateTtl, MaintainDropsThem) {
  Open(100);
  for (int64_t key = 0; key < 1000; ++key) *Insert(key) = key;
  clock_.Advance(milliseconds(50));
  for (int64_t key = 0; key < 10; ++key) Find(key, Access::kWrite);
  clock_.Advance(milliseconds(60));
  EXPECT_EQ(table_->size(), 1000u);
  for (int i = 0; i < 300; ++i) backend_->Maintain();
  EXPECT_EQ(table_->size(), 10u);
  EXPECT_EQ(*Find(3, Access::kRead), 3);
}

TEST_F(StateTtl, AgeSurvivesASnapshot) {
  Open(100);
  *Insert(1) = 11;
  clock_.Advance(milliseconds(60));
  *Insert(2) = 22;
  const StateRestore restore{.snapshots = {TakeWhole(*backend_, files_)}, .reader = &files_};
  clock_.Advance(milliseconds(50));
  Open(100, &restore);
  EXPECT_EQ(Find(1, Access::kRead), nullptr);
  EXPECT_EQ(*Find(2, Access::kRead), 22);
}

TEST_F(StateTtl, MayBeIntroducedAndDroppedByARestore) {
  Open(0);
  *Insert(1) = 11;
  const StateRestore without{.snapshots = {TakeWhole(*backend_, files_)}, .reader = &files_};
  Open(100, &without);
  EXPECT_EQ(*Find(1, Access::kRead), 11);
  clock_.Advance(milliseconds(100));
  EXPECT_EQ(Find(1, Access::kRead), nullptr);
  const StateRestore with{.snapshots = {TakeWhole(*backend_, files_)}, .reader = &files_};
  Open(0, &with);
  EXPECT_EQ(*Find(1, Access::kRead), 11);
}

TEST_F(StateTtl, ExpireHookDropsWhatIsEmpty) {
  backend_ = MakeMemoryStateBackend({.key_groups = {0, 127}, .clock = &clock_});
  TableSpec spec = Numbers(0);
  spec.expire = [](std::byte* payload, int64_t now_ms) { return *reinterpret_cast<int64_t*>(payload) + 100 <= now_ms; };
  table_ = backend_->OpenTable(std::move(spec));
  for (int64_t key = 0; key < 20; ++key) *Insert(key) = clock_.NowMs() + key * 10;
  clock_.Advance(milliseconds(200));
  for (int i = 0; i < 10; ++i) backend_->Maintain();
  EXPECT_EQ(table_->size(), 9u);
}

}  // namespace
}  // namespace sluice::engine
