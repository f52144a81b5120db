#include "engine/formats/protobuf/proto_plan.h"

#include <algorithm>

namespace sluice::engine::protobuf {
namespace {

constexpr int kSmallNumbers = 256;

/// Java's name for what a field holds, and whether a column of the kind can take it.
const char* JavaType(const FieldType& field) {
  switch (field.kind) {
    case WireKind::kInt64:
    case WireKind::kUint64:
    case WireKind::kSint64:
    case WireKind::kFixed64:
    case WireKind::kSfixed64: return "LONG";
    case WireKind::kFloat: return "FLOAT";
    case WireKind::kDouble: return "DOUBLE";
    case WireKind::kBool: return "BOOLEAN";
    case WireKind::kEnum: return "ENUM";
    case WireKind::kString: return "STRING";
    case WireKind::kBytes: return "BYTE_STRING";
    case WireKind::kMessage:
    case WireKind::kGroup: return "MESSAGE";
    default: return "INT";
  }
}

bool Fits(const FieldType& field, const DataType& type) {
  const TypeKind kind = type.kind();
  switch (field.kind) {
    case WireKind::kInt64:
    case WireKind::kUint64:
    case WireKind::kSint64:
    case WireKind::kFixed64:
    case WireKind::kSfixed64: return kind == TypeKind::kBigint;
    case WireKind::kFloat: return kind == TypeKind::kFloat;
    case WireKind::kDouble: return kind == TypeKind::kDouble;
    case WireKind::kBool: return kind == TypeKind::kBoolean;
    case WireKind::kEnum:
      return type.is_character() || kind == TypeKind::kTinyint || kind == TypeKind::kSmallint ||
             kind == TypeKind::kInteger || kind == TypeKind::kBigint;
    case WireKind::kString: return type.is_character();
    case WireKind::kBytes: return type.is_binary();
    case WireKind::kMessage:
    case WireKind::kGroup: return kind == TypeKind::kRow;
    default: return kind == TypeKind::kInteger;
  }
}

/// The LogicalTypeRoot of Flink.
std::string RootOf(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kInteger: return "INTEGER";
    case TypeKind::kVarchar: return "VARCHAR";
    case TypeKind::kVarbinary: return "VARBINARY";
    default: break;
  }
  const std::string text = type.ToString(false);
  return text.substr(0, text.find_first_of("(<"));
}

Error Unexpected(const DataType& type, const char* wanted) {
  return Error(ErrorCode::kValidation,
               "Unexpected LogicalType: " + type.ToString() + ". It should be " + wanted + "Type");
}

Status CheckSimple(const FieldType& field, const DataType& type) {
  if (Fits(field, type)) return {};
  return Error(ErrorCode::kValidation, "Protobuf field type does not match column type, " +
                                           std::string(JavaType(field)) + "(protobuf) is not compatible of " +
                                           RootOf(type) + " (field '" + field.name + "')");
}

Result<std::unique_ptr<const MessagePlan>> PlanOfValue(const FieldType& field, const DataType& type) {
  if (field.message == nullptr) {
    SLUICE_RETURN_IF_ERROR(CheckSimple(field, type));
    return std::unique_ptr<const MessagePlan>();
  }
  if (type.kind() != TypeKind::kRow) return Unexpected(type, "Row");
  return MakePlan(*field.message, type.fields());
}

Result<std::unique_ptr<const MessagePlan>> PlanOfField(const FieldType& field, const DataType& type) {
  if (field.map) {
    if (type.kind() != TypeKind::kMap) return Unexpected(type, "Map");
    return MakePlan(*field.message, {{"key", type.child(0), ""}, {"value", type.child(1), ""}});
  }
  if (!field.repeated) return PlanOfValue(field, type);
  if (type.kind() != TypeKind::kArray) return Unexpected(type, "Array");
  return PlanOfValue(field, type.child(0));
}

}  // namespace

WireType WireTypeOf(WireKind kind) {
  switch (kind) {
    case WireKind::kFixed32:
    case WireKind::kSfixed32:
    case WireKind::kFloat: return WireType::kFixed32;
    case WireKind::kFixed64:
    case WireKind::kSfixed64:
    case WireKind::kDouble: return WireType::kFixed64;
    case WireKind::kString:
    case WireKind::kBytes:
    case WireKind::kMessage: return WireType::kDelimited;
    case WireKind::kGroup: return WireType::kStartGroup;
    default: return WireType::kVarint;
  }
}

const FieldPlan* MessagePlan::Find(uint32_t number) const {
  if (number < by_number.size()) {
    const int found = by_number[number];
    return found < 0 ? nullptr : &fields[static_cast<size_t>(found)];
  }
  auto it = std::lower_bound(fields.begin(), fields.end(), number,
                             [](const FieldPlan& f, uint32_t n) { return static_cast<uint32_t>(f.field->number) < n; });
  return it != fields.end() && static_cast<uint32_t>(it->field->number) == number ? &*it : nullptr;
}

Result<std::unique_ptr<const MessagePlan>> MakePlan(const MessageType& message, const Schema& columns) {
  auto plan = std::make_unique<MessagePlan>();
  plan->message = &message;
  for (size_t k = 0; k < columns.size(); ++k) {
    FieldPlan field;
    field.field = message.Find(columns[k].name);
    if (field.field == nullptr) {
      return Error(ErrorCode::kValidation, "Column " + columns[k].name +
                                               " does not exists in definition of proto class. (message " +
                                               message.name + ")");
    }
    field.column = k;
    field.type = columns[k].type;
    SLUICE_ASSIGN_OR_RETURN(field.message, PlanOfField(*field.field, field.type));
    plan->fields.push_back(std::move(field));
  }
  std::sort(plan->fields.begin(), plan->fields.end(),
            [](const FieldPlan& a, const FieldPlan& b) { return a.field->number < b.field->number; });
  for (const FieldType& f : message.fields) plan->required += f.required ? 1 : 0;
  for (size_t k = 0; k < plan->fields.size(); ++k) {
    const int number = plan->fields[k].field->number;
    if (number >= kSmallNumbers) break;
    plan->by_number.resize(static_cast<size_t>(number) + 1, -1);
    plan->by_number[static_cast<size_t>(number)] = static_cast<int>(k);
  }
  return std::unique_ptr<const MessagePlan>(std::move(plan));
}

}  // namespace sluice::engine::protobuf
