// Tables so large that several threads restore them.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "base/files.h"
#include "engine/state/keyed_state.h"
#include "engine/state/rocksdb_backend.h"
#include "engine/state/snapshot_blocks.h"
#include "engine/state/state_for_test.h"

namespace sluice::engine {
namespace {

constexpr int64_t kMany = 1'100'000;  // above what one thread puts into the slots
constexpr int64_t kFewer = 150'000;   // some blocks
constexpr size_t kBatch = 10'000;

TableSpec Numbers() {
  return {.name = "numbers",
          .key_types = {DataType::Bigint()},
          .payload = {.size = 8, .init = [](std::byte* p) { *reinterpret_cast<int64_t*>(p) = 0; }},
          .payload_format = "number"};
}

/// Calls f(first key, payloads) for batches of the keys 0, step, 2 step, … below `keys` that `find` has looked up.
template <typename Find, typename F>
void ForKeys(int64_t keys, int64_t step, Find&& find, F&& f) {
  const ColumnPtr column = Column::Make(DataType::Bigint(), kBatch);
  std::vector<uint64_t> hashes;
  std::vector<std::byte*> payloads(kBatch);
  for (int64_t first = 0; first < keys; first += step * static_cast<int64_t>(kBatch)) {
    size_t count = 0;
    for (int64_t key = first; count < kBatch && key < keys; key += step) column->data<int64_t>()[count++] = key;
    const Rows rows{nullptr, count};
    HashRows(std::vector<ColumnPtr>{column}, rows, hashes);
    find(std::vector<ColumnPtr>{column}, rows, hashes.data(), payloads.data());
    f(first, std::span(payloads.data(), count), hashes);
  }
}

/// Adds `by` to every step-th key.
void Add(KeyedTable& table, int64_t keys, int64_t step, int64_t by) {
  ForKeys(
      keys, step, [&](const auto&... args) { table.FindOrInsert(args..., nullptr); },
      [&](int64_t, std::span<std::byte*> payloads, const auto&) {
        for (std::byte* payload : payloads) *reinterpret_cast<int64_t*>(payload) += by;
      });
}

void Erase(KeyedTable& table, int64_t keys, int64_t step) {
  ForKeys(
      keys, step, [&](const auto&... args) { table.Find(args..., Access::kWrite); },
      [&](int64_t, std::span<std::byte*> payloads, const auto&) {
        for (std::byte* payload : payloads) table.Erase(payload);
      });
}

/// What Filled leaves: 1, on every 7th key 11, every 100th key erased, then every 300th there again with 5.
int64_t Expected(int64_t key) {
  if (key % 300 == 0) return 5;
  if (key % 100 == 0) return 0;
  return key % 7 == 0 ? 11 : 1;
}

/// Three snapshots, each on the one before.
StateSnapshot Filled(MemoryPieces& files, int64_t keys) {
  auto backend = MakeMemoryStateBackend({.key_groups = {0, 127}});
  KeyedTable* table = backend->OpenTable(Numbers());
  StateSnapshot snapshot;
  const auto save = [&](int64_t id) {
    StatePiece own;
    snapshot = TakeWhole(*backend, files, {.checkpoint_id = id}, &own);
    backend->ConfirmSnapshot(id, own);
  };
  Add(*table, keys, 1, 1);
  save(1);
  Add(*table, keys, 7, 10);
  Erase(*table, keys, 100);
  save(2);
  Add(*table, keys, 300, 5);
  save(3);
  EXPECT_EQ(snapshot.pieces.size(), 3u);
  return snapshot;
}

void ExpectRestored(KeyedTable& table, int64_t keys, KeyGroupRange groups) {
  size_t there = 0;
  int64_t wrong = 0;
  ForKeys(
      keys, 1, [&](const auto&... args) { table.Find(args..., Access::kRead); },
      [&](int64_t first, std::span<std::byte*> payloads, const std::vector<uint64_t>& hashes) {
        for (size_t k = 0; k < payloads.size(); ++k) {
          const uint32_t group = KeyGroupOf(hashes[k], 128);
          const bool ours = group >= groups.first && group <= groups.last;
          const int64_t expected = ours ? Expected(first + static_cast<int64_t>(k)) : 0;
          const int64_t found = payloads[k] == nullptr ? 0 : *reinterpret_cast<int64_t*>(payloads[k]);
          wrong += found == expected ? 0 : 1;
          there += payloads[k] != nullptr ? 1 : 0;
        }
      });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(table.size(), there);
}

/// Remembers how much was asked for at once.
class WatchedPieces final : public PieceReader {
 public:
  explicit WatchedPieces(MemoryPieces& files) : files_(files) {}
  Result<std::string> Read(const StatePiece& piece) override {
    return Error(ErrorCode::kInternal, "the whole of " + piece.file + " was asked for");
  }
  Result<std::unique_ptr<PieceBytes>> Open(const StatePiece& piece) override {
    return std::unique_ptr<PieceBytes>(std::make_unique<Watched>(*this, files_.bytes(piece)));
  }
  size_t longest() const { return longest_; }

 private:
  class Watched final : public PieceBytes {
   public:
    Watched(WatchedPieces& all, std::string_view bytes) : all_(all), bytes_(bytes) {}
    Result<std::string_view> Part(uint64_t offset, size_t length, std::string& buffer) const override {
      size_t longest = all_.longest_;
      while (length > longest && !all_.longest_.compare_exchange_weak(longest, length)) {
      }
      buffer = bytes_.substr(offset, length);
      return std::string_view(buffer);
    }

   private:
    WatchedPieces& all_;
    std::string_view bytes_;
  };
  MemoryPieces& files_;
  std::atomic<size_t> longest_ = 0;
};

TEST(LargeRestore, InMemoryByTheSameAndByOtherSubtasks) {
  MemoryPieces files;
  const StateSnapshot snapshot = Filled(files, kMany);
  for (const bool may_refer : {true, false}) {
    for (const KeyGroupRange groups : {KeyGroupRange{0, 127}, KeyGroupRange{64, 127}}) {
      WatchedPieces reader(files);
      const StateRestore restore{.snapshots = {snapshot}, .reader = &reader, .may_refer = may_refer};
      auto backend = MakeMemoryStateBackend({.key_groups = groups, .restore = &restore});
      KeyedTable* table = backend->OpenTable(Numbers());
      ASSERT_TRUE(backend->CheckRestored(false).ok());
      ExpectRestored(*table, kMany, groups);
      EXPECT_LT(reader.longest(), kBlockBytes + 1000) << "a block at a time";
    }
  }
}

TEST(LargeRestore, RocksDbHasABlockInMemoryAtATime) {
  MemoryPieces files;
  const StateSnapshot snapshot = Filled(files, kFewer);
  WatchedPieces reader(files);
  const StateRestore restore{.snapshots = {snapshot}, .reader = &reader, .may_refer = true};
  const std::string folder = *MakeTemporaryFolder("large_restore");
  {
    auto backend = MakeRocksDbStateBackend({.key_groups = {0, 127}, .restore = &restore}, folder, 16 << 20);
    ASSERT_TRUE(backend.ok());
    KeyedTable* table = (*backend)->OpenTable(Numbers());
    ASSERT_TRUE((*backend)->CheckRestored(false).ok());
    EXPECT_EQ(table->size(), static_cast<size_t>(kFewer - kFewer / 100 + kFewer / 300));
    EXPECT_LT(reader.longest(), kBlockBytes + 1000);
    EXPECT_LT((*backend)->memory_bytes(), size_t{32} << 20);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sluice::engine
