#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "engine/state/keyed_state.h"
#include "engine/state/snapshot_blocks.h"
#include "engine/state/state_bytes.h"
#include "engine/state/state_for_test.h"

namespace sluice::engine {
namespace {

using ::testing::HasSubstr;

struct Words {
  std::string text;
  void Save(std::string& out) const { out = "w" + text; }
  bool Load(std::string_view bytes) {
    if (bytes.empty() || bytes[0] != 'w') return false;
    text = bytes.substr(1);
    return true;
  }
};

TableSpec Plain(DataType key = DataType::Bigint(), const char* format = "number") {
  return {.name = "plain",
          .key_types = {key},
          .payload = {.size = 8, .init = [](std::byte* p) { *reinterpret_cast<int64_t*>(p) = 0; }},
          .payload_format = format};
}

TableSpec Owning() {
  return {.name = "owning",
          .key_types = {DataType::String(), DataType::Array(DataType::Integer())},
          .payload = ObjectPayload<Words>(),
          .payload_format = "words"};
}

void Insert(KeyedTable& table, const std::vector<ColumnPtr>& keys, size_t rows) {
  std::vector<uint64_t> hashes;
  HashRows(keys, Rows{nullptr, rows}, hashes);
  std::vector<std::byte*> payloads(rows);
  table.FindOrInsert(keys, Rows{nullptr, rows}, hashes.data(), payloads.data(), nullptr);
}

/// Both tables with some entries.
std::unique_ptr<KeyedStateBackend> Filled() {
  auto backend = MakeMemoryStateBackend({.key_groups = {0, 127}});
  ColumnPtr numbers = Column::Make(DataType::Bigint(), 100);
  for (int64_t i = 0; i < 100; ++i) numbers->data<int64_t>()[i] = i;
  Insert(*backend->OpenTable(Plain()), {numbers}, 100);
  ColumnPtr words = Column::Make(DataType::String(), 0);
  ColumnPtr lists = Column::Make(DataType::Array(DataType::Integer()), 50);
  for (size_t i = 0; i < 50; ++i) {
    words->AppendString("word " + std::to_string(i));
    lists->data<ListSlice>()[i] = {0, 1};
  }
  lists->child(0)->Append<int32_t>(7);
  Insert(*backend->OpenTable(Owning()), {words, lists}, 50);
  return backend;
}

Status Restore(const StateSnapshot& snapshot, PieceReader& reader, bool allow_unclaimed = false, bool may_refer = false,
               TableSpec plain = Plain()) {
  const StateRestore restore{.snapshots = {snapshot}, .reader = &reader, .may_refer = may_refer};
  auto backend = MakeMemoryStateBackend({.key_groups = {0, 127}, .restore = &restore});
  KeyedTable* a = backend->OpenTable(std::move(plain));
  KeyedTable* b = backend->OpenTable(Owning());
  Status status = backend->CheckRestored(allow_unclaimed);
  for (KeyedTable* table : {a, b}) {  // whatever was read can be used
    size_t cursor = 0;
    std::vector<std::byte*> payloads;
    table->Scan(cursor, 1000, payloads);
    std::vector<ColumnPtr> keys = {Column::Make(DataType::Bigint(), 0)};
    if (table == b) keys = {Column::Make(DataType::String(), 0), Column::Make(DataType::Array(DataType::Integer()), 0)};
    if (status.ok()) table->ReadKeys(payloads, keys);
  }
  if (status.ok()) {
    EXPECT_EQ(a->size() + b->size(), 150u);
  }
  return status;
}

TEST(Restore, RefusesWhatDoesNotFitAndSaysBothSides) {
  MemoryPieces files;
  auto backend = Filled();
  const StateSnapshot snapshot = TakeWhole(*backend, files);
  EXPECT_TRUE(Restore(snapshot, files).ok());
  const Status key = Restore(snapshot, files, false, false, Plain(DataType::Integer()));
  ASSERT_FALSE(key.ok());
  EXPECT_EQ(key.error().code(), ErrorCode::kRestore);
  EXPECT_EQ(key.error().message(),
            "state table 'plain' was saved with keys of type (BIGINT), but now has keys of type (INT)");
  const Status payload = Restore(snapshot, files, false, false, Plain(DataType::Bigint(), "sum"));
  ASSERT_FALSE(payload.ok());
  EXPECT_EQ(payload.error().message(), "state table 'plain' was saved with values 'number', but now has values 'sum'");
  TableSpec other = Plain();
  other.payload.size = 16;
  EXPECT_THAT(Restore(snapshot, files, false, false, std::move(other)).error().message(), HasSubstr("another layout"));
}

TEST(Restore, TablesThatNobodyOpensAreRefusedUnlessAllowed) {
  MemoryPieces files;
  auto backend = Filled();
  backend->OpenTable({.name = "old", .key_types = {DataType::Bigint()}, .payload = {.init = [](std::byte*) {}}});
  const StateSnapshot snapshot = TakeWhole(*backend, files);
  const Status refused = Restore(snapshot, files);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("'old'"));
  EXPECT_TRUE(Restore(snapshot, files, true).ok());
}

TEST(Restore, KeepsTheOrderOfInsertion) {
  MemoryPieces files;
  auto backend = Filled();
  const StateSnapshot snapshot = TakeWhole(*backend, files);
  for (const bool may_refer : {false, true}) {
    const StateRestore restore{.snapshots = {snapshot}, .reader = &files, .may_refer = may_refer};
    auto again = MakeMemoryStateBackend({.key_groups = {0, 127}, .restore = &restore});
    KeyedTable* table = again->OpenTable(Plain());
    size_t cursor = 0;
    std::vector<std::byte*> payloads;
    table->Scan(cursor, 1000, payloads);
    ColumnPtr keys = Column::Make(DataType::Bigint(), 0);
    table->ReadKeys(payloads, {keys});
    for (int64_t i = 0; i < 100; ++i) EXPECT_EQ(keys->at<int64_t>(static_cast<size_t>(i)), i);
  }
}

TEST(Restore, DamagedAndCutFilesAreRefusedByName) {
  MemoryPieces files;
  auto backend = Filled();
  StateSnapshot snapshot = TakeWhole(*backend, files);
  StatePiece& piece = snapshot.pieces[0];
  const std::string good = files.bytes(piece);
  SeededRandom random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bad = good;
    if (round % 2 == 0) {
      bad.resize(random.Below(bad.size()));
      piece.length = bad.size();
      if (bad.empty()) continue;
    } else {
      bad[random.Below(bad.size())] ^= static_cast<char>(1u << random.Below(8));
      piece.length = bad.size();
    }
    files.bytes(piece) = bad;
    const Status status = Restore(snapshot, files, false, round % 3 == 0);
    if (status.ok()) continue;  // cut between two blocks: only the piece's own checksum can tell (CheckpointStorage)
    EXPECT_EQ(status.error().code(), ErrorCode::kCorrupt) << status.error().message();
    EXPECT_THAT(status.error().message(), HasSubstr(piece.file));
  }
}

/// Damage behind a right checksum, as a bug of a writer would make it: any answer, but no crash.
TEST(Restore, MalformedRecordsDoNotCrash) {
  MemoryPieces files;
  auto backend = Filled();
  StateSnapshot snapshot = TakeWhole(*backend, files);
  StatePiece& piece = snapshot.pieces[0];
  const std::string good = files.bytes(piece);
  SeededRandom random(2);
  for (int round = 0; round < 2000; ++round) {
    std::string_view rest = good;
    std::string bad;
    while (!rest.empty()) {
      const Block block = *TakeBlock(rest);
      BlockWriter writer;
      writer.Start(block.table_id, block.layout, bad);
      for (uint32_t k = 0; k < block.records; ++k) writer.AddRecord();
      std::string body(block.body);
      for (uint64_t n = random.Below(4); n > 0; --n)
        body[random.Below(body.size())] ^= static_cast<char>(random.Next());
      if (random.Below(4) == 0) body.resize(random.Below(body.size()));
      bad += body;
      writer.Finish(bad);
    }
    files.bytes(piece) = bad;
    piece.length = bad.size();
    const StateRestore restore{.snapshots = {snapshot}, .reader = &files, .may_refer = round % 2 == 0};
    auto again = MakeMemoryStateBackend({.key_groups = {0, 127}, .restore = &restore});
    again->OpenTable(Plain());
    KeyedTable* owning = again->OpenTable(Owning());
    if (!again->CheckRestored(false).ok()) continue;
    size_t cursor = 0;
    std::vector<std::byte*> payloads;
    owning->Scan(cursor, 1000, payloads);
    owning->ReadKeys(payloads,
                     {Column::Make(DataType::String(), 0), Column::Make(DataType::Array(DataType::Integer()), 0)});
    for (std::byte* payload : payloads) owning->Erase(payload);
  }
}

TEST(Restore, NewerVersionsAndOtherBackendsAreRefused) {
  MemoryPieces files;
  auto backend = Filled();
  StateSnapshot snapshot = TakeWhole(*backend, files);
  snapshot.backend = "rocksdb";
  const Status status = Restore(snapshot, files);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kRestore);
  EXPECT_THAT(status.error().message(), HasSubstr("rocksdb"));
}

}  // namespace
}  // namespace sluice::engine
