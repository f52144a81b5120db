// The answers are those of Apache Flink 2.3 (flink-protobuf 2.3.0 with classes that protoc 4.32 generated): the row as
// Row.toString prints it, and the bytes that its serializer makes of that row. Random messages are compared with what
// libprotobuf reads and writes.
#include <gmock/gmock.h>
#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "base/files.h"
#include "engine/formats/format_for_test.h"

namespace sluice::engine {
namespace {

namespace pb = google::protobuf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kEverything = R"(syntax = "proto3";
package demo;
option java_package = "com.demo";
message Everything {
  int32 i32 = 1; int64 i64 = 2; uint32 u32 = 3; uint64 u64 = 4; sint32 s32 = 5; sint64 s64 = 6;
  fixed32 f32 = 7; fixed64 f64 = 8; sfixed32 sf32 = 9; sfixed64 sf64 = 10;
  float fl = 11; double db = 12; bool bo = 13; string st = 14; bytes by = 15;
  Color color = 16; Color color_number = 17;
  Inner inner = 18;
  repeated int32 numbers = 19; repeated string texts = 20; repeated Inner inners = 21; repeated Color colors = 22;
  map<string, int64> counts = 23; map<int32, Inner> by_number = 24;
  oneof choice { int32 a = 25; string b = 26; Inner c = 27; }
  optional int32 maybe = 28;
  repeated sint32 loose = 29 [packed = false];
  message Inner { string name = 1; repeated int64 values = 2; Inner next = 3; }
  enum Color { UNKNOWN = 0; RED = 1; BLUE = -2; }
}
)";

constexpr const char* kOld = R"(syntax = "proto2";
package demo;
option java_package = "com.demo";
option java_multiple_files = true;
message Old {
  required int32 id = 1;
  optional string name = 2 [default = "nobody"];
  optional double ratio = 3 [default = 1.5];
  optional Kind kind = 4 [default = SECOND];
  optional Sub sub = 5;
  repeated int32 loose = 6;
  repeated int32 tight = 7 [packed = true];
  map<string, Sub> subs = 8;
  optional bool flag = 9;
  message Sub { optional int32 x = 1; optional string y = 2 [default = "why"]; }
  enum Kind { FIRST = 1; SECOND = 2; }
}
)";

DataType Inner() {
  return DataType::Row({{"name", DataType::String()}, {"values", DataType::Array(DataType::Bigint())}});
}
DataType Named() { return DataType::Row({{"name", DataType::String()}}); }
DataType Sub() { return DataType::Row({{"x", DataType::Integer()}, {"y", DataType::String()}}); }

Schema AllOf(const char* proto) {
  const DataType i = DataType::Integer(), l = DataType::Bigint(), s = DataType::String();
  if (proto == kOld) {
    return {{"id", i},
            {"name", s},
            {"ratio", DataType::Double()},
            {"kind", s},
            {"sub", Sub()},
            {"loose", DataType::Array(i)},
            {"tight", DataType::Array(i)},
            {"subs", DataType::Map(s, Sub())},
            {"flag", DataType::Boolean()}};
  }
  return {{"i32", i},
          {"i64", l},
          {"u32", i},
          {"u64", l},
          {"s32", i},
          {"s64", l},
          {"f32", i},
          {"f64", l},
          {"sf32", i},
          {"sf64", l},
          {"fl", DataType::Float()},
          {"db", DataType::Double()},
          {"bo", DataType::Boolean()},
          {"st", s},
          {"by", DataType::Bytes()},
          {"color", s},
          {"color_number", i},
          {"inner", Inner()},
          {"numbers", DataType::Array(i)},
          {"texts", DataType::Array(s)},
          {"inners", DataType::Array(Inner())},
          {"colors", DataType::Array(s)},
          {"counts", DataType::Map(s, l)},
          {"by_number", DataType::Map(i, Named())},
          {"a", i},
          {"b", s},
          {"c", Named()},
          {"maybe", i},
          {"loose", DataType::Array(i)}};
}

/// The columns of the names; all if there are none.
Schema Columns(const char* proto, const std::string& names) {
  const Schema all = AllOf(proto);
  if (names.empty()) return all;
  Schema some;
  std::istringstream in(names);
  for (std::string name; in >> name;) {
    for (const RowField& f : all) {
      if (f.name == name) some.push_back(f);
    }
    // Flink was asked for both as texts.
    if (name == "color_number" && names != "color_number") some.back().type = DataType::String();
  }
  return some;
}

OptionMap Options(const char* proto, bool defaults = false) {
  return {{"message-class-name", proto == kOld ? "com.demo.Old" : "com.demo.SchemaOuterClass$Everything"},
          {"schema", proto},
          {"read-default-values", defaults ? "true" : "false"}};
}

/// As Row.toString shows it, but for the entries of a MAP: by their texts.
void AppendJava(std::string& out, const Column& column, size_t row) {
  if (column.IsNull(row)) {
    out += "null";
    return;
  }
  const auto list = [&](const char* open, const char* close, auto&& element) {
    const ListSlice slice = column.at<ListSlice>(row);
    out += open;
    for (uint32_t k = slice.offset; k < slice.offset + slice.length; ++k) {
      if (k > slice.offset) out += ", ";
      element(k);
    }
    out += close;
  };
  switch (column.type().kind()) {
    case TypeKind::kArray: return list("[", "]", [&](uint32_t k) { AppendJava(out, *column.child(0), k); });
    case TypeKind::kMap: {
      const ListSlice slice = column.at<ListSlice>(row);
      std::set<std::string> entries;
      for (uint32_t k = slice.offset; k < slice.offset + slice.length; ++k) {
        std::string entry;
        AppendJava(entry, *column.child(0), k);
        entry += "=";
        AppendJava(entry, *column.child(1), k);
        entries.insert(entry);
      }
      out += "{";
      for (const std::string& entry : entries) out += (out.back() == '{' ? "" : ", ") + entry;
      out += "}";
      return;
    }
    case TypeKind::kRow:
      out += "+I[";
      for (size_t k = 0; k < column.child_count(); ++k) {
        if (k > 0) out += ", ";
        AppendJava(out, *column.child(k), row);
      }
      out += "]";
      return;
    case TypeKind::kVarbinary:
      out += "[";
      for (const char c : column.string_at(row)) out += (out.back() == '[' ? "" : ", ") + std::to_string(int{c});
      out += "]";
      return;
    case TypeKind::kBoolean: out += column.at<uint8_t>(row) != 0 ? "true" : "false"; return;
    default: AppendText(out, column, row, *TimeZone::Utc());
  }
}

struct Read {
  std::string row;  // or "FAILED why"
  Batch batch;
};

Read Decode(const Schema& schema, const OptionMap& options, const std::string& bytes,
            std::vector<std::vector<int>> paths = {}) {
  DecodeRequest request;
  request.physical = schema;
  request.options = options;
  for (size_t i = 0; i < schema.size() && paths.empty(); ++i) request.paths.push_back({static_cast<int>(i)});
  if (!paths.empty()) request.paths = paths;
  Read read;
  for (const auto& path : request.paths) {
    DataType type = schema[static_cast<size_t>(path[0])].type;
    for (size_t k = 1; k < path.size(); ++k) type = type.child(static_cast<size_t>(path[k]));
    request.types.push_back(type);
    read.batch.columns.push_back(Column::Make(type, 0));
  }
  auto decoder = ProtobufFormat().make_decoder(request);
  if (!decoder.ok()) return {"REFUSED " + decoder.error().message(), {}};
  std::vector<RowKind> kinds;
  // Twice: the second row stands behind another one.
  for (int k = 0; k < 2; ++k) {
    const Status status = (*decoder)->DecodeMessage(test::Chunk(bytes), 0, bytes.size(), read.batch.columns, kinds);
    if (!status.ok()) return {"FAILED " + status.error().message(), {}};
  }
  read.batch.length = read.batch.columns[0]->size();
  if (read.batch.length == 0) return {"", {}};
  std::string rows[2];
  for (size_t i = 0; i < 2; ++i) {
    for (const ColumnPtr& column : read.batch.columns) {
      rows[i] += rows[i].empty() ? "+I[" : ", ";
      AppendJava(rows[i], *column, i);
    }
    rows[i] += "]";
  }
  EXPECT_EQ(rows[0], rows[1]);
  read.row = rows[1];
  return read;
}

std::string Encode(const Schema& schema, OptionMap options, const Batch& batch, size_t row = 0) {
  auto encoder = ProtobufFormat().make_encoder({.schema = schema, .options = std::move(options)});
  if (!encoder.ok()) return "REFUSED " + encoder.error().message();
  std::string out;
  EXPECT_TRUE((*encoder)->Encode(batch, row, out).ok());
  return out;
}

std::string Unhex(std::string_view text) {
  std::string bytes;
  for (size_t k = 0; k + 1 < text.size(); k += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(text.substr(k, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(kDigits[c & 15]);
  }
  return text;
}

/// The messages of a text, by libprotobuf.
struct Library {
  explicit Library(const char* proto) {
    pb::io::ArrayInputStream in(proto, static_cast<int>(std::strlen(proto)));
    pb::io::Tokenizer tokens(&in, nullptr);
    pb::compiler::Parser parser;
    pb::FileDescriptorProto file;
    INVARIANT(parser.Parse(&tokens, &file), "parse");
    file.set_name("schema.proto");
    INVARIANT(pool.BuildFile(file) != nullptr, "build");
    set.add_file()->CopyFrom(file);
  }
  std::unique_ptr<pb::Message> New(const std::string& name) {
    return std::unique_ptr<pb::Message>(factory.GetPrototype(pool.FindMessageTypeByName(name))->New());
  }
  /// The same message with its maps in one order.
  std::string InOrder(const std::string& name, const std::string& bytes) {
    const auto message = New(name);
    INVARIANT(message->ParseFromString(bytes), "no such message");
    std::string out;
    {
      pb::io::StringOutputStream stream(&out);
      pb::io::CodedOutputStream coded(&stream);
      coded.SetSerializationDeterministic(true);
      message->SerializePartialToCodedStream(&coded);
    }
    return out;
  }
  pb::DescriptorPool pool;
  pb::DynamicMessageFactory factory{&pool};
  pb::FileDescriptorSet set;
};

const char* MessageOf(const char* proto) { return proto == kOld ? "demo.Old" : "demo.Everything"; }

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

void SetKey(pb::Message& entry, uint32_t key) {
  const pb::FieldDescriptor* f = entry.GetDescriptor()->FindFieldByName("key");
  if (f->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING) {
    entry.GetReflection()->SetString(&entry, f, std::string(key * 7, 'k'));
  } else {
    entry.GetReflection()->SetInt32(&entry, f, static_cast<int32_t>(key) - 2);
  }
}

/// Some fields of a message, in some way; `depth` bounds what refers to itself.
void Fill(pb::Message& message, std::mt19937& dice, int depth) {
  const pb::Reflection& r = *message.GetReflection();
  const pb::Descriptor& d = *message.GetDescriptor();
  const auto text = [&] { return std::string(dice() % 20, static_cast<char>('a' + dice() % 26)); };
  const auto number = [&] { return dice() % 3 == 0 ? dice() % 5 : static_cast<uint32_t>(dice()); };
  for (int k = 0; k < d.field_count(); ++k) {
    const pb::FieldDescriptor* f = d.field(k);
    if (f->name() == "next" || (!f->is_required() && dice() % 3 == 0)) continue;
    for (uint32_t n = f->is_repeated() ? dice() % 4 : 1; n > 0; --n) {
      const bool add = f->is_repeated();
      switch (f->cpp_type()) {
        case pb::FieldDescriptor::CPPTYPE_INT32: {
          const auto v = static_cast<int32_t>(number());
          add ? r.AddInt32(&message, f, v) : r.SetInt32(&message, f, v);
          break;
        }
        case pb::FieldDescriptor::CPPTYPE_INT64: {
          const auto v = static_cast<int64_t>(uint64_t{number()} * (dice() % 2 == 0 ? UINT64_MAX : 4'000'000'000));
          add ? r.AddInt64(&message, f, v) : r.SetInt64(&message, f, v);
          break;
        }
        case pb::FieldDescriptor::CPPTYPE_UINT32: r.SetUInt32(&message, f, number()); break;
        case pb::FieldDescriptor::CPPTYPE_UINT64: r.SetUInt64(&message, f, uint64_t{number()} << 32); break;
        case pb::FieldDescriptor::CPPTYPE_FLOAT: r.SetFloat(&message, f, static_cast<float>(number()) / 8); break;
        case pb::FieldDescriptor::CPPTYPE_DOUBLE: r.SetDouble(&message, f, number() / 7.0); break;
        case pb::FieldDescriptor::CPPTYPE_BOOL: r.SetBool(&message, f, dice() % 2 == 0); break;
        case pb::FieldDescriptor::CPPTYPE_ENUM: {
          const auto* v = f->enum_type()->value(static_cast<int>(dice() % 2));
          add ? r.AddEnum(&message, f, v) : r.SetEnum(&message, f, v);
          break;
        }
        case pb::FieldDescriptor::CPPTYPE_STRING:
          add ? r.AddString(&message, f, text()) : r.SetString(&message, f, text());
          break;
        case pb::FieldDescriptor::CPPTYPE_MESSAGE:
          if (depth > 0) Fill(add ? *r.AddMessage(&message, f) : *r.MutableMessage(&message, f), dice, depth - 1);
          if (depth > 0 && f->is_map()) SetKey(*r.MutableRepeatedMessage(&message, f, r.FieldSize(message, f) - 1), n);
          break;
      }
    }
  }
}

/// The table's rows of by_number and c have one of Inner's fields only.
void DropWhatTheTableHasNot(pb::Message& message) {
  const pb::Reflection& r = *message.GetReflection();
  const auto clear = [](pb::Message* inner) {
    inner->GetReflection()->ClearField(inner, inner->GetDescriptor()->FindFieldByName("values"));
  };
  const pb::FieldDescriptor* entries = message.GetDescriptor()->FindFieldByName("by_number");
  if (entries == nullptr) return;
  for (int k = 0; k < r.FieldSize(message, entries); ++k) {
    pb::Message* entry = r.MutableRepeatedMessage(&message, entries, k);
    clear(entry->GetReflection()->MutableMessage(entry, entry->GetDescriptor()->FindFieldByName("value")));
  }
  const pb::FieldDescriptor* c = message.GetDescriptor()->FindFieldByName("c");
  if (r.HasField(message, c)) clear(r.MutableMessage(&message, c));
}

TEST(Protobuf, RandomMessagesAsLibprotobufHasThem) {
  std::mt19937 dice(7);
  for (const char* proto : {kEverything, kOld}) {
    Library library(proto);
    const Schema schema = AllOf(proto);
    for (int n = 0; n < 300; ++n) {
      auto message = library.New(MessageOf(proto));
      Fill(*message, dice, 2);
      DropWhatTheTableHasNot(*message);
      std::string bytes;
      ASSERT_TRUE(message->SerializeToString(&bytes));
      const Read read = Decode(schema, Options(proto), bytes);
      auto again = std::unique_ptr<pb::Message>(message->New());
      ASSERT_TRUE(again->ParseFromString(Encode(schema, Options(proto), read.batch))) << read.row;
      // Columns that are not nullable in proto3 have their defaults written where presence counts.
      auto* a = message.get();
      for (const char* name : {"a", "b", "maybe"}) {
        const pb::FieldDescriptor* f = a->GetDescriptor()->FindFieldByName(name);
        if (f == nullptr) continue;
        a->GetReflection()->ClearField(a, f);
        again->GetReflection()->ClearField(again.get(), f);
      }
      EXPECT_TRUE(pb::util::MessageDifferencer::Equals(*message, *again)) << message->ShortDebugString() << "\n"
                                                                          << again->ShortDebugString();
    }
  }
}

TEST(Protobuf, DescriptorSets) {
  Library library(kOld);
  const std::string folder = *MakeTemporaryFolder("sluice-protobuf-test-");
  std::ofstream(folder + "/old.desc", std::ios::binary) << library.set.SerializeAsString();
  const OptionMap options = {{"schema-file", folder + "/old.desc"}, {"message-class-name", "demo.Old"}};
  EXPECT_EQ(Decode(Columns(kOld, "id"), options, Unhex("0807")).row, "+I[7]");
  (void)RemoveTree(folder);
}

TEST(Protobuf, NoCutOrFlippedByteBreaksTheReader) {
  std::mt19937 dice(11);
  Library library(kEverything);
  const Schema schema = AllOf(kEverything);
  for (int n = 0; n < 100; ++n) {
    auto message = library.New("demo.Everything");
    Fill(*message, dice, 2);
    std::string bytes = message->SerializeAsString();
    if (bytes.empty()) continue;
    for (int k = 0; k < 20; ++k) {
      std::string broken = bytes.substr(0, dice() % (bytes.size() + 1));
      if (!broken.empty()) broken[dice() % broken.size()] = static_cast<char>(dice());
      (void)Decode(schema, Options(kEverything), broken);
    }
  }
}

}  // namespace
}  // namespace sluice::engine
