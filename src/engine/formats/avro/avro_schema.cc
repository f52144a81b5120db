#include "engine/formats/avro/avro_schema.h"

#include <strings.h>

#include <cstdlib>
#include <map>
#include <set>

#include "engine/formats/json/json_tree.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine::avro {

Result<AvroOptions> ReadAvroOptions(const OptionMap& options) {
  AvroOptions o;
  SLUICE_ASSIGN_OR_RETURN(o.legacy_timestamps, text::BoolOption(options, "timestamp_mapping.legacy", true));
  const std::string encoding = text::StringOption(options, "encoding", "binary");
  if (strcasecmp(encoding.c_str(), "json") == 0) {
    return Error(ErrorCode::kNotSupported, "not supported yet: 'avro.encoding' = 'json'");
  }
  if (strcasecmp(encoding.c_str(), "binary") != 0) {
    return Error(ErrorCode::kOption,
                 "Could not parse value '" + encoding + "' for key 'avro.encoding'. Expected one of: [[BINARY, JSON]]");
  }
  return o;
}

int64_t TimestampUnits(const DataType& type) {
  return type.precision() <= 3 ? 1000 : type.precision() <= 6 ? 1'000'000 : 1'000'000'000;
}

Status CheckAvroType(const DataType& type, const AvroOptions& options) {
  auto too_precise = [&](const char* name, const char* most) {
    return Error(ErrorCode::kValidation, std::string("Avro does not support ") + name +
                                             " type with precision: " + std::to_string(type.precision()) +
                                             ", it only supports precision less than " + most + ".");
  };
  switch (type.kind()) {
    case TypeKind::kTimestamp:
      if (options.legacy_timestamps && type.precision() > 3) return too_precise("TIMESTAMP", "3");
      break;
    case TypeKind::kTimestampLtz:
      if (options.legacy_timestamps) {
        return Error(ErrorCode::kValidation, "Unsupported to derive Schema for type: " + type.ToString());
      }
      break;
    case TypeKind::kTime:
      if (type.precision() > 3) return too_precise("TIME", "3");
      break;
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      if (!type.child(0).is_character()) {
        return Error(
            ErrorCode::kValidation,
            "Avro format doesn't support non-string as key type of map. The key type is: " + type.child(0).ToString());
      }
      break;
    case TypeKind::kRaw:
    case TypeKind::kSymbol:
    case TypeKind::kDescriptor:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      return Error(ErrorCode::kValidation, "Unsupported to derive Schema for type: " + type.ToString());
    default: break;
  }
  for (size_t i = 0; i < type.child_count(); ++i) SLUICE_RETURN_IF_ERROR(CheckAvroType(type.child(i), options));
  return {};
}

namespace {

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

/// Writes a type as AvroSchemaConverter derives it; `name` is that of a record made for it.
class SchemaWriter {
 public:
  explicit SchemaWriter(const AvroOptions& options) : options_(options) {}

  void Type(const DataType& type, const std::string& name) {
    if (!type.nullable() || type.kind() == TypeKind::kNull) return Present(type, name);
    out_ += R"(["null",)";
    Present(type, name);
    out_ += "]";
  }

  void Record(const std::vector<RowField>& fields, const std::string& name, std::string_view space) {
    out_ += R"({"type":"record","name":)";
    AppendQuoted(out_, name);
    if (!space.empty()) {
      out_ += R"(,"namespace":)";
      AppendQuoted(out_, space);
    }
    out_ += R"(,"fields":[)";
    for (size_t k = 0; k < fields.size(); ++k) {
      out_ += k == 0 ? R"({"name":)" : R"(,{"name":)";
      AppendQuoted(out_, fields[k].name);
      out_ += R"(,"type":)";
      Type(fields[k].type, name + "_" + fields[k].name);
      out_ += fields[k].type.nullable() ? R"(,"default":null})" : "}";
    }
    out_ += "]}";
  }

  std::string& out() { return out_; }

 private:
  void Logical(const char* type, const char* logical) {
    out_ += std::string(R"({"type":")") + type + R"(","logicalType":")" + logical + R"("})";
  }

  void Present(const DataType& type, const std::string& name) {
    switch (type.kind()) {
      case TypeKind::kNull: out_ += R"("null")"; return;
      case TypeKind::kBoolean: out_ += R"("boolean")"; return;
      case TypeKind::kTinyint:
      case TypeKind::kSmallint:
      case TypeKind::kInteger: out_ += R"("int")"; return;
      case TypeKind::kBigint: out_ += R"("long")"; return;
      case TypeKind::kFloat: out_ += R"("float")"; return;
      case TypeKind::kDouble: out_ += R"("double")"; return;
      case TypeKind::kBinary:
      case TypeKind::kVarbinary: out_ += R"("bytes")"; return;
      case TypeKind::kDate: return Logical("int", "date");
      case TypeKind::kTime: return Logical("int", "time-millis");
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz: {
        const bool local = type.kind() == TypeKind::kTimestamp && !options_.legacy_timestamps;
        const char* unit = type.precision() <= 3 ? "millis" : type.precision() <= 6 ? "micros" : "nanos";
        return Logical("long", ((local ? "local-timestamp-" : "timestamp-") + std::string(unit)).c_str());
      }
      case TypeKind::kDecimal:
        out_ += R"({"type":"bytes","logicalType":"decimal","precision":)" + std::to_string(type.precision()) +
                R"(,"scale":)" + std::to_string(type.scale()) + "}";
        return;
      case TypeKind::kArray:
        out_ += R"({"type":"array","items":)";
        Type(type.element(), name);
        out_ += "}";
        return;
      case TypeKind::kMap:
      case TypeKind::kMultiset:
        out_ += R"({"type":"map","values":)";
        Type(type.kind() == TypeKind::kMap ? type.value() : DataType::Integer(), name);
        out_ += "}";
        return;
      case TypeKind::kRow: return Record(type.fields(), name, "");
      default: out_ += R"("string")"; return;
    }
  }

  const AvroOptions& options_;
  std::string out_;
};

}  // namespace

std::string SchemaJson(const Schema& table, const AvroOptions& options, bool nullable, std::string_view record) {
  SchemaWriter writer(options);
  const size_t dot = record.rfind('.');
  const std::string_view space = dot == std::string_view::npos ? std::string_view() : record.substr(0, dot);
  if (nullable) writer.out() += R"(["null",)";
  writer.Record(table, std::string(dot == std::string_view::npos ? record : record.substr(dot + 1)), space);
  if (nullable) writer.out() += "]";
  return std::move(writer.out());
}

const char* KindName(AvroKind kind) {
  static constexpr const char* kNames[] = {"null",   "boolean", "int",  "long",  "float", "double", "bytes",
                                           "string", "fixed",   "enum", "array", "map",   "record", "union"};
  return kNames[static_cast<size_t>(kind)];
}

namespace {

/// `open`: pairs that are being compared, or were: a type that contains itself ends there.
bool SameNodes(const SchemaTree& a, int i, const SchemaTree& b, int j, std::set<std::pair<int, int>>& open) {
  if (!open.emplace(i, j).second) return true;
  const SchemaNode &x = a.at(i), &y = b.at(j);
  const bool same = x.kind == y.kind && x.logical == y.logical && x.precision == y.precision && x.scale == y.scale &&
                    x.size == y.size && x.names == y.names && x.children.size() == y.children.size();
  if (!same) return false;
  for (size_t k = 0; k < x.children.size(); ++k) {
    if (!SameNodes(a, x.children[k], b, y.children[k], open)) return false;
  }
  return true;
}

}  // namespace

bool SameEncoding(const SchemaTree& a, const SchemaTree& b) {
  std::set<std::pair<int, int>> open;
  return a.record_branch() == b.record_branch() && SameNodes(a, a.record(), b, b.record(), open);
}

class SchemaParser {
 public:
  Result<SchemaTree> Run(std::string_view json) {
    if (!document_.Parse(json) || document_.root() == nullptr) return Bad("it is no JSON");
    SLUICE_ASSIGN_OR_RETURN(const int root, Type(*document_.root(), "", 0));
    const SchemaNode& node = tree_.at(root);
    tree_.record_ = root;
    if (node.kind == AvroKind::kUnion) {
      for (size_t k = 0; k < node.children.size(); ++k) {
        if (tree_.at(node.children[k]).kind != AvroKind::kRecord) continue;
        tree_.record_ = node.children[k];
        tree_.record_branch_ = static_cast<int>(k);
      }
    }
    if (tree_.at(tree_.record_).kind != AvroKind::kRecord) return Bad("it is no record");
    return std::move(tree_);
  }

 private:
  using Node = json::Node;
  static constexpr int kDeepest = 100;

  static Error Bad(const std::string& why) {
    return Error(ErrorCode::kData, "The Avro schema cannot be used: " + why + ".");
  }

  int Add(AvroKind kind) {
    tree_.nodes_.push_back({});
    tree_.nodes_.back().kind = kind;
    return static_cast<int>(tree_.nodes_.size()) - 1;
  }
  SchemaNode& node(int i) { return tree_.nodes_[static_cast<size_t>(i)]; }

  std::string TextOf(const Node& object, std::string_view name) const {
    const Node* field = document_.Get(&object, name);
    return field == nullptr || field->is_container() ? "" : std::string(field->text);
  }

  static bool Primitive(std::string_view name, AvroKind* kind) {
    for (int k = 0; k <= static_cast<int>(AvroKind::kString); ++k) {
      *kind = static_cast<AvroKind>(k);
      if (name == KindName(*kind)) return true;
    }
    return false;
  }

  Result<int> Named(std::string_view name, const std::string& space) {
    AvroKind kind;
    if (Primitive(name, &kind)) return Add(kind);
    auto it = named_.find(std::string(name));
    if (it == named_.end() && !space.empty()) it = named_.find(space + "." + std::string(name));
    if (it == named_.end()) return Bad("the type '" + std::string(name) + "' is not defined");
    return it->second;
  }

  Result<int> Type(const Node& json, const std::string& space, int depth) {
    if (depth > kDeepest) return Bad("it is nested too deep");
    if (json.kind == json::NodeKind::kString) return Named(json.text, space);
    if (json.kind == json::NodeKind::kArray) {
      const int self = Add(AvroKind::kUnion);
      for (const Node* branch = document_.first(json); branch != nullptr; branch = document_.next(*branch)) {
        SLUICE_ASSIGN_OR_RETURN(const int child, Type(*branch, space, depth + 1));
        node(self).children.push_back(child);
      }
      return self;
    }
    if (json.kind != json::NodeKind::kObject) return Bad("a type is neither a name, a list nor an object");
    const Node* type = document_.Get(&json, "type");
    if (type == nullptr) return Bad("an object lacks its type");
    if (type->is_container()) return Type(*type, space, depth + 1);
    return Object(json, std::string(type->text), space, depth);
  }

  Result<int> Object(const Node& json, const std::string& type, std::string space, int depth) {
    if (type == "array" || type == "map") {
      const int self = Add(type == "array" ? AvroKind::kArray : AvroKind::kMap);
      const Node* inside = document_.Get(&json, type == "array" ? "items" : "values");
      if (inside == nullptr) return Bad("an " + type + " lacks the type of its elements");
      SLUICE_ASSIGN_OR_RETURN(const int child, Type(*inside, space, depth + 1));
      node(self).children.push_back(child);
      return self;
    }
    const bool record = type == "record" || type == "error";
    if (record || type == "enum" || type == "fixed") {
      const int self = Add(record ? AvroKind::kRecord : type == "enum" ? AvroKind::kEnum : AvroKind::kFixed);
      Define(json, self, &space);
      SLUICE_RETURN_IF_ERROR(record ? Fields(json, self, space, depth) : Details(json, self));
      return self;
    }
    SLUICE_ASSIGN_OR_RETURN(const int self, Named(type, space));
    SLUICE_RETURN_IF_ERROR(Details(json, self));
    return self;
  }

  /// Its name, for later references; a name with dots or a namespace holds for what is inside.
  void Define(const Node& json, int self, std::string* space) {
    std::string name = TextOf(json, "name");
    const std::string own = TextOf(json, "namespace");
    if (const size_t dot = name.rfind('.'); dot != std::string::npos) {
      *space = name.substr(0, dot);
    } else {
      if (!own.empty()) *space = own;
      if (!space->empty()) name = *space + "." + name;
    }
    named_[name] = self;
    named_.emplace(name.substr(name.rfind('.') + 1), self);
  }

  Status Fields(const Node& json, int self, const std::string& space, int depth) {
    const Node* fields = document_.Get(&json, "fields");
    if (fields == nullptr || fields->kind != json::NodeKind::kArray) return Bad("a record lacks its fields");
    for (const Node* f = document_.first(*fields); f != nullptr; f = document_.next(*f)) {
      const Node* type = document_.Get(f, "type");
      if (type == nullptr) return Bad("a field lacks its type");
      SLUICE_ASSIGN_OR_RETURN(const int child, Type(*type, space, depth + 1));
      node(self).children.push_back(child);
      node(self).names.push_back(TextOf(*f, "name"));
    }
    return {};
  }

  Status Details(const Node& json, int self) {
    node(self).logical = TextOf(json, "logicalType");
    node(self).precision = std::atoi(TextOf(json, "precision").c_str());
    node(self).scale = std::atoi(TextOf(json, "scale").c_str());
    if (node(self).kind == AvroKind::kFixed) {
      node(self).size = std::atoll(TextOf(json, "size").c_str());
      if (node(self).size < 0) return Bad("a fixed type has a negative size");
    }
    const Node* symbols = document_.Get(&json, "symbols");
    if (node(self).kind != AvroKind::kEnum || symbols == nullptr) return {};
    for (const Node* s = document_.first(*symbols); s != nullptr; s = document_.next(*s)) {
      node(self).names.emplace_back(s->text);
    }
    return {};
  }

  json::Document document_;
  SchemaTree tree_;
  std::map<std::string, int> named_;
};

Result<SchemaTree> SchemaTree::Parse(std::string_view json) { return SchemaParser().Run(json); }

}  // namespace sluice::engine::avro
