#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/files.h"
#include "engine/state/keyed_state.h"
#include "engine/state/rocksdb_backend.h"
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

/// In memory (false) and in RocksDB with a budget so small that Maintain writes entries out.
class StateTtl : public ::testing::TestWithParam<bool> {
 protected:
  const std::string folder_ = *MakeTemporaryFolder("state_ttl");
  ManualClock clock_{1000};
  MemoryPieces files_;
  std::unique_ptr<KeyedStateBackend> backend_;
  KeyedTable* table_ = nullptr;

  void TearDown() override {
    backend_.reset();
    (void)RemoveTree(folder_);
  }
  void Make(const StateRestore* restore) {
    const StateBackendRequest request{.key_groups = {0, 127}, .clock = &clock_, .restore = restore};
    if (!GetParam()) {
      backend_ = MakeMemoryStateBackend(request);
      return;
    }
    auto made = RocksDbStateBackends(folder_, 64 << 10)(request);
    ASSERT_TRUE(made.ok()) << made.error().message();
    backend_ = std::move(*made);
  }

  void Open(int64_t ttl_ms, const StateRestore* restore = nullptr) {
    Make(restore);
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

TEST_P(StateTtl, ExpiredEntriesAreNotThere) {
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

TEST_P(StateTtl, MaintainDropsThem) {
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

TEST_P(StateTtl, AgeSurvivesASnapshot) {
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

TEST_P(StateTtl, MayBeIntroducedAndDroppedByARestore) {
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

TEST_P(StateTtl, ExpireHookDropsWhatIsEmpty) {
  Make(nullptr);
  TableSpec spec = Numbers(0);
  spec.expire = [](std::byte* payload, int64_t now_ms) { return *reinterpret_cast<int64_t*>(payload) + 100 <= now_ms; };
  table_ = backend_->OpenTable(std::move(spec));
  for (int64_t key = 0; key < 20; ++key) *Insert(key) = clock_.NowMs() + key * 10;
  clock_.Advance(milliseconds(200));
  for (int i = 0; i < 10; ++i) backend_->Maintain();
  EXPECT_EQ(table_->size(), 9u);
}

INSTANTIATE_TEST_SUITE_P(Backends, StateTtl, ::testing::Values(false, true),
                         [](const auto& backend) { return backend.param ? "RocksDb" : "Memory"; });

}  // namespace
}  // namespace sluice::engine
