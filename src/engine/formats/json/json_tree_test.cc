// Expected values were recorded from Apache Flink 2.3 (json with 'decode.json-parser.enabled' = 'false').
#include <gtest/gtest.h>

#include "engine/formats/format_for_test.h"

namespace sluice::engine {
namespace {

using Rows = std::vector<std::string>;

TEST(JsonTree, CoercesAsFlinksTreeParser) {
  const Schema schema = {{"id", DataType::Integer(), ""},
                         {"v", DataType::String(), ""},
                         {"r", DataType::Row({{"x", DataType::Integer(), ""}}), ""}};
  EXPECT_EQ(
      test::DecodeAll(JsonFormat(), schema, {{"decode.json-parser.enabled", "false"}, {"ignore-parse-errors", "true"}},
                      R"({"id":1,"v":1.50,"r":{"x":1}}
[{"id":2,"v":"x"},{"id":3}]
{"id":4,"id":5,"v":{"a":1.50}} trailing
{"id":"6","v":null,"r":{"x":"y"}}
{"id":1.9}
garbage
{"id":7,"v":tru}
)"),
      (Rows{"1|1.5|(1)", "2|x|<NULL>", "3|<NULL>|<NULL>", "5|{\"a\":1.5}|<NULL>", "6|<NULL>|(NULL)",
            "1|<NULL>|<NULL>"}));
}

TEST(JsonTree, MissingFieldsAreNamed) {
  const Schema schema = {{"id", DataType::Integer(), ""}, {"v", DataType::String(), ""}};
  const OptionMap options = {{"decode.json-parser.enabled", "false"}, {"fail-on-missing-field", "true"}};
  const std::string error = test::DecodeAll(JsonFormat(), schema, options, "{\"id\":1}").back();
  EXPECT_NE(error.find("Could not find field with name 'v'."), std::string::npos) << error;
}

}  // namespace
}  // namespace sluice::engine
