#include "engine/types/number_text.h"

#include <gtest/gtest.h>

#include <bit>

#include "engine/types/decimal.h"

namespace sluice::engine {
namespace {

// Texts as Flink 2.3 on JDK 17 prints them.
TEST(NumberTextTest, DoublesPrintAsJava17) {
  EXPECT_EQ(DoubleToString(2e23), "1.9999999999999998E23");
  EXPECT_EQ(DoubleToString(1e23), "9.999999999999999E22");
  EXPECT_EQ(DoubleToString(1e-5), "1.0E-5");
  EXPECT_EQ(DoubleToString(0.001), "0.001");
  EXPECT_EQ(DoubleToString(123456789.125), "1.23456789125E8");
  EXPECT_EQ(DoubleToString(1e7), "1.0E7");
  EXPECT_EQ(DoubleToString(9999999), "9999999.0");
  EXPECT_EQ(DoubleToString(4.9e-324), "4.9E-324");
  EXPECT_EQ(DoubleToString(2.2250738585072014E-308), "2.2250738585072014E-308");
  EXPECT_EQ(DoubleToString(1.7976931348623157E308), "1.7976931348623157E308");
  EXPECT_EQ(DoubleToString(9007199254740992.0), "9.007199254740992E15");
  EXPECT_EQ(DoubleToString(9223372036854775807.0), "9.223372036854776E18");
  EXPECT_EQ(DoubleToString(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(DoubleToString(-0.0), "-0.0");
  EXPECT_EQ(DoubleToString(100), "100.0");
}

TEST(NumberTextTest, FloatsPrintAsJava17) {
  EXPECT_EQ(FloatToString(1.1f), "1.1");
  EXPECT_EQ(FloatToString(1e10f), "1.0E10");
  EXPECT_EQ(FloatToString(1.17549435E-38f), "1.17549435E-38");
  EXPECT_EQ(FloatToString(16777216.f), "1.6777216E7");
  EXPECT_EQ(FloatToString(33554432.f), "3.3554432E7");
  EXPECT_EQ(FloatToString(std::bit_cast<float>(0xea51dd79u)), "-6.3427842E25");
  EXPECT_EQ(FloatToString(2147483647.f), "2.14748365E9");
}

TEST(NumberTextTest, IntegersParseAsFlink) {
  int64_t v = 0;
  EXPECT_EQ(ParseInteger("42.9", 32, &v), IntParse::kOk);
  EXPECT_EQ(v, 42);
  EXPECT_EQ(ParseInteger(".", 32, &v), IntParse::kOk);
  EXPECT_EQ(v, 0);
  EXPECT_EQ(ParseInteger("-128", 8, &v), IntParse::kOk);
  EXPECT_EQ(v, -128);
  EXPECT_EQ(ParseInteger("128", 8, &v), IntParse::kOverflow);
  EXPECT_EQ(ParseInteger("9223372036854775808", 64, &v), IntParse::kOverflow);
  EXPECT_EQ(ParseInteger("-9223372036854775808", 64, &v), IntParse::kOk);
  EXPECT_EQ(ParseInteger("1e3", 32, &v), IntParse::kInvalid);
  EXPECT_EQ(ParseInteger("", 32, &v), IntParse::kEmpty);
  EXPECT_EQ(ParseInteger("-", 32, &v), IntParse::kInvalid);
}

TEST(NumberTextTest, DoublesParseAsJava) {
  EXPECT_EQ(ParseDouble(" 1d"), 1.0);
  EXPECT_EQ(ParseDouble("\t7\n"), 7.0);
  EXPECT_EQ(ParseDouble("1e400"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseDouble("1."), 1.0);
  EXPECT_EQ(ParseDouble("0x1p3"), 8.0);
  EXPECT_FALSE(ParseDouble(".").has_value());
  EXPECT_FALSE(ParseDouble("").has_value());
  EXPECT_FALSE(ParseDouble("0x1F").has_value());
  EXPECT_FALSE(ParseDouble("inf").has_value());
}

TEST(DecimalTest, TextAndBack) {
  EXPECT_EQ(DecimalToString(-5, 3), "-0.005");
  EXPECT_EQ(DecimalToString(0, 2), "0.00");
  EXPECT_EQ(DecimalToString(12345, 0), "12345");
  EXPECT_EQ(DecimalToString(PowerOfTen(38) - 1, 10), "9999999999999999999999999999.9999999999");
  EXPECT_EQ(ParseDecimal("1e3", 6, 2), DecimalResult(100000));
  EXPECT_EQ(ParseDecimal("42.995", 6, 2), DecimalResult(4300));
  EXPECT_EQ(ParseDecimal("-42.995", 6, 2), DecimalResult(-4300));
  EXPECT_FALSE(ParseDecimal("2147483648", 6, 2).has_value());
  EXPECT_FALSE(ParseDecimal(".", 38, 0).has_value());
  EXPECT_EQ(CastStringToDecimal(".", 6, 2), DecimalResult(0));
  EXPECT_EQ(CastStringToDecimal("1d", 6, 2), DecimalResult(100));
  EXPECT_FALSE(CastStringToDecimal("xyz", 6, 2).has_value());
}

TEST(DecimalTest, ArithmeticRoundsHalfUpAndOverflowsToNothing) {
  EXPECT_EQ(DivideDecimal(7, 0, 20, 1, 7, 6), DecimalResult(3500000));
  EXPECT_EQ(DivideDecimal(10, 0, 3, 0, 38, 6), DecimalResult(3333333));
  EXPECT_EQ(DivideDecimal(-20, 0, 3, 0, 38, 6), DecimalResult(-6666667));
  EXPECT_EQ(MultiplyDecimal(PowerOfTen(37), 10, 25, 1, 38, 6), DecimalResult(PowerOfTen(33) * 25 / 10));
  EXPECT_FALSE(MultiplyDecimal(PowerOfTen(37), 10, PowerOfTen(37), 10, 38, 6).has_value());
  EXPECT_EQ(AddDecimal(105, 2, 5, 0, 10, 2), DecimalResult(605));
  EXPECT_EQ(SubtractDecimal(105, 2, 5, 0, 10, 2), DecimalResult(-395));
  EXPECT_EQ(ModuloDecimal(-55, 1, 2, 0, 2, 1), DecimalResult(-15));
  EXPECT_EQ(CompareDecimals(10, 1, 1, 0), 0);
  EXPECT_LT(CompareDecimals(-11, 1, -1, 0), 0);
}

}  // namespace
}  // namespace sluice::engine
