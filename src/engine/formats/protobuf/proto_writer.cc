#include "engine/formats/protobuf/proto_writer.h"

#include <bit>

#include "engine/formats/protobuf/wire.h"
#include "engine/formats/text/scalar_text.h"

namespace sluice::engine::protobuf {
namespace {

template <typename T>
void WriteFixed(T v, std::string& out) {
  out.append(reinterpret_cast<const char*>(&v), sizeof(v));
}

/// As Flink: what the enum does not know is its first value.
int32_t EnumNumber(const FieldType& field, const Column& column, size_t row) {
  const EnumType& e = *field.enumeration;
  if (column.physical() == PhysicalType::kString) {
    const int32_t* number = e.NumberOf(column.string_at(row));
    return number != nullptr ? *number : e.values[0].first;
  }
  const auto number = static_cast<int32_t>(text::LoadInt(column, row));
  return e.NameOf(number) != nullptr ? number : e.values[0].first;
}

class Writer {
 public:
  Writer(const std::string& null_text, std::string& out) : null_text_(null_text), out_(out) {}

  void Message(const MessagePlan& plan, const std::vector<const Column*>& columns, size_t row) {
    for (const FieldPlan& field : plan.fields) {
      const Column& column = *columns[field.column];
      if (column.IsNull(row) || Replaced(plan, field, columns, row)) continue;
      const FieldType& f = *field.field;
      if (f.map) {
        Map(field, column, row);
      } else if (f.repeated) {
        Array(field, column, row);
      } else if (f.has_presence || !IsDefault(f, column, row)) {
        Tagged(field, column, row);
      }
    }
  }

 private:
  /// Another column of the same oneof is set after it.
  static bool Replaced(const MessagePlan& plan, const FieldPlan& field, const std::vector<const Column*>& columns,
                       size_t row) {
    if (field.field->oneof < 0) return false;
    for (const FieldPlan& other : plan.fields) {
      if (other.field->oneof == field.field->oneof && other.column > field.column &&
          !columns[other.column]->IsNull(row)) {
        return true;
      }
    }
    return false;
  }

  static bool IsDefault(const FieldType& f, const Column& column, size_t row) {
    switch (f.kind) {
      case WireKind::kFloat: return std::bit_cast<uint32_t>(column.at<float>(row)) == 0;
      case WireKind::kDouble: return std::bit_cast<uint64_t>(column.at<double>(row)) == 0;
      case WireKind::kBool: return column.at<uint8_t>(row) == 0;
      case WireKind::kString:
      case WireKind::kBytes: return column.at<StringRef>(row).size() == 0;
      case WireKind::kEnum: return EnumNumber(f, column, row) == 0;
      case WireKind::kMessage:
      case WireKind::kGroup: return false;
      default: return text::LoadInt(column, row) == 0;
    }
  }

  void Tagged(const FieldPlan& field, const Column& column, size_t row) {
    const FieldType& f = *field.field;
    WriteTag(f.number, WireTypeOf(f.kind), out_);
    if (!field.message) return Scalar(f, column, row);
    std::vector<const Column*> children;
    for (size_t k = 0; k < column.child_count(); ++k) children.push_back(column.child(k).get());
    std::string inner;
    Writer(null_text_, inner).Message(*field.message, children, row);
    if (f.kind != WireKind::kGroup) return WriteDelimited(inner, out_);
    out_ += inner;
    WriteTag(f.number, WireType::kEndGroup, out_);
  }

  /// An element of an ARRAY, key or value of a MAP.
  void Part(const FieldPlan& field, const Column& column, size_t row) {
    if (!column.IsNull(row)) return Tagged(field, column, row);
    WriteTag(field.field->number, WireTypeOf(field.field->kind), out_);
    Absent(*field.field);
    if (field.field->kind == WireKind::kGroup) WriteTag(field.field->number, WireType::kEndGroup, out_);
  }

  void Array(const FieldPlan& field, const Column& column, size_t row) {
    const ListSlice slice = column.at<ListSlice>(row);
    const Column& elements = *column.child(0);
    const FieldType& f = *field.field;
    if (!f.packed || slice.length == 0) {
      for (uint32_t k = slice.offset; k < slice.offset + slice.length; ++k) Part(field, elements, k);
      return;
    }
    std::string inner;
    Writer packed(null_text_, inner);
    for (uint32_t k = slice.offset; k < slice.offset + slice.length; ++k) {
      elements.IsNull(k) ? packed.Absent(f) : packed.Scalar(f, elements, k);
    }
    WriteTag(f.number, WireType::kDelimited, out_);
    WriteDelimited(inner, out_);
  }

  void Map(const FieldPlan& field, const Column& column, size_t row) {
    const ListSlice slice = column.at<ListSlice>(row);
    for (uint32_t k = slice.offset; k < slice.offset + slice.length; ++k) {
      std::string inner;
      Writer entry(null_text_, inner);
      for (const FieldPlan& part : field.message->fields) entry.Part(part, *column.child(part.column), k);
      WriteTag(field.field->number, WireType::kDelimited, out_);
      WriteDelimited(inner, out_);
    }
  }

  void Scalar(const FieldType& f, const Column& column, size_t row) {
    switch (f.kind) {
      case WireKind::kFloat: return WriteFixed(column.at<float>(row), out_);
      case WireKind::kDouble: return WriteFixed(column.at<double>(row), out_);
      case WireKind::kFixed32:
      case WireKind::kSfixed32: return WriteFixed(static_cast<int32_t>(text::LoadInt(column, row)), out_);
      case WireKind::kFixed64:
      case WireKind::kSfixed64: return WriteFixed(text::LoadInt(column, row), out_);
      case WireKind::kString:
      case WireKind::kBytes: return WriteDelimited(column.string_at(row), out_);
      case WireKind::kBool: return WriteVarint(column.at<uint8_t>(row) != 0 ? 1 : 0, out_);
      case WireKind::kEnum: return WriteVarint(static_cast<uint64_t>(int64_t{EnumNumber(f, column, row)}), out_);
      case WireKind::kSint32: return WriteVarint(ZigZag(text::LoadInt(column, row)) & UINT32_MAX, out_);
      case WireKind::kSint64: return WriteVarint(ZigZag(text::LoadInt(column, row)), out_);
      case WireKind::kUint32: return WriteVarint(static_cast<uint32_t>(text::LoadInt(column, row)), out_);
      default: return WriteVarint(static_cast<uint64_t>(text::LoadInt(column, row)), out_);
    }
  }

  /// The value that stands for NULL.
  void Absent(const FieldType& f) {
    switch (WireTypeOf(f.kind)) {
      case WireType::kFixed32: return WriteFixed(uint32_t{0}, out_);
      case WireType::kFixed64: return WriteFixed(uint64_t{0}, out_);
      case WireType::kDelimited: return WriteDelimited(f.kind == WireKind::kString ? null_text_ : "", out_);
      case WireType::kVarint:
        return WriteVarint(
            f.kind == WireKind::kEnum ? static_cast<uint64_t>(int64_t{f.enumeration->values[0].first}) : 0, out_);
      default: return;
    }
  }

  const std::string& null_text_;
  std::string& out_;
};

}  // namespace

void WriteMessage(const MessagePlan& plan, const std::vector<const Column*>& columns, size_t row,
                  const std::string& null_text, std::string& out) {
  Writer(null_text, out).Message(plan, columns, row);
}

}  // namespace sluice::engine::protobuf
