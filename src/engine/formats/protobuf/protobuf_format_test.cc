// The answers are those of Apache Flink 2.3 (flink-protobuf 2.3.0 with classes that protoc 4.32 generated): the row as
// Row.toString prints it, and the bytes that its serializer makes of that row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "engine/formats/protobuf/protobuf_for_test.h"

namespace sluice::engine {
namespace {

using namespace protobuf::test;  // NOLINT: the test's own words
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Answer {
  const char* proto;
  const char* columns;
  bool defaults;
  const char* bytes;
  const char* row;
  const char* again;  // the row, written
};

constexpr Answer kOfFlink[] = {
    {kEverything, "", false,
     "08ffffffffffffffffff0110feffffffffffffffff011880d0acf30e20ffffffffffffffffff01280530073dffffffff41050000000000000"
     "04dfaffffff51f9ffffffffffffff5d0000a03f6100000000000004c06801721f746578742074686174206973206c6f6e676572207468616e"
     "207477656c76657a0201ff8001018801feffffffffffffffff019201110a02696e120b01feffffffffffffffff019a010d01fffffffffffff"
     "fffff01ac02a2010161a20100aa01030a0178aa0103120109b2010bfeffffffffffffffff0100ba01070a036f6e651001ba01070a0374776f"
     "1002ba01090a0574687265651003c2010b080712070a05736576656ed2010663686f73656ee00100e8010ae80109",
     "+I[-1, -2, -294967296, -1, -3, -4, -1, 5, -6, -7, 1.25, -2.5, true, text that is longer than twelve, [1, -1], "
     "RED, -2, +I[in, [1, -2]], [1, -1, 300], [a, ], [+I[x, null], +I[, [9]]], [BLUE, UNKNOWN], {one=1, three=3, "
     "two=2}, {7=+I[seven]}, 0, chosen, null, 0, [5, -5]]",
     "08ffffffffffffffffff0110feffffffffffffffff011880d0acf30e20ffffffffffffffffff01280530073dffffffff41050000000000000"
     "04dfaffffff51f9ffffffffffffff5d0000a03f6100000000000004c06801721f746578742074686174206973206c6f6e676572207468616e"
     "207477656c76657a0201ff8001018801feffffffffffffffff019201110a02696e120b01feffffffffffffffff019a010d01fffffffffffff"
     "fffff01ac02a2010161a20100aa01030a0178aa0103120109b2010bfeffffffffffffffff0100ba01070a036f6e651001ba01070a0374776f"
     "1002ba01090a0574687265651003c2010b080712070a05736576656ed2010663686f73656ee00100e8010ae80109"},
    {kEverything, "", false, "",
     "+I[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.0, 0.0, false, , [], UNKNOWN, 0, null, null, null, null, null, null, null, 0, "
     ", null, 0, null]",
     "d20100e00100"},
    {kOld, "", false, "0801", "+I[1, null, null, null, null, null, null, null, null]", "0801"},
    {kOld, "", false, "0801120019000000000000000020012a00300130023a02030442070a0161120208014800",
     "+I[1, , 0.0, FIRST, +I[null, null], [1, 2], [3, 4], {a=+I[1, null]}, false]",
     "0801120019000000000000000020012a00300130023a02030442070a0161120208014800"},
    {kEverything, "", true,
     "08ffffffffffffffffff0110feffffffffffffffff011880d0acf30e20ffffffffffffffffff01280530073dffffffff41050000000000000"
     "04dfaffffff51f9ffffffffffffff5d0000a03f6100000000000004c06801721f746578742074686174206973206c6f6e676572207468616e"
     "207477656c76657a0201ff8001018801feffffffffffffffff019201110a02696e120b01feffffffffffffffff019a010d01fffffffffffff"
     "fffff01ac02a2010161a20100aa01030a0178aa0103120109b2010bfeffffffffffffffff0100ba01070a036f6e651001ba01070a0374776f"
     "1002ba01090a0574687265651003c2010b080712070a05736576656ed2010663686f73656ee00100e8010ae80109",
     "+I[-1, -2, -294967296, -1, -3, -4, -1, 5, -6, -7, 1.25, -2.5, true, text that is longer than twelve, [1, -1], "
     "RED, -2, +I[in, [1, -2]], [1, -1, 300], [a, ], [+I[x, []], +I[, [9]]], [BLUE, UNKNOWN], {one=1, three=3, two=2}, "
     "{7=+I[seven]}, 0, chosen, +I[], 0, [5, -5]]",
     "08ffffffffffffffffff0110feffffffffffffffff011880d0acf30e20ffffffffffffffffff01280530073dffffffff41050000000000000"
     "04dfaffffff51f9ffffffffffffff5d0000a03f6100000000000004c06801721f746578742074686174206973206c6f6e676572207468616e"
     "207477656c76657a0201ff8001018801feffffffffffffffff019201110a02696e120b01feffffffffffffffff019a010d01fffffffffffff"
     "fffff01ac02a2010161a20100aa01030a0178aa0103120109b2010bfeffffffffffffffff0100ba01070a036f6e651001ba01070a0374776f"
     "1002ba01090a0574687265651003c2010b080712070a05736576656eda0100e00100e8010ae80109"},
    {kEverything, "", true, "",
     "+I[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.0, 0.0, false, , [], UNKNOWN, 0, +I[, []], [], [], [], [], {}, {}, 0, , +I[], "
     "0, []]",
     "920100da0100e00100"},
    {kOld, "", true, "0801", "+I[1, nobody, 1.5, SECOND, +I[0, why], [], [], {}, false]",
     "080112066e6f626f647919000000000000f83f20022a07080012037768794800"},
    {kOld, "", true, "0801120019000000000000000020012a00300130023a02030442070a0161120208014800",
     "+I[1, , 0.0, FIRST, +I[0, why], [1, 2], [3, 4], {a=+I[1, why]}, false]",
     "0801120019000000000000000020012a0708001203776879300130023a020304420c0a01611207080112037768794800"},
    {kEverything, "color color_number", false, "800107880107", "+I[UNRECOGNIZED, UNRECOGNIZED]", ""},
    {kEverything, "color_number", false, "880107", "FAILED Can't get the number of an unknown enum value.", ""},
    {kOld, "id kind", false, "08012009", "+I[1, null]", "0801"},
    {kOld, "id kind", false, "2001", "FAILED Message missing required fields: id", ""},
    {kEverything, "st", false, "7202c328", "FAILED Protocol message had invalid UTF-8.", ""},
    {kOld, "id name", false, "08011202c328",
     "+I[1, \xEF\xBF\xBD"
     "(]",
     "08011204efbfbd28"},
    {kEverything, "i32", false, "08", "FAILED While parsing a protocol message, the input ended unexpected", ""},
    {kEverything, "i32", false, "0a0161", "+I[0]", ""},
    {kEverything, "i32", false, "0801080208ffffffffffffffffff01", "+I[-1]", "08ffffffffffffffffff01"},
    {kEverything, "i32", false, "08ffffffff1f", "+I[-1]", "08ffffffffffffffffff01"},
    {kEverything, "numbers loose", false, "9801019a01020203980104ea010202048001",
     "FAILED While parsing a protocol message, the input ended unexpected", ""},
    {kEverything, "numbers loose", false, "9801019a01020203980104ea01020204", "+I[[1, 2, 3, 4], [1, 2]]",
     "9a010401020304e80102e80104"},
    {kEverything, "inner", false, "9201030a016192010512030102039201021001", "+I[+I[a, [1, 2, 3, 1]]]",
     "9201090a0161120401020301"},
    {kEverything, "a b c", false, "c80105d2010162", "+I[0, b, null]", "d2010162"},
    {kEverything, "a b c", false, "da01030a0161c80105", "+I[5, , null]", "d20100"},
    {kEverything, "counts", false, "ba01050a01611001ba01050a01611002ba01030a0162ba01021003", "+I[{=3, a=2, b=0}]",
     "ba01040a001003ba01050a01611002ba01050a01621000"},
    {kEverything, "by_number", false, "c201020801", "+I[{1=+I[]}]", "c2010408011200"},
    {kEverything, "bo fl", false, "68055d0000c07f", "+I[true, NaN]", "5d0000c07f6801"},
    {kEverything, "s32 s64 u32", false, "28ffffffff0f30ffffffffffffffffff0118ffffffff0f",
     "+I[-2147483648, -9223372036854775808, -1]", "18ffffffff0f28ffffffff0f30ffffffffffffffffff01"},
};

TEST(Protobuf, AnswersOfFlink) {
  for (const Answer& answer : kOfFlink) {
    SCOPED_TRACE(std::string(answer.columns) + " " + answer.bytes);
    const Schema schema = Columns(answer.proto, answer.columns);
    const OptionMap options = Options(answer.proto, answer.defaults);
    const Read read = Decode(schema, options, Unhex(answer.bytes));
    if (std::string_view(answer.row).starts_with("FAILED")) {
      EXPECT_THAT(read.row, StartsWith("FAILED"));
      continue;
    }
    EXPECT_EQ(read.row, answer.row);
    const std::string written = Encode(schema, options, read.batch), again = Unhex(answer.again);
    if (written == again) continue;
    Library library(answer.proto);
    EXPECT_EQ(written.size(), again.size());
    EXPECT_EQ(Hex(library.InOrder(MessageOf(answer.proto), written)),
              Hex(library.InOrder(MessageOf(answer.proto), again)));
  }
}

TEST(Protobuf, WordsOfFailures) {
  const auto why = [](const char* proto, const char* columns, const char* bytes) {
    return Decode(Columns(proto, columns), Options(proto), Unhex(bytes)).row;
  };
  EXPECT_THAT(why(kEverything, "st", "7202c328"), HasSubstr("invalid UTF-8"));
  EXPECT_THAT(why(kOld, "kind", "2001"), HasSubstr("Message missing required fields: id"));
  EXPECT_THAT(why(kEverything, "i32", "08"), HasSubstr("ends early"));
  EXPECT_THAT(why(kEverything, "i32", "00"), HasSubstr("invalid tag"));
}

TEST(Protobuf, RefusalsOfFlink) {
  const auto refusal = [](const char* name, const DataType& type) {
    return Decode({{name, type}}, Options(kEverything), "").row;
  };
  EXPECT_THAT(refusal("i32", DataType::Bigint()),
              HasSubstr("Protobuf field type does not match column type, INT(protobuf) is not compatible of BIGINT"));
  EXPECT_THAT(refusal("st", DataType::Integer()), HasSubstr("STRING(protobuf) is not compatible of INTEGER"));
  EXPECT_THAT(refusal("nope", DataType::Integer()),
              HasSubstr("Column nope does not exists in definition of proto class."));
  EXPECT_THAT(refusal("inner", DataType::String()), HasSubstr("Unexpected LogicalType: STRING. It should be RowType"));
  EXPECT_THAT(refusal("numbers", DataType::Integer()),
              HasSubstr("Unexpected LogicalType: INT. It should be ArrayType"));
  EXPECT_THAT(refusal("counts", DataType::Array(DataType::Integer())),
              HasSubstr("Unexpected LogicalType: ARRAY<INT>. It should be MapType"));
}

TEST(Protobuf, PartsOfRows) {
  const Schema schema = Columns(kEverything, "i32 inner");
  const std::string bytes = Unhex("08059201060a0161120107");
  EXPECT_EQ(Decode(schema, Options(kEverything), bytes, {{1, 0}, {0}, {1, 1}, {0}}).row, "+I[a, 5, [7], 5]");
  EXPECT_EQ(Decode(schema, Options(kEverything), Unhex("0805"), {{1, 0}}).row, "+I[null]");
}

TEST(Protobuf, BrokenMessagesCanBeSkipped) {
  OptionMap options = Options(kEverything);
  options["ignore-parse-errors"] = "true";
  EXPECT_EQ(Decode(Columns(kEverything, "i32"), options, Unhex("08")).row, "");
}

TEST(Protobuf, NullInListsBecomesADefault) {
  Schema schema = {{"texts", DataType::Array(DataType::String())}, {"numbers", DataType::Array(DataType::Integer())}};
  Batch batch;
  batch.length = 1;
  for (const RowField& f : schema) {
    ColumnPtr column = Column::Make(f.type, 1);
    column->child(0)->AppendNull();
    column->data<ListSlice>()[0] = {0, 1};
    batch.columns.push_back(column);
  }
  OptionMap options = Options(kEverything);
  options["write-null-string-literal"] = "nil";
  EXPECT_EQ(Hex(Encode(schema, options, batch)), Hex("\x9a\x01\x01" + std::string(1, 0) + "\xa2\x01\x03nil"));
}

TEST(Protobuf, SchemaFromFiles) {
  const std::string folder = *MakeTemporaryFolder("sluice-protobuf-test-");
  std::ofstream(folder + "/my_old.proto") << "syntax = \"proto3\"; import \"deep/other.proto\";"
                                             "import \"google/protobuf/timestamp.proto\";"
                                             "message M { deep.Other o = 1; google.protobuf.Timestamp t = 2; }";
  ASSERT_TRUE(MakeFolders(folder + "/deep").ok());
  std::ofstream(folder + "/deep/other.proto") << "syntax = \"proto3\"; package deep; message Other { int32 x = 1; }";
  const Schema schema = {{"o", DataType::Row({{"x", DataType::Integer()}})},
                         {"t", DataType::Row({{"seconds", DataType::Bigint()}})}};
  OptionMap options = {{"schema-file", folder + "/my_old.proto"}, {"message-class-name", "M"}};
  EXPECT_EQ(Decode(schema, options, Unhex("0a02080512020809")).row, "+I[+I[5], +I[9]]");
  options["message-class-name"] = "MyOld$M";
  EXPECT_EQ(Decode(schema, options, "").row, "+I[null, null]");
  options["message-class-name"] = "Other$M";
  EXPECT_THAT(Decode(schema, options, "").row, HasSubstr("no message"));
  options["message-class-name"] = "N";
  EXPECT_THAT(Decode(schema, options, "").row, HasSubstr("no message 'N'"));
  std::ofstream(folder + "/broken.proto") << "syntax = \"proto3\";\nmessage M { int32 x }";
  options = {{"schema-file", folder + "/broken.proto"}, {"message-class-name", "M"}};
  EXPECT_THAT(Decode(schema, options, "").row, HasSubstr("broken.proto line 2 column 21"));
  std::ofstream(folder + "/set.desc") << "not a set";
  options["schema-file"] = folder + "/set.desc";
  EXPECT_THAT(Decode(schema, options, "").row, HasSubstr("set.desc"));
  options["schema-file"] = folder + "/missing.proto";
  EXPECT_THAT(Decode(schema, options, "").row, HasSubstr("missing.proto"));
  options.erase("schema-file");
  EXPECT_THAT(Decode(schema, options, "").row, HasSubstr("'protobuf.schema-file'"));
  (void)RemoveTree(folder);
}
TEST(Protobuf, DescriptorSets) {
  Library library(kOld);
  const std::string folder = *MakeTemporaryFolder("sluice-protobuf-test-");
  std::ofstream(folder + "/old.desc", std::ios::binary) << library.set.SerializeAsString();
  const OptionMap options = {{"schema-file", folder + "/old.desc"}, {"message-class-name", "demo.Old"}};
  EXPECT_EQ(Decode(Columns(kOld, "id"), options, Unhex("0807")).row, "+I[7]");
  (void)RemoveTree(folder);
}

}  // namespace
}  // namespace sluice::engine
