#include "engine/functions/program.h"

#include <gtest/gtest.h>

#include "engine/functions/expression_for_test.h"

namespace sluice::engine {
namespace {

/// Only the families that the evaluator itself needs.
const FunctionRegistry& Basics() {
  static const FunctionRegistry kRegistry = [] {
    FunctionRegistry r;
    AddArithmeticFunctions(r);
    AddComparisonFunctions(r);
    AddLogicFunctions(r);
    AddCastFunctions(r);
    return r;
  }();
  return kRegistry;
}

ExprPtr Fn(const std::string& name, std::vector<ExprPtr> args) { return CallFn(Basics(), name, std::move(args)); }

const Schema& TwoInts() {
  static const Schema kSchema = {{"a", DataType::Integer(), ""}, {"b", DataType::Integer(), ""}};
  return kSchema;
}

ExprPtr In(int i) { return Expr::Input(i, TwoInts()[static_cast<size_t>(i)].type); }

Batch Ints(std::vector<std::pair<std::optional<int32_t>, std::optional<int32_t>>> rows) {
  Batch b;
  b.columns = {Column::Make(TwoInts()[0].type, 0), Column::Make(TwoInts()[1].type, 0)};
  for (const auto& [x, y] : rows) {
    if (x)
      b.columns[0]->Append(*x);
    else
      b.columns[0]->AppendNull();
    if (y)
      b.columns[1]->Append(*y);
    else
      b.columns[1]->AppendNull();
  }
  b.length = rows.size();
  return b;
}

std::vector<std::string> Texts(const ExprPtr& e, const Batch& batch) {
  auto program = Program::Compile({e}, TwoInts(), Basics(), SessionFacts{});
  if (!program.ok()) return {"ERROR " + program.error().message()};
  auto columns = (*program)->Run(batch);
  if (!columns.ok()) return {"ERROR " + columns.error().message()};
  std::vector<std::string> out;
  batch.rows().ForEach([&](size_t i) { out.push_back(FieldText(*(*columns)[0], i, *TimeZone::Utc())); });
  return out;
}

using Strings = std::vector<std::string>;

TEST(ProgramTest, NullsPropagateAndSelectionsAreRespected) {
  Batch b = Ints({{1, 2}, {std::nullopt, 5}, {3, std::nullopt}, {10, 20}});
  EXPECT_EQ(Texts(Fn("+", {In(0), In(1)}), b), (Strings{"3", "<NULL>", "<NULL>", "30"}));
  b.selected = true;
  b.selection = {0, 3};
  EXPECT_EQ(Texts(Fn("*", {In(0), In(1)}), b), (Strings{"2", "200"}));
  EXPECT_EQ(Texts(Fn("+", {In(0), LitInt(2147483647)}), b), (Strings{"-2147483648", "-2147483639"}));
}

TEST(ProgramTest, EmptyBatchesAndBatchesWithoutColumns) {
  EXPECT_EQ(Texts(Fn("+", {In(0), In(1)}), Ints({})), Strings{});
  Batch b;
  b.length = 3;
  EXPECT_EQ(Texts(Fn("+", {LitInt(1), LitInt(2)}), b), (Strings{"3", "3", "3"}));
}

TEST(ProgramTest, BranchesAreEvaluatedOnlyWhereNeeded) {
  const Batch b = Ints({{0, 4}, {2, 4}, {std::nullopt, 4}});
  const ExprPtr quotient = Fn("/", {In(1), In(0)});
  EXPECT_EQ(Texts(quotient, b), Strings{"ERROR / by zero"});
  const ExprPtr is_zero = Fn("=", {In(0), LitInt(0)});
  EXPECT_EQ(Texts(Fn("IF", {is_zero, LitInt(-1), quotient}), b), (Strings{"-1", "2", "<NULL>"}));
  EXPECT_EQ(Texts(Fn("CASE", {is_zero, LitInt(-1), quotient}), b), (Strings{"-1", "2", "<NULL>"}));
  const ExprPtr big = Fn(">", {quotient, LitInt(1)});
  EXPECT_EQ(Texts(Fn("AND", {Fn("<>", {In(0), LitInt(0)}), big}), b), (Strings{"FALSE", "TRUE", "<NULL>"}));
  EXPECT_EQ(Texts(Fn("OR", {is_zero, big}), b), (Strings{"TRUE", "TRUE", "<NULL>"}));
  EXPECT_EQ(Texts(Fn("COALESCE", {In(1), quotient}), b), (Strings{"4", "4", "4"}));
}

TEST(ProgramTest, ASubExpressionSharedWithANarrowedBranchIsRightInBoth) {
  const Batch b = Ints({{1, 10}, {2, 20}, {3, 30}});
  const ExprPtr sum = Fn("/", {In(1), In(0)});
  const ExprPtr e = Fn("CASE", {Fn("=", {In(0), LitInt(2)}), sum, LitInt(0)});
  auto program = Program::Compile({e, sum}, TwoInts(), Basics(), SessionFacts{});
  ASSERT_TRUE(program.ok());
  auto columns = (*program)->Run(b);
  ASSERT_TRUE(columns.ok());
  EXPECT_EQ((*columns)[0]->at<int32_t>(0), 0);
  EXPECT_EQ((*columns)[0]->at<int32_t>(1), 10);
  EXPECT_EQ((*columns)[1]->at<int32_t>(2), 10);
}

TEST(ProgramTest, AConstantThatFailsFailsOnlyWhenARowNeedsIt) {
  const ExprPtr bad = Fn("/", {LitInt(1), LitInt(0)});
  const Batch b = Ints({{1, 1}});
  EXPECT_EQ(Texts(Fn("IF", {Fn("=", {In(0), LitInt(1)}), LitInt(7), bad}), b), Strings{"7"});
  EXPECT_EQ(Texts(bad, b)[0].substr(0, 5), "ERROR");
  EXPECT_EQ(Texts(bad, Ints({})), Strings{});
}

TEST(ProgramTest, ThreeValuedLogic) {
  const ExprPtr unknown = LitNull(DataType::Boolean()), yes = LitBool(true), no = LitBool(false);
  auto value = [](const ExprPtr& e) { return ResultText(Basics(), e); };
  EXPECT_EQ(value(Fn("AND", {unknown, no})), "FALSE");
  EXPECT_EQ(value(Fn("AND", {yes, unknown})), "<NULL>");
  EXPECT_EQ(value(Fn("OR", {unknown, yes})), "TRUE");
  EXPECT_EQ(value(Fn("OR", {unknown, no})), "<NULL>");
  EXPECT_EQ(value(Fn("NOT", {unknown})), "<NULL>");
  EXPECT_EQ(value(Fn("IS NOT TRUE", {unknown})), "TRUE");
  EXPECT_EQ(value(Fn("IS FALSE", {unknown})), "FALSE");
  EXPECT_EQ(value(Fn("IS UNKNOWN", {unknown})), "TRUE");
}

TEST(ProgramTest, FilterKeepsWhatIsTrue) {
  Batch b = Ints({{1, 0}, {std::nullopt, 0}, {5, 0}, {7, 0}});
  auto program = Program::Compile({Fn(">", {In(0), LitInt(1)})}, TwoInts(), Basics(), SessionFacts{});
  ASSERT_TRUE(program.ok());
  ASSERT_TRUE((*program)->Filter(b).ok());
  EXPECT_EQ(b.selection, (std::vector<uint32_t>{2, 3}));
  auto next = Program::Compile({Fn("<", {In(0), LitInt(7)})}, TwoInts(), Basics(), SessionFacts{});
  ASSERT_TRUE((*next)->Filter(b).ok());
  EXPECT_EQ(b.selection, (std::vector<uint32_t>{2}));
}

TEST(ProgramTest, InWithNullsAndLiterals) {
  const Batch b = Ints({{1, 2}, {9, 2}, {std::nullopt, 2}});
  EXPECT_EQ(Texts(Fn("IN", {In(0), LitInt(1), LitInt(2)}), b), (Strings{"TRUE", "FALSE", "<NULL>"}));
  EXPECT_EQ(Texts(Fn("IN", {In(0), LitInt(1), LitNull(DataType::Integer())}), b),
            (Strings{"TRUE", "<NULL>", "<NULL>"}));
  EXPECT_EQ(Texts(Fn("IN", {In(0), In(1), LitInt(9)}), b), (Strings{"FALSE", "TRUE", "<NULL>"}));
  EXPECT_EQ(Texts(Fn("IS DISTINCT FROM", {In(0), LitNull(DataType::Integer())}), b),
            (Strings{"TRUE", "TRUE", "FALSE"}));
}

// Answers recorded from Flink 2.3.
TEST(ArithmeticTest, DecimalTypesAndValues) {
  const ExprPtr a = LitDecimal(125, 5, 2), b = LitDecimal(3333, 8, 4);
  EXPECT_EQ(Fn("*", {a, b})->type.ToString(false), "DECIMAL(14, 6)");
  EXPECT_EQ(Fn("/", {a, b})->type.ToString(false), "DECIMAL(18, 11)");
  EXPECT_EQ(Fn("%", {a, b})->type.ToString(false), "DECIMAL(7, 4)");
  EXPECT_EQ(Fn("/", {a, LitInt(3)})->type.ToString(false), "DECIMAL(16, 13)");
  EXPECT_EQ(Fn("%", {LitInt(3), a})->type.ToString(false), "DECIMAL(5, 2)");
  EXPECT_EQ(ResultText(Basics(), Fn("/", {LitInt(7), LitDecimal(20, 2, 1)})), "3.500000");
  EXPECT_EQ(Fn("+", {LitText("5"), LitInt(3)}), nullptr);
}

TEST(ArithmeticTest, RoundingAsFlink) {
  auto value = [](const ExprPtr& e) { return ResultText(Basics(), e); };
  EXPECT_EQ(value(Fn("ROUND", {LitDouble(2.675), LitInt(2)})), "2.68");
  EXPECT_EQ(value(Fn("ROUND", {LitDouble(1.005), LitInt(2)})), "1.01");
  EXPECT_EQ(value(Fn("ROUND", {LitDouble(0.49999999999999994), LitInt(1)})), "0.5");
  EXPECT_EQ(value(Fn("ROUND", {LitDouble(-2.5), LitInt(-1)})), "0.0");
  EXPECT_EQ(value(Fn("ROUND", {LitDouble(1e18), LitInt(-1)})), "1.0E18");
  EXPECT_EQ(value(Fn("ROUND", {LitDecimal(123455, 6, 3), LitInt(-1)})), "120");
  EXPECT_EQ(value(Fn("ROUND", {LitDecimal(999999, 6, 3), LitInt(2)})), "1000.00");
  EXPECT_EQ(value(Fn("ROUND", {LitInt(2147483647), LitInt(-1)})), "-2147483646");
  EXPECT_EQ(value(Fn("TRUNCATE", {LitDouble(42.345), LitInt(2)})), "42.34");
  EXPECT_EQ(value(Fn("LOG2", {LitDouble(100)})), "6.643856189774725");
  EXPECT_EQ(value(Fn("CEIL", {LitDecimal(-210, 5, 2)})), "-2");
  EXPECT_EQ(value(Fn("FLOOR", {LitDecimal(-99999, 5, 2)})), "-1000");
  EXPECT_EQ(value(Fn("RAND", {LitInt(5)})), "0.730519863614471");
  EXPECT_EQ(value(Fn("RAND_INTEGER", {LitInt(5), LitInt(100)})), "87");
  EXPECT_EQ(value(Fn("RAND_INTEGER", {LitInt(7), LitInt(1000)})), "236");
  EXPECT_EQ(value(Fn("ROUND", {LitDouble(1.23456789e-10), LitInt(12)})), "1.23E-10");
  EXPECT_EQ(value(Fn("TRUNCATE", {LitDouble(1.23456789e-10), LitInt(12)})), "1.23E-10");
  EXPECT_EQ(value(Fn("ROUND", {LitDouble(1e300), LitInt(2)})), "1.0E300");
  EXPECT_EQ(value(Fn("ROUND", {LitDouble(9.995), LitInt(2)})), "10.0");
  EXPECT_EQ(value(Fn("BIN", {LitInt(-1)})), std::string(64, '1'));
  EXPECT_EQ(value(Fn("UNHEX", {LitText("4142c")})), "x'00142c'");
}

TEST(CastTest, TextToNumbers) {
  auto cast = [](const char* text, const DataType& to) { return ResultText(Basics(), CastTo(LitText(text), to)); };
  EXPECT_EQ(cast(" 42 ", DataType::Integer()), "42");
  EXPECT_EQ(cast("-42.9", DataType::Tinyint()), "-42");
  EXPECT_EQ(cast("abc", DataType::Integer()), "ERROR For input string: 'abc'. Invalid character found.");
  EXPECT_EQ(cast("128", DataType::Tinyint()), "ERROR For input string: '128'. Overflow.");
  EXPECT_EQ(cast("", DataType::Integer()), "ERROR For input string: ''. Input is empty.");
  EXPECT_EQ(cast("", DataType::Double()), "ERROR empty String");
  EXPECT_EQ(cast("on", DataType::Boolean()), "ERROR Cannot parse 'on' as BOOLEAN.");
  EXPECT_EQ(cast("Y", DataType::Boolean()), "TRUE");
  EXPECT_EQ(cast("2147483648", DataType::Float()), "2.1474839E9");  // a constant of 7 digits
  EXPECT_EQ(cast("xyz", DataType::Decimal(5, 2)), "ERROR For input string: 'xyz'. Overflow.");
}

TEST(CastTest, NumbersNarrowAsJava) {
  auto cast = [](ExprPtr e, const DataType& to) { return ResultText(Basics(), CastTo(std::move(e), to)); };
  EXPECT_EQ(cast(LitInt(300), DataType::Tinyint()), "44");
  EXPECT_EQ(cast(LitDouble(3e10), DataType::Integer()), "2147483647");
  EXPECT_EQ(cast(LitDouble(std::numeric_limits<double>::quiet_NaN()), DataType::Integer()), "0");
  EXPECT_EQ(cast(LitDouble(std::numeric_limits<double>::infinity()), DataType::Smallint()), "-1");
  EXPECT_EQ(cast(LitDecimal(-15, 2, 1), DataType::Integer()), "-1");
  EXPECT_EQ(cast(LitInt(123456), DataType::Decimal(4, 2)), "<NULL>");
  EXPECT_EQ(cast(LitDecimal(425, 3, 1), DataType::Decimal(2, 0)), "43");
}

TEST(CastTest, TryCastCatchesOnlyItsOwnFailure) {
  EXPECT_EQ(ResultText(Basics(), CastTo(LitText("x"), DataType::Integer(), true)), "<NULL>");
  EXPECT_EQ(ResultText(Basics(), CastTo(CastTo(LitText("x"), DataType::Integer()), DataType::String(), true)),
            "ERROR For input string: 'x'. Invalid character found.");
  const ExprPtr array = Expr::Literal(Value::List({Value::String("1"), Value::String("x")}),
                                      DataType::Array(DataType::Char(1).NotNull()).NotNull());
  EXPECT_EQ(ResultText(Basics(), CastTo(array, DataType::Array(DataType::Integer()), true)), "<NULL>");
}

TEST(CastTest, ToTextPadsAndCuts) {
  auto cast = [](ExprPtr e, const DataType& to) { return ResultText(Basics(), CastTo(std::move(e), to)); };
  EXPECT_EQ(cast(LitText("ab"), DataType::Char(4)), "ab  ");
  EXPECT_EQ(cast(LitText("abcdef"), DataType::Char(4)), "abcd");
  EXPECT_EQ(cast(LitText("ab  "), DataType::Varchar(3)), "ab ");
  EXPECT_EQ(cast(LitBool(true), DataType::Char(7)), "TRUE   ");
  EXPECT_EQ(cast(LitText("abc"), DataType::Binary(5)), "x'6162630000'");
}

TEST(CastTest, TemporalAsFlink) {
  auto at = [](const char* text, int p) { return CastTo(LitText(text), DataType::TimestampType(p)); };
  auto cast = [](ExprPtr e, const DataType& to) { return ResultText(Basics(), CastTo(std::move(e), to)); };
  const char* before = "1969-12-31 23:59:59.999";
  EXPECT_EQ(cast(at(before, 9), DataType::TimestampType(0)), "1970-01-01 00:00:00");
  EXPECT_EQ(cast(at(before, 9), DataType::Date()), "1970-01-01");
  EXPECT_EQ(cast(at(before, 9), DataType::Time(0)), "00:00:00");
  EXPECT_EQ(cast(at(before, 9), DataType::Time(3)), "23:59:59.999");
  EXPECT_EQ(cast(at("0001-01-01 00:00:00.000000001", 9), DataType::TimestampType(6)), "0001-01-01 00:00:00.000000");
  EXPECT_EQ(cast(at("2024-02-29 12:34:56.12", 9), DataType::Time(3)), "12:34:56.12");
  EXPECT_EQ(cast(LitText("abc"), DataType::TimestampType(3)), "ERROR Text 'abc' could not be parsed at index 0");
}

}  // namespace
}  // namespace sluice::engine
