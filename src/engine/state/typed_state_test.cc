#include "engine/state/typed_state.h"

#include <gtest/gtest.h>

#include "engine/state/state_for_test.h"

namespace sluice::engine {
namespace {

struct Forms {
  CurrentKey key;
  ValueState<int64_t> count;
  ListState<std::string> names;
  MapState<std::string, double> prices;

  explicit Forms(KeyedStateBackend& backend)
      : count(backend, key, {.name = "count", .key_types = {DataType::String()}}),
        names(backend, key, {.name = "names", .key_types = {DataType::String()}}),
        prices(backend, key, {.name = "prices", .key_types = {DataType::String()}}) {}

  void At(const std::string& text) {
    ColumnPtr column = Column::Make(DataType::String(), 0);
    column->AppendString("not this");
    column->AppendString(text);
    key.Set({column}, 1, HashRow(std::vector<ColumnPtr>{column}, 1));
  }
};

TEST(TypedState, SurvivesASnapshot) {
  MemoryPieces files;
  StateSnapshot snapshot;
  {
    auto backend = MakeMemoryStateBackend({.key_groups = {0, 127}});
    Forms forms(*backend);
    forms.At("a");
    EXPECT_EQ(forms.count.Get(), std::nullopt);
    forms.count.Set(41);
    forms.count.Set(42);
    forms.names.Add("x");
    forms.names.Add("");
    forms.prices.Put("p", 1.5);
    forms.prices.Put("q", 2);
    forms.prices.Remove("p");
    forms.At("b");
    EXPECT_EQ(forms.count.Get(), std::nullopt);
    forms.names.Update({"y"});
    forms.names.Update({});
    forms.prices.Put("only", 1);
    forms.prices.Remove("only");
    snapshot = TakeWhole(*backend, files);
    EXPECT_EQ(snapshot.tables.size(), 3u);
    for (const TableSnapshot& table : snapshot.tables) EXPECT_EQ(table.key_types, "STRING");
  }
  const StateRestore restore{.snapshots = {snapshot}, .reader = &files};
  auto backend = MakeMemoryStateBackend({.key_groups = {0, 127}, .restore = &restore});
  Forms forms(*backend);
  ASSERT_TRUE(backend->CheckRestored(false).ok());
  forms.At("a");
  EXPECT_EQ(forms.count.Get(), 42);
  EXPECT_EQ(forms.names.Get(), (std::vector<std::string>{"x", ""}));
  EXPECT_EQ(forms.prices.Entries(), (std::map<std::string, double>{{"q", 2}}));
  EXPECT_EQ(forms.prices.Get("p"), std::nullopt);
  forms.count.Clear();
  EXPECT_EQ(forms.count.Get(), std::nullopt);
  forms.At("b");
  EXPECT_TRUE(forms.names.Get().empty());
  EXPECT_TRUE(forms.prices.Entries().empty());
}

}  // namespace
}  // namespace sluice::engine
