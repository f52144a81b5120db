#include "engine/formats/protobuf/proto_schema.h"

#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

#include "base/files.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine::protobuf {
namespace {

namespace pb = google::protobuf;

constexpr const char* kInlineName = "schema.proto";  // of the option's text

/// Collects the compiler's complaints.
class Complaints : public pb::compiler::MultiFileErrorCollector, public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, int line, int column, const std::string& message) override {
    Add(file + " line " + std::to_string(line + 1) + " column " + std::to_string(column + 1) + ": " + message);
  }
  void AddError(const std::string& file, const std::string& element, const pb::Message*, ErrorLocation,
                const std::string& message) override {
    Add(file + ": " + element + ": " + message);
  }
  const std::string& text() const { return text_; }

 private:
  void Add(const std::string& line) {
    constexpr size_t kMostText = 1000;
    if (text_.size() < kMostText) text_ += (text_.empty() ? "" : "; ") + line;
  }
  std::string text_;
};

/// The text of the option, and files below the import paths.
class Sources : public pb::compiler::SourceTree {
 public:
  Sources(std::string inline_text, std::vector<std::string> folders)
      : inline_text_(std::move(inline_text)), folders_(std::move(folders)) {}

  pb::io::ZeroCopyInputStream* Open(const std::string& name) override {
    const std::string* text = nullptr;
    if (name == kInlineName && !inline_text_.empty()) {
      text = &inline_text_;
    } else {
      for (const std::string& folder : folders_) {
        Result<std::string> file = ReadFile(folder + "/" + name);
        if (!file.ok()) continue;
        text = &(files_[name] = std::move(*file));
        break;
      }
    }
    return text == nullptr ? nullptr : new pb::io::ArrayInputStream(text->data(), static_cast<int>(text->size()));
  }

 private:
  const std::string inline_text_;
  const std::vector<std::string> folders_;
  std::map<std::string, std::string> files_;
};

std::vector<std::string> Split(const std::string& list, char separator) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= list.size();) {
    const size_t end = std::min(list.find(separator, at), list.size());
    if (end > at) parts.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

/// "simple_test" → "SimpleTest": protoc's UnderscoresToCamelCase.
std::string CamelCase(std::string_view text) {
  std::string out;
  bool upper = true;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit) {
      upper = true;
      continue;
    }
    out.push_back(upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    upper = digit;
  }
  return out;
}

bool HasName(const pb::Descriptor& message, const std::string& name) {
  if (message.name() == name) return true;
  for (int k = 0; k < message.enum_type_count(); ++k) {
    if (message.enum_type(k)->name() == name) return true;
  }
  for (int k = 0; k < message.nested_type_count(); ++k) {
    if (HasName(*message.nested_type(k), name)) return true;
  }
  return false;
}

/// The class that protoc puts a file's messages into.
std::string OuterClass(const pb::FileDescriptor& file) {
  if (file.options().has_java_outer_classname()) return file.options().java_outer_classname();
  if (file.name() == kInlineName) return "";  // the text's file had another name
  std::string base = file.name().substr(file.name().rfind('/') + 1);
  base = CamelCase(base.substr(0, base.rfind('.')));
  bool taken = false;
  for (int k = 0; k < file.message_type_count(); ++k) taken = taken || HasName(*file.message_type(k), base);
  for (int k = 0; k < file.enum_type_count(); ++k) taken = taken || file.enum_type(k)->name() == base;
  for (int k = 0; k < file.service_count(); ++k) taken = taken || file.service(k)->name() == base;
  return taken ? base + "OuterClass" : base;
}

std::string JavaName(const pb::Descriptor& message) {
  if (message.containing_type() != nullptr) return JavaName(*message.containing_type()) + "$" + message.name();
  const pb::FileDescriptor& file = *message.file();
  const std::string& package = file.options().has_java_package() ? file.options().java_package() : file.package();
  const std::string prefix = package.empty() ? "" : package + ".";
  return prefix + (file.options().java_multiple_files() ? "" : OuterClass(file) + "$") + message.name();
}

WireKind KindOf(pb::FieldDescriptor::Type type) {
  using F = pb::FieldDescriptor;
  switch (type) {
    case F::TYPE_INT32: return WireKind::kInt32;
    case F::TYPE_INT64: return WireKind::kInt64;
    case F::TYPE_UINT32: return WireKind::kUint32;
    case F::TYPE_UINT64: return WireKind::kUint64;
    case F::TYPE_SINT32: return WireKind::kSint32;
    case F::TYPE_SINT64: return WireKind::kSint64;
    case F::TYPE_FIXED32: return WireKind::kFixed32;
    case F::TYPE_FIXED64: return WireKind::kFixed64;
    case F::TYPE_SFIXED32: return WireKind::kSfixed32;
    case F::TYPE_SFIXED64: return WireKind::kSfixed64;
    case F::TYPE_FLOAT: return WireKind::kFloat;
    case F::TYPE_DOUBLE: return WireKind::kDouble;
    case F::TYPE_BOOL: return WireKind::kBool;
    case F::TYPE_ENUM: return WireKind::kEnum;
    case F::TYPE_STRING: return WireKind::kString;
    case F::TYPE_BYTES: return WireKind::kBytes;
    case F::TYPE_MESSAGE: return WireKind::kMessage;
    case F::TYPE_GROUP: return WireKind::kGroup;
  }
  return WireKind::kBytes;
}

void ReadDefault(const pb::FieldDescriptor& from, FieldType& to) {
  using F = pb::FieldDescriptor;
  if (from.is_repeated()) return;
  switch (from.cpp_type()) {
    case F::CPPTYPE_INT32: to.default_int = from.default_value_int32(); break;
    case F::CPPTYPE_INT64: to.default_int = from.default_value_int64(); break;
    case F::CPPTYPE_UINT32: to.default_int = static_cast<int32_t>(from.default_value_uint32()); break;
    case F::CPPTYPE_UINT64: to.default_int = static_cast<int64_t>(from.default_value_uint64()); break;
    case F::CPPTYPE_FLOAT: to.default_double = static_cast<double>(from.default_value_float()); break;
    case F::CPPTYPE_DOUBLE: to.default_double = from.default_value_double(); break;
    case F::CPPTYPE_BOOL: to.default_int = from.default_value_bool() ? 1 : 0; break;
    case F::CPPTYPE_ENUM: to.default_int = from.default_value_enum()->number(); break;
    case F::CPPTYPE_STRING: to.default_text = from.default_value_string(); break;
    case F::CPPTYPE_MESSAGE: break;
  }
}

}  // namespace

const std::string* EnumType::NameOf(int32_t number) const {
  for (const auto& [value, name] : values) {
    if (value == number) return &name;
  }
  return nullptr;
}

const int32_t* EnumType::NumberOf(std::string_view name) const {
  for (const auto& [value, its] : values) {
    if (its == name) return &value;
  }
  return nullptr;
}

const FieldType* MessageType::Find(std::string_view field) const {
  for (const FieldType& f : fields) {
    if (f.name == field) return &f;
  }
  return nullptr;
}

/// From descriptors to our types. Messages may refer to themselves.
class SchemaBuilder {
 public:
  explicit SchemaBuilder(ProtoSchema& schema) : schema_(schema) {}

  void AddFile(const pb::FileDescriptor& file) {
    for (int k = 0; k < file.message_type_count(); ++k) AddTree(*file.message_type(k));
  }

 private:
  void AddTree(const pb::Descriptor& message) {
    if (message.options().map_entry()) return;
    schema_.java_names_[JavaName(message)] = Message(message);
    for (int k = 0; k < message.nested_type_count(); ++k) AddTree(*message.nested_type(k));
  }

  const MessageType* Message(const pb::Descriptor& from) {
    std::unique_ptr<MessageType>& slot = schema_.messages_[from.full_name()];
    if (slot) return slot.get();
    slot = std::make_unique<MessageType>();
    MessageType& to = *slot;
    to.name = from.full_name();
    to.proto3 = from.file()->syntax() == pb::FileDescriptor::SYNTAX_PROTO3;
    for (int k = 0; k < from.field_count(); ++k) to.fields.push_back(Field(*from.field(k), to.proto3));
    std::sort(to.fields.begin(), to.fields.end(),
              [](const FieldType& a, const FieldType& b) { return a.number < b.number; });
    return &to;
  }

  FieldType Field(const pb::FieldDescriptor& from, bool proto3) {
    FieldType to;
    to.name = from.name();
    to.number = from.number();
    to.kind = KindOf(from.type());
    to.repeated = from.is_repeated();
    to.map = from.is_map();
    to.packed = from.is_packed();
    to.required = from.is_required();
    to.has_presence = from.has_presence();
    to.utf8 = proto3 && to.kind == WireKind::kString;
    if (from.real_containing_oneof() != nullptr) to.oneof = from.real_containing_oneof()->index();
    if (from.message_type() != nullptr) to.message = Message(*from.message_type());
    if (from.enum_type() != nullptr) to.enumeration = Enum(*from.enum_type());
    ReadDefault(from, to);
    return to;
  }

  const EnumType* Enum(const pb::EnumDescriptor& from) {
    std::unique_ptr<EnumType>& slot = schema_.enums_[from.full_name()];
    if (slot) return slot.get();
    slot = std::make_unique<EnumType>();
    for (int k = 0; k < from.value_count(); ++k) {
      slot->values.emplace_back(from.value(k)->number(), from.value(k)->name());
    }
    slot->closed = from.file()->syntax() != pb::FileDescriptor::SYNTAX_PROTO3;
    return slot.get();
  }

  ProtoSchema& schema_;
};

namespace {

Status Compile(const std::string& name, Sources& sources, ProtoSchema& schema) {
  Complaints complaints;
  // timestamp.proto and the like come with the library.
  pb::DescriptorPoolDatabase library(*pb::DescriptorPool::generated_pool());
  (void)pb::FileDescriptorProto::descriptor();
  pb::compiler::SourceTreeDescriptorDatabase database(&sources, &library);
  database.RecordErrorsTo(&complaints);
  pb::DescriptorPool pool(&database, database.GetValidationErrorCollector());
  pool.EnforceWeakDependencies(true);
  const pb::FileDescriptor* file = pool.FindFileByName(name);
  if (file == nullptr) return Error(ErrorCode::kValidation, "The protobuf schema is not valid: " + complaints.text());
  SchemaBuilder(schema).AddFile(*file);
  return {};
}

Status ReadDescriptorSet(const std::string& path, const std::string& bytes, ProtoSchema& schema) {
  pb::FileDescriptorSet set;
  if (!set.ParseFromString(bytes) || set.file_size() == 0) {
    return Error(ErrorCode::kValidation, "The file " + path +
                                             " ('protobuf.schema-file') is neither a .proto file nor a "
                                             "descriptor set (protoc --descriptor_set_out).");
  }
  Complaints complaints;
  pb::DescriptorPoolDatabase library(*pb::DescriptorPool::generated_pool());
  pb::SimpleDescriptorDatabase own;
  for (const pb::FileDescriptorProto& file : set.file()) own.Add(file);
  pb::MergedDescriptorDatabase both(&own, &library);
  pb::DescriptorPool pool(&both, &complaints);
  SchemaBuilder builder(schema);
  for (const pb::FileDescriptorProto& proto : set.file()) {
    const pb::FileDescriptor* file = pool.FindFileByName(proto.name());
    if (file == nullptr) {
      return Error(ErrorCode::kValidation,
                   "The descriptor set " + path + " is not complete (protoc --include_imports): " + complaints.text());
    }
    builder.AddFile(*file);
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const ProtoSchema>> ProtoSchema::Load(const OptionMap& options) {
  const std::string text = text::StringOption(options, "schema", "");
  const std::string path = text::StringOption(options, "schema-file", "");
  std::vector<std::string> folders = Split(text::StringOption(options, "import-paths", ""), ';');
  if (text.empty() == path.empty()) {
    return Error(
        ErrorCode::kOption,
        "The format 'protobuf' reads no Java classes here: give the message's schema by 'protobuf.schema-file' "
        "(a .proto file or a descriptor set) or by 'protobuf.schema' (the text of a .proto file), one of them.");
  }
  auto schema = std::make_shared<ProtoSchema>();
  Status loaded;
  if (!text.empty()) {
    Sources sources(text, std::move(folders));
    loaded = Compile(kInlineName, sources, *schema);
  } else {
    Result<std::string> bytes = ReadFile(path);
    if (!bytes.ok()) return bytes.error().WithContext("'protobuf.schema-file'");
    if (path.ends_with(".proto")) {
      const size_t slash = path.rfind('/');
      folders.push_back(slash == std::string::npos ? "." : path.substr(0, slash));
      Sources sources("", std::move(folders));
      loaded = Compile(path.substr(slash == std::string::npos ? 0 : slash + 1), sources, *schema);
    } else {
      loaded = ReadDescriptorSet(path, *bytes, *schema);
    }
  }
  if (!loaded.ok()) return loaded.error();
  return std::shared_ptr<const ProtoSchema>(std::move(schema));
}

Result<const MessageType*> ProtoSchema::Message(const std::string& name) const {
  auto java = java_names_.find(name);
  if (const size_t inner = name.find('$'); java == java_names_.end() && inner != std::string::npos) {
    const size_t package = name.rfind('.', inner);
    java = java_names_.find(name.substr(0, package == std::string::npos ? 0 : package + 1) + name.substr(inner));
  }
  if (java != java_names_.end()) return java->second;
  const auto found = messages_.find(name);
  if (found != messages_.end()) return static_cast<const MessageType*>(found->second.get());
  std::string known;
  for (const auto& [class_name, message] : java_names_) {
    if (known.size() < 300) known += (known.empty() ? "" : ", ") + message->name;
  }
  return Error(ErrorCode::kOption,
               "The schema has no message '" + name +
                   "' ('protobuf.message-class-name', as Java class or full protobuf name). It has: " + known + ".");
}

}  // namespace sluice::engine::protobuf
