// Two schemas, and messages of them in and out, for the tests of the protobuf format.
#pragma once

#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/format_for_test.h"

namespace sluice::engine::protobuf::test {

using engine::test::Chunk;

inline constexpr const char* kEverything = R"(syntax = "proto3";
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

inline constexpr const char* kOld = R"(syntax = "proto2";
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

inline DataType Inner() {
  return DataType::Row({{"name", DataType::String()}, {"values", DataType::Array(DataType::Bigint())}});
}
inline DataType Named() { return DataType::Row({{"name", DataType::String()}}); }
inline DataType Sub() { return DataType::Row({{"x", DataType::Integer()}, {"y", DataType::String()}}); }

inline Schema AllOf(const char* proto) {
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
inline Schema Columns(const char* proto, const std::string& names) {
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

inline OptionMap Options(const char* proto, bool defaults = false) {
  return {{"message-class-name", proto == kOld ? "com.demo.Old" : "com.demo.SchemaOuterClass$Everything"},
          {"schema", proto},
          {"read-default-values", defaults ? "true" : "false"}};
}

/// As Row.toString shows it, but for the entries of a MAP: by their texts.
inline void AppendJava(std::string& out, const Column& column, size_t row) {
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

inline Read Decode(const Schema& schema, const OptionMap& options, const std::string& bytes,
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
    const Status status = (*decoder)->DecodeMessage(Chunk(bytes), 0, bytes.size(), read.batch.columns, kinds);
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

inline std::string Encode(const Schema& schema, OptionMap options, const Batch& batch, size_t row = 0) {
  auto encoder = ProtobufFormat().make_encoder({.schema = schema, .options = std::move(options)});
  if (!encoder.ok()) return "REFUSED " + encoder.error().message();
  std::string out;
  EXPECT_TRUE((*encoder)->Encode(batch, row, out).ok());
  return out;
}

inline std::string Unhex(std::string_view text) {
  std::string bytes;
  for (size_t k = 0; k + 1 < text.size(); k += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(text.substr(k, 2)), nullptr, 16)));
  }
  return bytes;
}

inline std::string Hex(std::string_view bytes) {
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
    google::protobuf::io::ArrayInputStream in(proto, static_cast<int>(std::strlen(proto)));
    google::protobuf::io::Tokenizer tokens(&in, nullptr);
    google::protobuf::compiler::Parser parser;
    google::protobuf::FileDescriptorProto file;
    INVARIANT(parser.Parse(&tokens, &file), "parse");
    file.set_name("schema.proto");
    INVARIANT(pool.BuildFile(file) != nullptr, "build");
    set.add_file()->CopyFrom(file);
  }
  std::unique_ptr<google::protobuf::Message> New(const std::string& name) {
    return std::unique_ptr<google::protobuf::Message>(factory.GetPrototype(pool.FindMessageTypeByName(name))->New());
  }
  /// The same message with its maps in one order.
  std::string InOrder(const std::string& name, const std::string& bytes) {
    const auto message = New(name);
    INVARIANT(message->ParseFromString(bytes), "no such message");
    std::string out;
    {
      google::protobuf::io::StringOutputStream stream(&out);
      google::protobuf::io::CodedOutputStream coded(&stream);
      coded.SetSerializationDeterministic(true);
      message->SerializePartialToCodedStream(&coded);
    }
    return out;
  }
  google::protobuf::DescriptorPool pool;
  google::protobuf::DynamicMessageFactory factory{&pool};
  google::protobuf::FileDescriptorSet set;
};

inline const char* MessageOf(const char* proto) { return proto == kOld ? "demo.Old" : "demo.Everything"; }

}  // namespace sluice::engine::protobuf::test
