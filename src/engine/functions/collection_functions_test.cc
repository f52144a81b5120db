// Expected answers are those of Apache Flink 2.3.
#include "engine/functions/collection_functions.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/functions/call_for_test.h"

namespace sluice::engine {
namespace {

Value Ints(const std::vector<std::optional<int>>& values) {
  ValueList list;
  for (const auto& v : values) list.push_back(v ? Value::Int(*v) : Value::Null());
  return Value::List(std::move(list));
}
Arg IntArray(const std::vector<std::optional<int>>& values) {
  return {DataType::Array(DataType::Integer()).NotNull(), Ints(values)};
}
Arg StringArray(const std::vector<const char*>& values) {
  ValueList list;
  for (const char* v : values) list.push_back(v == nullptr ? Value::Null() : Value::String(v));
  return {DataType::Array(DataType::String()).NotNull(), Value::List(std::move(list))};
}
Arg NullArray() { return {DataType::Array(DataType::Integer()), Value::Null()}; }
Arg IntMap(const std::vector<std::pair<const char*, int>>& entries) {
  ValueList list;
  for (const auto& [k, v] : entries) {
    list.push_back(Value::String(k));
    list.push_back(Value::Int(v));
  }
  return {DataType::Map(DataType::Char(1).NotNull(), DataType::Integer().NotNull()).NotNull(),
          Value::List(std::move(list))};
}
Arg Doubles(const std::vector<double>& values) {
  ValueList list;
  for (double v : values) list.push_back(Value::Double(v));
  return {DataType::Array(DataType::Double().NotNull()).NotNull(), Value::List(std::move(list))};
}
constexpr std::nullopt_t N = std::nullopt;

class CollectionFunctions : public testing::Test {
 protected:
  CollectionFunctions() { AddCollectionFunctions(registry_); }
  void Check(const char* function, const std::vector<Arg>& args, const std::string& text,
             const std::string& type = "") {
    const Answer answer = CallForTest(registry_, function, args);
    EXPECT_EQ(answer.text, text) << function;
    if (!type.empty()) {
      EXPECT_EQ(answer.type, type) << function;
    }
  }
  FunctionRegistry registry_;
};

TEST_F(CollectionFunctions, Constructors) {
  Check("ARRAY", {Int(1), NullInt()}, "[1, NULL]", "ARRAY<INT> NOT NULL");
  Check("ARRAY", {Str("a"), Str("bcd")}, "[a, bcd]", "ARRAY<VARCHAR(3) NOT NULL> NOT NULL");
  Check("ARRAY", {}, "ERROR ARRAY: Require at least 1 argument");
  Check("ARRAY", {Int(1), Str("a")}, "ERROR Parameters must be of the same type");
  Check("MAP", {Str("a"), Int(1), Str("bc"), Int(2)}, "{a=1, bc=2}", "MAP<VARCHAR(2) NOT NULL, INT NOT NULL> NOT NULL");
  Check("MAP", {Str("a"), Int(1), Str("a"), Int(2)}, "{a=2}");
  Check("ROW", {Int(1), NullStr()}, "(1, NULL)", "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` STRING> NOT NULL");
}

TEST_F(CollectionFunctions, Item) {
  Check("ITEM", {IntArray({7, N}), Int(1)}, "7", "INT");
  Check("ITEM", {IntArray({7, N}), Int(2)}, "<NULL>");
  Check("ITEM", {IntArray({7}), Int(3)}, "<NULL>");
  Check("ITEM", {IntArray({7}), Int(0)}, "ERROR Array element access needs an index starting at 1 but was 0.");
  Check("ITEM", {IntArray({7}), NullInt()}, "<NULL>");
  Check("ITEM", {IntMap({{"a", 1}, {"b", 2}}), Str("b")}, "2", "INT");
  Check("ITEM", {IntMap({{"a", 1}}), Str("abc")}, "<NULL>");
  Check("CARDINALITY", {IntArray({1, 2})}, "2", "INT NOT NULL");
  Check("CARDINALITY", {NullArray()}, "<NULL>", "INT");
  Check("ELEMENT", {IntArray({5})}, "5");
  Check("ELEMENT", {IntArray({5, 6})}, "ERROR ELEMENT: Array has more than one element.");
}

TEST_F(CollectionFunctions, FieldOfARow) {
  const DataType type = DataType::Row({{"a", DataType::Integer(), ""}, {"b", DataType::String().NotNull(), ""}});
  const Arg row{type, Value::List({Value::Int(4), Value::String("x")})};
  Check("FIELD", {row, Int(1)}, "x", "STRING");
  Check("FIELD", {{type, Value::Null()}, Int(0)}, "<NULL>", "INT");

  ColumnPtr column = Column::Make(type, 3);
  column->SetValue(0, row.value);
  column->SetValue(1, Value::Null());
  column->SetValue(2, row.value);
  const ColumnPtr field = FieldColumn(column, 1, DataType::String());
  EXPECT_EQ(field->GetValue(0), Value::String("x"));
  EXPECT_TRUE(field->IsNull(1));
  EXPECT_EQ(field->GetValue(2), Value::String("x"));
  // A child that is NULL wherever the row is needs no copy.
  column->child(0)->SetNull(1);
  EXPECT_EQ(FieldColumn(column, 0, DataType::Integer()), column->child(0));
  const ColumnPtr constant = Column::MakeConstant(type, row.value, 5);
  EXPECT_EQ(FieldColumn(constant, 0, DataType::Integer())->GetValue(4), Value::Int(4));
}

TEST_F(CollectionFunctions, Search) {
  Check("ARRAY_CONTAINS", {IntArray({1, N}), NullInt()}, "TRUE", "BOOLEAN NOT NULL");
  Check("ARRAY_CONTAINS", {NullArray(), Int(1)}, "<NULL>", "BOOLEAN");
  Check("ARRAY_CONTAINS", {Doubles({std::nan("")}), Dbl(std::nan(""))}, "FALSE");
  Check("ARRAY_CONTAINS", {Doubles({0.0}), Dbl(-0.0)}, "TRUE");
  Check("ARRAY_POSITION", {IntArray({1, 2, 3, 2}), Int(2)}, "2", "INT NOT NULL");
  Check("ARRAY_POSITION", {IntArray({1}), NullInt()}, "<NULL>", "INT");
  Check("ARRAY_REMOVE", {IntArray({1, N}), NullInt()}, "[1]", "ARRAY<INT> NOT NULL");
  Check("ARRAY_APPEND", {IntArray({1}), Int(2)}, "[1, 2]");
  Check("ARRAY_PREPEND", {IntArray({1}), NullInt()}, "[NULL, 1]", "ARRAY<INT>");
  Check("ARRAY_REVERSE", {IntArray({1, N, 3})}, "[3, NULL, 1]");
  Check("ARRAY_CONCAT", {IntArray({1, 2}), IntArray({2}), IntArray({})}, "[1, 2, 2]");
  Check("ARRAY_CONCAT", {IntArray({1}), Int(2)},
        "ERROR Invalid function call:\nARRAY_CONCAT(ARRAY<INT> NOT NULL, INT NOT NULL)\nAll arguments requires to be a "
        "ARRAY type");
}

TEST_F(CollectionFunctions, SliceAndSort) {
  const Arg five = IntArray({10, 20, 30, 40, 50});
  Check("ARRAY_SLICE", {five, Int(2), Int(4)}, "[20, 30, 40]");
  Check("ARRAY_SLICE", {five, Int(-2), Int(-1)}, "[40, 50]");
  Check("ARRAY_SLICE", {five, Int(0), Int(2)}, "[10, 20]");
  Check("ARRAY_SLICE", {five, Int(4), Int(2)}, "[]");
  Check("ARRAY_SLICE", {five, Int(-100), Int(100)}, "[10, 20, 30, 40, 50]");
  Check("ARRAY_SLICE", {five, Int(6), Int(9)}, "[]");
  Check("ARRAY_SLICE", {five, Int(1), Int(0)}, "[10]");
  Check("ARRAY_SLICE", {five, Int(4)}, "[40, 50]");
  const Arg some = IntArray({3, N, 1, 2, N});
  Check("ARRAY_SORT", {some}, "[NULL, NULL, 1, 2, 3]");
  Check("ARRAY_SORT", {some, Bool(false)}, "[3, 2, 1, NULL, NULL]");
  Check("ARRAY_SORT", {some, Bool(true), Bool(false)}, "[1, 2, 3, NULL, NULL]");
  Check("ARRAY_SORT", {some, Bool(false), Bool(true)}, "[NULL, NULL, 3, 2, 1]");
  Check("ARRAY_MAX", {some}, "3", "INT");
  Check("ARRAY_MIN", {IntArray({N})}, "<NULL>");
  Check("ARRAY_MIN", {Doubles({std::nan(""), 1})}, "NaN");
  Check("ARRAY_JOIN", {StringArray({"a", nullptr, "c"}), Str(",")}, "a,c", "STRING NOT NULL");
  Check("ARRAY_JOIN", {StringArray({"a", nullptr, "c"}), Str(","), Str("NULL")}, "a,NULL,c");
}

TEST_F(CollectionFunctions, Sets) {
  Check("ARRAY_DISTINCT", {IntArray({1, N, N, 1})}, "[1, NULL]");
  Check("ARRAY_DISTINCT", {Doubles({std::nan(""), std::nan(""), 0.0, -0.0})}, "[NaN, NaN, 0.0]");
  Check("ARRAY_UNION", {IntArray({1, 2, 2, 3}), IntArray({2, 4})}, "[1, 2, 3, 4]");
  Check("ARRAY_EXCEPT", {IntArray({1, 2, 2, 3, N, N}), IntArray({2, 4})}, "[1, 3, NULL]");
  Check("ARRAY_INTERSECT", {IntArray({1, 1, 2, N}), IntArray({N, 1})}, "[1, NULL]");
  Check("ARRAY_UNION", {IntArray({1}), NullArray()}, "<NULL>", "ARRAY<INT>");
}

TEST_F(CollectionFunctions, Maps) {
  const Arg map = IntMap({{"a", 1}, {"b", 2}});
  Check("MAP_KEYS", {map}, "[a, b]", "ARRAY<CHAR(1) NOT NULL> NOT NULL");
  Check("MAP_VALUES", {map}, "[1, 2]");
  Check("MAP_ENTRIES", {map}, "[(a, 1), (b, 2)]", "ARRAY<ROW<`key` CHAR(1) NOT NULL, `value` INT NOT NULL>> NOT NULL");
  Check("MAP_FROM_ARRAYS", {StringArray({"a", "a"}), IntArray({1, 2})}, "{a=1, a=2}");
  Check(
      "MAP_FROM_ARRAYS", {StringArray({"a"}), IntArray({1, 2})},
      "ERROR Invalid function MAP_FROM_ARRAYS call:\nThe length of the keys array 1 is not equal to the length of the "
      "values array 2");
  Check("MAP_UNION", {IntMap({{"z", 1}, {"a", 2}}), IntMap({{"b", 3}, {"a", 4}})}, "{b=3, a=4, z=1}");
}

}  // namespace
}  // namespace sluice::engine
