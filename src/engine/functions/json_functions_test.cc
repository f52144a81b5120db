// Expected answers are those of Apache Flink 2.3.
#include "engine/functions/json_functions.h"

#include <gtest/gtest.h>

#include "engine/functions/call_for_test.h"
#include "engine/types/datetime.h"

namespace sluice::engine {
namespace {

const Arg kNull{DataType::String(), Value::Null()};
Arg Doc(const char* s) { return {DataType::String(), Value::String(s)}; }

class JsonFunctions : public testing::Test {
 protected:
  JsonFunctions() { AddJsonFunctions(registry_); }
  void Check(const char* function, const std::vector<Arg>& args, const std::string& text,
             const std::string& type = "") {
    const Answer answer = CallForTest(registry_, function, args);
    std::string shown = function;
    for (const Arg& a : args) {
      if (const auto* s = std::get_if<std::string>(&a.value.storage())) shown += " " + *s;
    }
    EXPECT_EQ(answer.text, text) << shown;
    if (!type.empty()) {
      EXPECT_EQ(answer.type, type) << shown;
    }
  }
  void CheckReturning(const char* function, const std::vector<Arg>& args, const DataType& type,
                      const std::string& text) {
    EXPECT_EQ(CallForTest(registry_, function, args, &type).text, text);
  }
  FunctionRegistry registry_;
};

TEST_F(JsonFunctions, IsJson) {
  for (const char* good : {"1", "{}", " [1] ", "null", "{\"a\":1} x", "{\"a\":1}{", "{\"a\":1,\"a\":2}"}) {
    Check("IS JSON VALUE", {Doc(good)}, "TRUE", "BOOLEAN NOT NULL");
  }
  for (const char* bad : {"", "x", "{a:1}", "{'a':1}", "[1,]", "01", "1.", "-", "NaN", "// c"}) {
    Check("IS JSON VALUE", {Doc(bad)}, "FALSE");
  }
  Check("IS JSON VALUE", {kNull}, "FALSE");
  Check("IS JSON OBJECT", {Doc("{}")}, "TRUE");
  Check("IS JSON ARRAY", {Doc("{}")}, "FALSE");
  Check("IS JSON SCALAR", {Doc("\"a\"")}, "TRUE");
}

TEST_F(JsonFunctions, Exists) {
  const Arg doc = Doc("{\"a\":1,\"b\":{\"c\":null},\"l\":[1,{\"x\":2}]}");
  Check("JSON_EXISTS", {doc, Str("$.a")}, "TRUE", "BOOLEAN");
  Check("JSON_EXISTS", {doc, Str("$.b.c")}, "FALSE");
  Check("JSON_EXISTS", {doc, Str("$.l[1].x")}, "TRUE");
  Check("JSON_EXISTS", {doc, Str("$.l[*].x")}, "TRUE");
  Check("JSON_EXISTS", {doc, Str("$..x")}, "TRUE");
  Check("JSON_EXISTS", {doc, Str("$[0]")}, "FALSE");
  Check("JSON_EXISTS", {doc, Str("strict $.zz"), Sym("UNKNOWN")}, "<NULL>");
  Check("JSON_EXISTS", {doc, Str("strict $.zz"), Sym("TRUE")}, "TRUE");
  Check("JSON_EXISTS", {doc, Str("strict $.zz"), Sym("ERROR")}, "ERROR JSON_EXISTS: No results for path: $['zz']");
  Check("JSON_EXISTS", {doc, Str("lax $.zz"), Sym("TRUE")}, "FALSE");
  Check("JSON_EXISTS", {Doc(""), Str("$")}, "FALSE");
  Check("JSON_EXISTS", {kNull, Str("$")}, "<NULL>");
}

TEST_F(JsonFunctions, Value) {
  const Arg doc = Doc("{\"a\":1,\"b\":\"x\",\"c\":[1,2],\"d\":{\"e\":true},\"f\":1.50}");
  Check("JSON_VALUE", {doc, Str("$.a")}, "1", "STRING");
  Check("JSON_VALUE", {doc, Str("$.b")}, "x");
  Check("JSON_VALUE", {doc, Str("$.c")}, "<NULL>");
  Check("JSON_VALUE", {doc, Str("$.c[-1]")}, "2");
  Check("JSON_VALUE", {doc, Str("$.d.e")}, "true");
  Check("JSON_VALUE", {doc, Str("$.f")}, "1.50");
  Check("JSON_VALUE", {doc, Str("a")}, "1");
  Check("JSON_VALUE", {doc, Str("$.")}, "<NULL>");
  const Arg none = kNull;
  Check("JSON_VALUE", {doc, Str("lax $.zz"), Sym("DEFAULT"), Str("e"), Sym("DEFAULT"), Str("r")}, "e");
  Check("JSON_VALUE", {doc, Str("$.zz"), Sym("DEFAULT"), Str("e"), Sym("DEFAULT"), Str("r")}, "r");
  Check("JSON_VALUE", {doc, Str("$.c"), Sym("NULL"), none, Sym("ERROR"), none},
        "ERROR Strict jsonpath mode requires scalar value, and the actual value is: ''[1, 2]''");
  Check("JSON_VALUE", {doc, Str("$.x.y"), Sym("NULL"), none, Sym("ERROR"), none},
        "ERROR JSON_VALUE: Missing property in path $['x']");
  Check("JSON_VALUE", {doc, Str("lax $.zz"), Sym("ERROR"), none, Sym("NULL"), none},
        "ERROR Empty result of JSON_VALUE function is not allowed");
  const std::vector<std::pair<const char*, const char*>> numbers = {
      {"1e3", "1E+3"},        {"-0.0", "0.0"},          {"100000000000000000000", "100000000000000000000"},
      {"1.0E-10", "1.0E-10"}, {"0.000001", "0.000001"}, {"0.0000001", "1E-7"},
      {"123e2", "1.23E+4"},   {"1e400", "1E+400"}};
  for (const auto& [in, out] : numbers) {
    Check("JSON_VALUE", {Doc((std::string("{\"a\":") + in + "}").c_str()), Str("$.a")}, out);
  }
  Check("JSON_VALUE", {Doc("{\"a\":\"\\ud83d\\ude00\\u00e9\\/\"}"), Str("$.a")}, "😀é/");
  CheckReturning("JSON_VALUE", {doc, Str("$.a")}, DataType::Integer(), "1");
  CheckReturning("JSON_VALUE", {doc, Str("$.f")}, DataType::Double(), "1.5");
  CheckReturning("JSON_VALUE", {doc, Str("$.d.e")}, DataType::Boolean(), "TRUE");
  CheckReturning("JSON_VALUE", {doc, Str("$.zz"), Sym("NULL"), NullInt(), Sym("DEFAULT"), Int(5)}, DataType::Integer(),
                 "5");
  CheckReturning("JSON_VALUE", {doc, Str("$.a")}, DataType::Date(),
                 "ERROR Unsupported type 'DATE' for RETURNING in JSON_VALUE().");
}

TEST_F(JsonFunctions, Query) {
  const Arg doc = Doc("{\"a\":{\"b\":1},\"l\":[1,\"x\",null,true],\"s\":\"str\",\"n\":null}");
  auto query = [&](const Arg& d, const char* path, const char* wrapper, const char* empty, const char* error,
                   const char* text) {
    Check("JSON_QUERY", {d, Str(path), Sym(wrapper), Sym(empty), Sym(error)}, text);
  };
  Check("JSON_QUERY", {doc, Str("$")}, "{\"a\":{\"b\":1},\"l\":[1,\"x\",null,true],\"n\":null,\"s\":\"str\"}",
        "STRING");
  Check("JSON_QUERY", {doc, Str("$.s")}, "<NULL>");
  query(doc, "$.s", "UNCONDITIONAL", "NULL", "NULL", "[\"str\"]");
  query(doc, "$.l", "UNCONDITIONAL", "NULL", "NULL", "[[1,\"x\",null,true]]");
  query(doc, "$.l", "CONDITIONAL", "NULL", "NULL", "[1,\"x\",null,true]");
  query(doc, "$.zz", "WITHOUT", "EMPTY ARRAY", "NULL", "<NULL>");
  query(doc, "lax $.zz", "WITHOUT", "EMPTY OBJECT", "NULL", "{}");
  query(doc, "$.s", "WITHOUT", "NULL", "EMPTY ARRAY", "[]");
  query(doc, "$.s", "WITHOUT", "NULL", "ERROR",
        "ERROR Strict jsonpath mode requires array or object value, and the actual value is: ''str''");
  Check("JSON_QUERY", {Doc("{\"a\":[{\"c\":\"c1\"},{\"c\":\"c2\"}]}"), Str("$..c")}, "[\"c1\",\"c2\"]");
  Check("JSON_QUERY", {Doc("[1, 2, 3]"), Str("$[1:]")}, "[2,3]");
  Check("JSON_QUERY", {Doc("[1, 2, 3]"), Str("$[-2:]")}, "[2,3]");
  Check("JSON_QUERY", {Doc("[1, 2, 3]"), Str("$[0,2]")}, "[1,3]");
  Check("JSON_QUERY", {Doc("{ \"b\" : 1 , \"a\" : [ 1.50 , 2 ] }"), Str("$")}, "{\"a\":[1.50,2],\"b\":1}");
  Check("JSON_QUERY", {Doc("{\"a\":[{\"p\":1},{\"p\":5}]}"), Str("$.a[?(@.p > 2)]")}, "[{\"p\":5}]");
  Check("JSON_QUERY",
        {Doc("{\"a\":[{\"p\":1,\"q\":\"x\"},{\"p\":5}]}"), Str("$.a[?(@.p < 9 && (@.q == 'x' || !(@.p)))].p")}, "[1]");
  Check("JSON_QUERY", {Doc("{\"a\":[1,2]}"), Str("$.a.sum($.b)")},
        "ERROR not supported yet: arguments of the function sum() in a JSON path at position 8 of the JSON path "
        "'$.a.sum($.b)'");
  const DataType array = DataType::Array(DataType::String());
  CheckReturning("JSON_QUERY", {Doc("[\"a\",1,1.5,{\"x\":1},[2],null]"), Str("$")}, array,
                 "[a, 1, 1.5, {\"x\":1}, [2], NULL]");
  CheckReturning("JSON_QUERY", {doc, Str("$.a")}, array, "<NULL>");
  CheckReturning("JSON_QUERY", {doc, Str("$.b"), Sym("WITHOUT"), Sym("NULL"), Sym("EMPTY ARRAY")}, array, "[]");
}

TEST_F(JsonFunctions, Construct) {
  Check("JSON_OBJECT", {Sym("NULL"), Str("z"), Int(1), Str("a"), NullStr(), Str("f"), Dbl(1e10)},
        "{\"a\":null,\"f\":1.0E+10,\"z\":1}", "STRING NOT NULL");
  Check("JSON_OBJECT", {Sym("ABSENT"), Str("z"), NullInt()}, "{}");
  Check("JSON_OBJECT", {Sym("NULL"), Str("a"), Int(1), Str("a"), Int(2)}, "{\"a\":2}");
  Check("JSON_ARRAY", {Sym("ABSENT"), Int(1), NullInt(), Str("a\"b")}, "[1,\"a\\\"b\"]", "STRING NOT NULL");
  Check("JSON_ARRAY", {Sym("NULL"), NullInt()}, "[null]");
  Check("JSON_ARRAY", {Sym("NULL"), Bytes("AB")}, "[\"QUI=\"]");
  const Timestamp half{1704067200500, 0, 0};
  Check("JSON_ARRAY", {Sym("NULL"), {DataType::TimestampType(1).NotNull(), Value::Int(half.millis)}},
        "[\"2024-01-01T00:00:00.5\"]");
  Check("JSON_ARRAY", {Sym("NULL"), {DataType::TimestampLtz(3).NotNull(), Value::Int(0)}},
        "[\"1970-01-01T00:00:00Z\"]");
  const DataType row = DataType::Row({{"b", DataType::Integer(), ""}, {"a", DataType::String(), ""}});
  Check("JSON_ARRAY", {Sym("NULL"), {row, Value::List({Value::Int(1), Value::String("x")})}},
        "[{\"a\":\"x\",\"b\":1}]");
  Check("JSON_ARRAY", {Sym("NULL"), {RawJsonType().NotNull(), Value::String("[1, 2]")}}, "[[1,2]]");
  Check("JSON_ARRAY", {Sym("NULL"), {DataType::Date().NotNull(), Value::Int(0)}},
        "ERROR Invalid function call:\nJSON_ARRAY(DATE NOT NULL)\nType 'DATE NOT NULL' is not scalar or cannot be "
        "converted into JSON.");
  Check("JSON", {Str("{\"a\": 1}")}, "{\"a\": 1}");
  Check("JSON", {Str("broken")},
        "ERROR JSON(): Unrecognized token 'broken': was expecting (JSON String, Number, Array, Object or token 'null', "
        "'true' or 'false')\n at column 1");
}

TEST_F(JsonFunctions, Strings) {
  Check("JSON_STRING", {Dbl(1e-5)}, "0.000010", "STRING NOT NULL");
  Check("JSON_STRING", {Dbl(-0.0)}, "0.0");
  Check("JSON_STRING", {Dbl(std::numeric_limits<double>::infinity())}, "\"Infinity\"");
  Check("JSON_STRING", {Bool(true)}, "true");
  Check("JSON_STRING", {NullStr()}, "<NULL>", "STRING");
  Check("JSON_QUOTE", {Str("a\"b\\c é/日😀\n\x01")}, "\"a\\\"b\\\\c \\u00e9\\/\\u65e5\\u1f600\\ude00\\n\x01\"");
  Check("JSON_UNQUOTE", {Str("\"a\\\"b\"")}, "a\"b");
  Check("JSON_UNQUOTE", {Str("abc")}, "abc");
  Check("JSON_UNQUOTE", {Str("\"\\x\"")}, "\"\\x\"");
  Check("JSON_UNQUOTE", {Str("\"\"")}, "");
  Check("JSON_UNQUOTE", {Str("\"")}, "\"");
}

}  // namespace
}  // namespace sluice::engine
