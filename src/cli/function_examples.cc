#include "cli/function_examples.h"

namespace sluice::cli {

const std::vector<FunctionExample>& ScalarExamples() {
  static const std::vector<FunctionExample> kExamples = {
      {"IS NOT NULL", "'a' IS NOT NULL", "TRUE"},
      {"IS NULL", "CAST(NULL AS INT) IS NULL", "TRUE"},
      {"AND", "TRUE AND CAST(NULL AS BOOLEAN)", "<NULL>"},
      {"CASE", "CASE 2 WHEN 1 THEN 'one' WHEN 2 THEN 'two' ELSE 'many' END", "two"},
      {"IS FALSE", "(1 > 2) IS FALSE", "TRUE"},
      {"IS NOT FALSE", "CAST(NULL AS BOOLEAN) IS NOT FALSE", "TRUE"},
      {"IS NOT TRUE", "CAST(NULL AS BOOLEAN) IS NOT TRUE", "TRUE"},
      {"IS NOT UNKNOWN", "(1 > 2) IS NOT UNKNOWN", "TRUE"},
      {"IS TRUE", "(2 > 1) IS TRUE", "TRUE"},
      {"IS UNKNOWN", "CAST(NULL AS BOOLEAN) IS UNKNOWN", "TRUE"},
      {"NOT", "NOT TRUE", "FALSE"},
      {"OR", "FALSE OR TRUE", "TRUE"},
      {"%", "7 % 3", "1"},
      {"*", "6 * 7", "42"},
      {"+", "1 + 2", "3"},
      {"-", "5 - 8", "-3"},
      {"/", "7 / 2", "3"},
      {"ACOS", "ACOS(1)", "0.0"},
      {"ASIN", "ASIN(0)", "0.0"},
      {"ATAN", "ATAN(0)", "0.0"},
      {"ATAN2", "ATAN2(0, 1)", "0.0"},
      {"CEIL", "CEIL(1.2)", "2"},
      {"COS", "COS(0)", "1.0"},
      {"COSH", "COSH(0)", "1.0"},
      {"COT", "COT(1)", "0.6420926159343306"},
      {"DEGREES", "DEGREES(PI())", "180.0"},
      {"E", "E()", "2.718281828459045"},
      {"EXP", "EXP(0)", "1.0"},
      {"FLOOR", "FLOOR(-1.2)", "-2"},
      {"LN", "LN(1)", "0.0"},
      {"LOG", "LOG(2, 8)", "3.0"},
      {"LOG10", "LOG10(1000)", "3.0"},
      {"LOG2", "LOG2(8)", "3.0"},
      {"MOD", "MOD(-7, 3)", "-1"},
      {"NEG", "-CAST(5 AS INT)", "-5"},
      {"PI", "PI()", "3.141592653589793"},
      {"POWER", "POWER(2, 10)", "1024.0"},
      {"RADIANS", "RADIANS(180)", "3.141592653589793"},
      {"SIN", "SIN(0)", "0.0"},
      {"SINH", "SINH(0)", "0.0"},
      {"SQRT", "SQRT(16)", "4.0"},
      {"TAN", "TAN(0)", "0.0"},
      {"TANH", "TANH(0)", "0.0"},
      {"UNHEX", "UNHEX('466C696E6B')", "x'466c696e6b'"},
  };
  return kExamples;
}

const std::vector<FunctionExample>& AggregateExamples() {
  static const std::vector<FunctionExample> kExamples = {
      {"ARRAY_AGG", "ARRAY_AGG(x)", "[1, 2, 4, NULL]"},
      {"AVG", "AVG(x)", "2"},
      {"COLLECT", "COLLECT(k)", "{a=2, b=2}"},
      {"COUNT", "COUNT(x)", "3"},
      {"FIRST_VALUE", "FIRST_VALUE(x)", "1"},
      {"LAST_VALUE", "LAST_VALUE(x)", "4"},
      {"LISTAGG", "LISTAGG(k, '-')", "a-b-a-b"},
      {"MAX", "MAX(x)", "4"},
      {"MIN", "MIN(x)", "1"},
      {"PERCENTILE", "PERCENTILE(x, 0.5)", "2.0"},
      {"STDDEV_POP", "STDDEV_POP(x)", "1"},
      {"STDDEV_SAMP", "STDDEV_SAMP(x)", "1"},
      {"SUM", "SUM(x)", "7"},
      {"VAR_POP", "VAR_POP(x)", "1"},
      {"VAR_SAMP", "VAR_SAMP(x)", "2"},
      {"JSON_ARRAYAGG_ABSENT_ON_NULL", "JSON_ARRAYAGG(x)", "[1,2,4]"},
      {"BITMAP_BUILD_AGG", "BITMAP_BUILD_AGG(x)", "{1,2,4}"},
      {"BITMAP_BUILD_CARDINALITY_AGG", "BITMAP_BUILD_CARDINALITY_AGG(x)", "3"},
      {"BITMAP_OR_AGG", "BITMAP_OR_AGG(BITMAP_BUILD(ARRAY[x, 9]))", "{1,2,4,9}"},
      {"BITMAP_AND_AGG", "BITMAP_AND_AGG(BITMAP_BUILD(ARRAY[x, 9]))", "{9}"},
      {"BITMAP_XOR_AGG", "BITMAP_XOR_AGG(BITMAP_BUILD(ARRAY[x, 9]))", "{1,2,4}"},
      {"BITMAP_OR_CARDINALITY_AGG", "BITMAP_OR_CARDINALITY_AGG(BITMAP_BUILD(ARRAY[x, 9]))", "4"},
      {"BITMAP_AND_CARDINALITY_AGG", "BITMAP_AND_CARDINALITY_AGG(BITMAP_BUILD(ARRAY[x, 9]))", "1"},
      {"BITMAP_XOR_CARDINALITY_AGG", "BITMAP_XOR_CARDINALITY_AGG(BITMAP_BUILD(ARRAY[x, 9]))", "3"},
  };
  return kExamples;
}

}  // namespace sluice::cli
