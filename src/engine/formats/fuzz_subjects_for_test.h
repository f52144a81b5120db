// What formats_fuzz tells apart: formats with their options and tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/avro_confluent/confluent_formats.h"
#include "engine/formats/format.h"
#include "engine/formats/glue/glue_formats.h"

namespace sluice::engine::test {

struct FuzzSubject {
  Format format;
  OptionMap options;
  const Schema* schema = nullptr;
  /// A row of the schema as JSON, from which a seed is made.
  std::string_view sample;
  /// The bytes are a file with a structure of its own, not messages.
  bool whole_file = false;
  /// The first line of the input is the schema that the registry answers.
  bool registry = false;
};

inline constexpr std::string_view kRow =
    R"({"a":-7,"s":"é\n","r":{"t":"2024-02-29 23:59:59.999","d":1.5e300},"l":[1,null],"m":{"k":123456.78,"":null}})";
inline constexpr std::string_view kMessage =
    R"({"a":-7,"s":"é","r":{"x":3,"l":[0.5,-1]},"l":[1,-1000],"m":{"k":{"x":1,"l":[]}},"e":"ONE"})";

inline const Schema& Physical() {
  static const Schema schema = {
      {"a", DataType::Bigint()},
      {"s", DataType::String()},
      {"r", DataType::Row({{"t", DataType::TimestampType(3)}, {"d", DataType::Double()}})},
      {"l", DataType::Array(DataType::Integer())},
      {"m", DataType::Map(DataType::String(), DataType::Decimal(8, 2))},
  };
  return schema;
}

/// csv has no maps.
inline const Schema& InFields() {
  static const Schema schema(Physical().begin(), Physical().end() - 1);
  return schema;
}

inline const Schema& OneText() {
  static const Schema schema = {{"s", DataType::String()}};
  return schema;
}

inline const Schema& InMessages() {
  static const Schema schema = {
      {"a", DataType::Bigint()},
      {"s", DataType::String()},
      {"r", DataType::Row({{"x", DataType::Integer()}, {"l", DataType::Array(DataType::Double())}})},
      {"l", DataType::Array(DataType::Integer())},
      {"m", DataType::Map(DataType::String(), DataType::Row({{"x", DataType::Integer()}}))},
      {"e", DataType::String()},
  };
  return schema;
}

/// Also with a group, a oneof and a field that is required.
inline OptionMap ProtobufOptions(const char* version) {
  const bool old = std::string_view(version) == "proto2";
  const std::string label = old ? "optional " : "";
  std::string text = "syntax = \"" + std::string(version) + "\"; message M { ";
  text += old ? "required int64 a = 1; " : "int64 a = 1; ";
  text += label + "string s = 2; " + label + "R r = 3; repeated sint32 l = 4; map<string, R> m = 5; ";
  text += "oneof o { E e = 6; fixed64 f = 7; } ";
  if (old) text += "repeated group G = 8 { optional R in = 1; } ";
  text += "message R { " + label + "int32 x = 1; repeated double l = 2; " + label +
          "R next = 3; } enum E { ZERO = 0; ONE = 1; } }";
  return {{"message-class-name", "M"}, {"schema", text}};
}

inline void AddTextFormats(std::vector<FuzzSubject>& all) {
  for (const bool lenient : {false, true}) {
    const OptionMap options = lenient ? OptionMap{{"ignore-parse-errors", "true"}} : OptionMap{};
    all.push_back({CsvFormat(), options, &InFields(), kRow});
    for (const Format& format :
         {JsonFormat(), DebeziumJsonFormat(), CanalJsonFormat(), MaxwellJsonFormat(), OggJsonFormat()}) {
      all.push_back({format, options, &Physical(), kRow});
    }
  }
}

inline void AddRegistryFormats(std::vector<FuzzSubject>& all) {
  const OptionMap confluent = {{"url", "http://registry"}, {"subject", "s"}};
  OptionMap glue = {{"aws.region", "r"}, {"registry.name", "r"}, {"schema.name", "s"}};
  for (const Format& format : {AvroConfluentFormat(), DebeziumAvroConfluentFormat()}) {
    all.push_back({format, confluent, &Physical(), kRow, false, true});
  }
  all.push_back({AvroGlueFormat(), glue, &Physical(), kRow, false, true});
  glue["schema.compression"] = "ZLIB";
  all.push_back({JsonGlueFormat(), glue, &Physical(), kRow, false, true});
}

/// The text formats come first: scripts/fuzz.py (TEXT_FORMATS) gives them the files of tests/sql.
inline const std::vector<FuzzSubject>& FuzzSubjects() {
  static const std::vector<FuzzSubject> subjects = [] {
    std::vector<FuzzSubject> all;
    AddTextFormats(all);
    all.push_back({AvroFormat(), {}, &Physical(), kRow});
    for (const char* codec : {"null", "snappy", "deflate", "zstandard", "bzip2", "xz"}) {
      all.push_back({AvroFormat(), {{"codec", codec}}, &Physical(), kRow, true});
    }
    all.push_back({RawFormat(), {}, &OneText(), kRow});
    for (const char* version : {"proto2", "proto3"}) {
      all.push_back({ProtobufFormat(), ProtobufOptions(version), &InMessages(), kMessage});
    }
    AddRegistryFormats(all);
    return all;
  }();
  return subjects;
}

}  // namespace sluice::engine::test
