#include "engine/state/keyed_state.h"

#include <gtest/gtest.h>

#include <set>

namespace sluice::engine {
namespace {

TableSpec Counter(std::vector<DataType> keys) {
  return {.name = "t", .key_types = std::move(keys), .payload = {.size = 8, .init = [](std::byte* p) {
                                                                   *reinterpret_cast<int64_t*>(p) = 0;
                                                                 }}};
}

struct Probe {
  std::vector<uint64_t> hashes;
  std::vector<std::byte*> payloads;
  std::vector<uint8_t> inserted;
  Probe(KeyedTable& table, const std::vector<ColumnPtr>& keys, size_t rows)
      : hashes(rows), payloads(rows), inserted(rows) {
    HashRows(keys, Rows{nullptr, rows}, hashes);
    table.FindOrInsert(keys, Rows{nullptr, rows}, hashes.data(), payloads.data(), inserted.data());
  }
  int64_t& at(size_t i) { return *reinterpret_cast<int64_t*>(payloads[i]); }
};

TEST(MemoryTable, CountsManyKeysAndErases) {
  auto table = MakeMemoryTable(Counter({DataType::Bigint()}));
  for (int round = 0; round < 3; ++round) {
    for (int64_t start = 0; start < 100000; start += 1000) {
      ColumnPtr key = Column::Make(DataType::Bigint(), 1000);
      for (int64_t i = 0; i < 1000; ++i) key->data<int64_t>()[i] = start + i;
      Probe probe(*table, {key}, 1000);
      for (size_t i = 0; i < 1000; ++i) {
        EXPECT_EQ(probe.inserted[i], round == 0 ? 1 : 0);
        ++probe.at(i);
      }
    }
  }
  EXPECT_EQ(table->size(), 100000u);
  size_t cursor = 0;
  std::vector<std::byte*> some;
  table->Scan(cursor, 10, some);
  ColumnPtr read = Column::Make(DataType::Bigint(), 0);
  table->ReadKeys(some, {read});
  for (int64_t i = 0; i < 10; ++i) EXPECT_EQ(read->data<int64_t>()[i], i);
  for (std::byte* p : some) {
    EXPECT_EQ(*reinterpret_cast<int64_t*>(p), 3);
    table->Erase(p);
  }
  EXPECT_EQ(table->size(), 99990u);
  ColumnPtr key = Column::Make(DataType::Bigint(), 1);
  key->data<int64_t>()[0] = 5;
  Probe again(*table, {key}, 1);
  EXPECT_EQ(again.inserted[0], 1);
  EXPECT_EQ(again.at(0), 0);
}

TEST(MemoryTable, NullIsAKeyOfItsOwn) {
  auto table = MakeMemoryTable(Counter({DataType::Integer()}));
  ColumnPtr key = Column::Make(DataType::Integer(), 4);
  key->SetNull(1);
  key->SetNull(3);
  Probe probe(*table, {key}, 4);
  EXPECT_EQ(probe.payloads[0], probe.payloads[2]);
  EXPECT_EQ(probe.payloads[1], probe.payloads[3]);
  EXPECT_NE(probe.payloads[0], probe.payloads[1]);
  EXPECT_EQ(probe.inserted, (std::vector<uint8_t>{1, 1, 0, 0}));
}

TEST(MemoryTable, SeveralColumnsWithStrings) {
  auto table = MakeMemoryTable(Counter({DataType::String(), DataType::Double()}));
  ColumnPtr s = Column::Make(DataType::String(), 0), d = Column::Make(DataType::Double(), 4);
  for (const char* text : {"", "a string longer than twelve bytes", "", "a"}) s->AppendString(text);
  d->data<double>()[2] = -0.0;
  Probe probe(*table, {s, d}, 4);
  EXPECT_EQ(table->size(), 4u);  // 0.0 and -0.0 are different keys in Flink
  ColumnPtr s2 = Column::Make(DataType::String(), 0), d2 = Column::Make(DataType::Double(), 0);
  table->ReadKeys(probe.payloads, std::vector<ColumnPtr>{s2, d2});
  EXPECT_EQ(s2->string_at(1), "a string longer than twelve bytes");
  EXPECT_EQ(s2->string_at(3), "a");
}

}  // namespace
}  // namespace sluice::engine
