// What a .proto file or a descriptor set says of messages, as plain data. Only proto_schema.cc knows libprotobuf.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::protobuf {

/// Protobuf's types as they stand in messages.
enum class WireKind : uint8_t {
  kInt32,
  kInt64,
  kUint32,
  kUint64,
  kSint32,
  kSint64,
  kFixed32,
  kFixed64,
  kSfixed32,
  kSfixed64,
  kFloat,
  kDouble,
  kBool,
  kEnum,
  kString,
  kBytes,
  kMessage,
  kGroup,
};

struct EnumType {
  std::vector<std::pair<int32_t, std::string>> values;  // as declared; numbers may come twice
  bool closed = false;                                  // proto2: unknown numbers are as if they were not there

  const std::string* NameOf(int32_t number) const;
  const int32_t* NumberOf(std::string_view name) const;
};

struct MessageType;

struct FieldType {
  std::string name;
  int32_t number = 0;
  WireKind kind = WireKind::kInt32;
  bool repeated = false;  // maps too
  bool map = false;       // of messages with the fields 1 (key) and 2 (value)
  bool packed = false;    // how it is written; read either way
  bool required = false;
  bool has_presence = false;  // "not set" differs from the default
  bool utf8 = false;          // a string that must be valid
  int oneof = -1;             // of the message
  const MessageType* message = nullptr;
  const EnumType* enumeration = nullptr;
  // The default: of numbers, FLOAT and DOUBLE, BOOLEAN (0, 1) and enums (their number); of texts.
  int64_t default_int = 0;
  double default_double = 0;
  std::string default_text;
};

struct MessageType {
  std::string name;  // full
  bool proto3 = false;
  std::vector<FieldType> fields;  // by number

  const FieldType* Find(std::string_view field) const;
};

/// Immutable; owns its types.
class ProtoSchema {
 public:
  /// Of the options 'schema' (the text of a .proto file) or 'schema-file' (a .proto file, or a descriptor set as
  /// `protoc --include_imports --descriptor_set_out` writes it) with 'import-paths' (folders, separated by ';').
  /// kOption, kIo, or kValidation with the compiler's words and line.
  static Result<std::shared_ptr<const ProtoSchema>> Load(const OptionMap& options);

  /// By its full name ("a.b.Outer.Inner") or by the name of the Java class that protoc generates for it
  /// ("com.x.FileOuterClass$Outer$Inner"; of a text, whose file has no name, with any outer class). kOption, with the
  /// names that there are.
  Result<const MessageType*> Message(const std::string& name) const;

 private:
  friend class SchemaBuilder;
  std::map<std::string, std::unique_ptr<MessageType>> messages_;  // by full name
  std::map<std::string, std::unique_ptr<EnumType>> enums_;
  std::map<std::string, const MessageType*> java_names_;
};

}  // namespace sluice::engine::protobuf
