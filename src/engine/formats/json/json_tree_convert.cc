#include "engine/formats/json/json_tree_convert.h"

#include "engine/formats/json/json_convert.h"
#include "engine/formats/json/json_scalars.h"
#include "engine/formats/text/scalar_text.h"
#include "engine/types/number_text.h"

namespace sluice::engine::json {

void SetOutputsNull(const std::vector<FieldPlan>& fields, const std::vector<ColumnPtr>& columns, size_t i) {
  for (const FieldPlan& f : fields) {
    if (f.output >= 0) SetNullDeep(*columns[static_cast<size_t>(f.output)], i);
    SetOutputsNull(f.children, columns, i);
  }
}

bool TreeConverter::Fail(std::string message) {
  error_ = std::move(message);
  return false;
}

bool TreeConverter::AtField(const std::string& name) {
  return Fail("Fail to deserialize at field: " + name + ". " + error_);
}

bool TreeConverter::Missing(const std::string& name) {
  return !options_.fail_on_missing_field || Fail("Could not find field with name '" + name + "'.");
}

bool TreeConverter::Convert(const Node* node, Column& column, size_t i) {
  if (node == nullptr || node->kind == NodeKind::kNull) {
    SetNullDeep(column, i);
    return true;
  }
  column.SetValid(i);
  if (ConvertNotNull(*node, column, i)) return true;
  SetNullDeep(column, i);
  return options_.ignore_parse_errors;
}

bool TreeConverter::ReadFields(const std::vector<FieldPlan>& fields, const Node& object,
                               const std::vector<ColumnPtr>& columns, size_t i) {
  if (object.kind != NodeKind::kObject) return Fail("Illegal JSON object data...");
  for (const FieldPlan& field : fields) {
    const Node* node = document_->Get(&object, field.name);
    if (node == nullptr && !Missing(field.name)) return AtField(field.name);
    if (field.is_read() && !ReadField(field, node, columns, i)) return AtField(field.name);
  }
  return true;
}

bool TreeConverter::ReadField(const FieldPlan& field, const Node* node, const std::vector<ColumnPtr>& columns,
                              size_t i) {
  if (field.output >= 0) return Convert(node, *columns[static_cast<size_t>(field.output)], i);
  const bool empty = node == nullptr || node->kind == NodeKind::kNull;
  if (!empty && ReadFields(field.children, *node, columns, i)) return true;
  SetOutputsNull(field.children, columns, i);
  return empty || options_.ignore_parse_errors;
}

bool TreeConverter::ConvertNotNull(const Node& node, Column& column, size_t i) {
  switch (column.physical()) {
    case PhysicalType::kArray: return ConvertArray(node, column, i);
    case PhysicalType::kMap: return ConvertMap(node, column, i);
    case PhysicalType::kRow: return ConvertRow(node, column, i);
    case PhysicalType::kString:
      return column.type().is_binary() ? ConvertBytes(node, column, i) : ConvertString(node, column, i);
    default: return ConvertScalar(node, column, i);
  }
}

bool TreeConverter::ConvertScalar(const Node& node, Column& column, size_t i) {
  const std::string_view text = document_->AsText(node, decimals_, scratch_);
  switch (column.type().kind()) {
    case TypeKind::kBoolean:
      column.data<uint8_t>()[i] = node.kind == NodeKind::kTrue || text::ParseJavaBoolean(JavaTrim(text));
      return true;
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      return StoreInteger(node.kind == NodeKind::kFloat, JavaTrim(text), column, i, &error_);
    case TypeKind::kFloat:
    case TypeKind::kDouble: return ConvertFloating(node, column, i);
    case TypeKind::kDecimal: return ConvertDecimal(node, column, i);
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return StoreTemporal(text, options_.standard, column, i, &error_);
    default: column.SetNull(i); return true;
  }
}

bool TreeConverter::ConvertFloating(const Node& node, Column& column, size_t i) {
  const std::string_view text = document_->AsText(node, decimals_, scratch_);
  if (column.type().kind() == TypeKind::kDouble) {
    const std::optional<double> v = ParseDouble(node.kind == NodeKind::kFloat ? node.text : text);
    if (!v) return Fail("For input string: \"" + std::string(text) + "\"");
    column.data<double>()[i] = *v;
    return true;
  }
  if (node.kind == NodeKind::kFloat && !decimals_) {
    // A double node first: rounded twice.
    column.data<float>()[i] = static_cast<float>(ParseDouble(node.text).value_or(0));
    return true;
  }
  const std::optional<float> v = ParseFloat(text);
  if (!v) return Fail("For input string: \"" + std::string(text) + "\"");
  column.data<float>()[i] = *v;
  return true;
}

bool TreeConverter::ConvertDecimal(const Node& node, Column& column, size_t i) {
  const std::string_view text = document_->AsText(node, decimals_, scratch_);
  if (text::StoreDecimal(column, i, text)) return true;
  return Fail("Character array is not a number: " + std::string(text));
}

bool TreeConverter::ConvertString(const Node& node, Column& column, size_t i) {
  if (node.is_container()) {
    scratch_.clear();
    document_->Write(node, decimals_, scratch_);
    column.SetString(i, scratch_);
    return true;
  }
  const std::string_view text = document_->AsText(node, decimals_, scratch_);
  if (chunk_ && node.in_text && text.data() == node.text.data() && text.size() > StringRef::kInline) {
    column.Retain(chunk_);
    column.data<StringRef>()[i] = StringRef(text);
  } else {
    column.SetString(i, text);
  }
  return true;
}

bool TreeConverter::ConvertBytes(const Node& node, Column& column, size_t i) {
  // JsonNode.binaryValue of anything but a string is null.
  if (node.kind != NodeKind::kString) {
    column.SetNull(i);
    return true;
  }
  if (!text::DecodeBase64(node.text, &scratch_)) return Fail("Unable to deserialize byte array.");
  column.SetString(i, scratch_);
  return true;
}

bool TreeConverter::ConvertArray(const Node& node, Column& column, size_t i) {
  if (node.kind != NodeKind::kArray) return Fail("Illegal JSON array data...");
  Column& elements = *column.child(0);
  const size_t offset = elements.size();
  elements.Resize(offset + node.count);
  size_t at = offset;
  for (const Node* child = document_->first(node); child != nullptr; child = document_->next(*child)) {
    if (!Convert(child, elements, at++)) return false;
  }
  column.data<ListSlice>()[i] = {static_cast<uint32_t>(offset), node.count};
  return true;
}

bool TreeConverter::ConvertMap(const Node& node, Column& column, size_t i) {
  // A value without fields is an empty map: JsonNode.fields of a scalar has none.
  std::vector<std::string> names;
  const ColumnPtr read = Column::Make(column.child(1)->type(), 0);
  if (node.kind == NodeKind::kObject) {
    read->Resize(node.count);
    for (const Node* child = document_->first(node); child != nullptr; child = document_->next(*child)) {
      names.emplace_back(child->name);
      if (!Convert(child, *read, names.size() - 1)) return false;
    }
  }
  text::StoreTextMap(column, i, names, *read);
  return true;
}

bool TreeConverter::ConvertRow(const Node& node, Column& column, size_t i) {
  if (node.kind != NodeKind::kObject) return Fail("Illegal JSON object data...");
  const std::vector<RowField>& fields = column.type().fields();
  for (size_t k = 0; k < fields.size(); ++k) {
    const Node* child = document_->Get(&node, fields[k].name);
    if (child == nullptr && !Missing(fields[k].name)) return AtField(fields[k].name);
    if (!Convert(child, *column.child(k), i)) return AtField(fields[k].name);
  }
  return true;
}

}  // namespace sluice::engine::json
