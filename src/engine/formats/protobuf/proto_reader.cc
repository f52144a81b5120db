#include "engine/formats/protobuf/proto_reader.h"

#include <algorithm>
#include <bit>
#include <span>

#include "engine/columnar/java_hash_order.h"
#include "engine/columnar/row_ops.h"
#include "engine/formats/text/scalar_text.h"
#include "engine/formats/text/utf8.h"

namespace sluice::engine::protobuf {
namespace {

constexpr int kDeepest = 100;  // as protobuf-java's recursion limit

void StoreInt(Column& column, size_t row, int64_t v) {
  if (column.physical() == PhysicalType::kBool) {
    column.data<uint8_t>()[row] = v != 0 ? 1 : 0;
  } else {
    text::StoreInt(column, row, v);
  }
}

/// A number of a type whose wire type is a varint.
int64_t FromVarint(WireKind kind, uint64_t v) {
  switch (kind) {
    case WireKind::kSint32: return static_cast<int32_t>(UnZigZag(v & UINT32_MAX));
    case WireKind::kSint64: return UnZigZag(v);
    case WireKind::kBool: return v != 0 ? 1 : 0;
    case WireKind::kInt64:
    case WireKind::kUint64: return static_cast<int64_t>(v);
    default: return static_cast<int32_t>(v);  // as Java, unsigned numbers wrap
  }
}

void SetNullDeep(Column& column, size_t row) {
  column.SetNull(row);
  if (column.physical() != PhysicalType::kRow) return;
  for (size_t k = 0; k < column.child_count(); ++k) SetNullDeep(*column.child(k), row);
}

std::span<const ColumnPtr> ChildrenOf(const Column& column) {
  if (column.child_count() == 0) return {};
  return {&column.child(0), column.child_count()};
}

/// One more element of an ARRAY or MAP at the end of its child columns, which belong to this row.
size_t Grow(Column& column, size_t row) {
  ListSlice& slice = column.data<ListSlice>()[row];
  Column& first = *column.child(0);
  if (slice.length == 0) slice.offset = static_cast<uint32_t>(first.size());
  ++slice.length;
  column.SetValid(row);
  for (size_t k = 0; k < column.child_count(); ++k) column.child(k)->Resize(first.size() + (k == 0 ? 1 : 0));
  return first.size() - 1;
}

void Shrink(Column& column, size_t row) {
  ListSlice& slice = column.data<ListSlice>()[row];
  --slice.length;
  for (size_t k = 0; k < column.child_count(); ++k) column.child(k)->Resize(slice.offset + slice.length);
}

}  // namespace

bool MessageReader::Fail(const char* why) {
  if (why_.empty()) why_ = why;
  return false;
}

Status MessageReader::Read(const MessagePlan& plan, std::string_view bytes, const std::shared_ptr<const Buffer>& chunk,
                           std::vector<ColumnPtr>& columns, size_t row) {
  chunk_ = chunk;
  why_.clear();
  depth_ = 0;
  Clear(plan, columns, row);
  if (ReadFields(plan, bytes, columns, row)) return {};
  return Error(ErrorCode::kData, "Failed to deserialize PB object: " +
                                     (why_.empty() ? std::string("the message ends early or is broken.") : why_));
}

void MessageReader::Clear(const MessagePlan& plan, const Columns& columns, size_t row) {
  for (const FieldPlan& field : plan.fields) ClearField(plan, field, *columns[field.column], row);
}

void MessageReader::ClearField(const MessagePlan& plan, const FieldPlan& field, Column& column, size_t row) {
  const FieldType& f = *field.field;
  if (f.repeated) {
    column.data<ListSlice>()[row] = {};
    read_defaults_ ? column.SetValid(row) : column.SetNull(row);
  } else if (field.message) {
    if (!read_defaults_) return SetNullDeep(column, row);
    column.SetValid(row);
    Clear(*field.message, ChildrenOf(column), row);
  } else if (read_defaults_ || plan.message->proto3) {
    SetDefault(f, column, row);
  } else {
    column.SetNull(row);
  }
}

void MessageReader::SetDefault(const FieldType& field, Column& column, size_t row) {
  bool known = true;
  column.SetValid(row);
  switch (field.kind) {
    case WireKind::kFloat: column.data<float>()[row] = static_cast<float>(field.default_double); break;
    case WireKind::kDouble: column.data<double>()[row] = field.default_double; break;
    case WireKind::kString:
    case WireKind::kBytes: column.SetString(row, field.default_text); break;
    case WireKind::kEnum: StoreEnum(field, static_cast<int32_t>(field.default_int), column, row, &known); break;
    default: StoreInt(column, row, field.default_int); break;
  }
}

bool MessageReader::ReadFields(const MessagePlan& plan, std::string_view bytes, const Columns& columns, size_t row) {
  if (++depth_ > kDeepest) {
    return Fail("Protocol message had too many levels of nesting. May be malicious.");
  }
  WireReader in(bytes);
  std::vector<int32_t> required;
  while (!in.done()) {
    uint32_t number = 0, type = 0;
    if (!in.Tag(&number, &type)) return Fail("Protocol message contained an invalid tag.");
    if (type == WireType::kEndGroup) return Fail("Protocol message end-group tag did not match expected tag.");
    if (plan.required > 0) required.push_back(static_cast<int32_t>(number));
    const FieldPlan* field = plan.Find(number);
    const bool ok = field != nullptr ? ReadField(plan, *field, type, in, columns, row) : in.Skip(number, type);
    if (!ok) return false;
  }
  --depth_;
  for (const FieldPlan& field : plan.fields) {
    if (field.field->map) OrderEntries(*columns[field.column], row);
  }
  if (plan.required == 0) return true;
  for (const FieldType& f : plan.message->fields) {
    if (!f.required || std::find(required.begin(), required.end(), f.number) != required.end()) continue;
    return Fail(("Message missing required fields: " + f.name).c_str());
  }
  return true;
}

bool MessageReader::ReadField(const MessagePlan& plan, const FieldPlan& field, uint32_t type, WireReader& in,
                              const Columns& columns, size_t row) {
  const FieldType& f = *field.field;
  Column& column = *columns[field.column];
  const uint32_t own = WireTypeOf(f.kind);
  const bool packed =
      f.repeated && type == WireType::kDelimited && own != WireType::kDelimited && own != WireType::kStartGroup;
  // As Protobuf has it, a field of another wire type is one that nobody knows.
  if (type != own && !packed) return in.Skip(static_cast<uint32_t>(f.number), type);
  if (packed) {
    std::string_view bytes;
    return in.Delimited(&bytes) && ReadPacked(field, bytes, column, row);
  }
  if (f.map) return ReadEntry(field, in, column, row);
  if (f.repeated) return ReadElement(field, type, in, column, row);
  if (f.oneof >= 0) {
    for (const FieldPlan& other : plan.fields) {
      if (&other != &field && other.field->oneof == f.oneof) ClearField(plan, other, *columns[other.column], row);
    }
  }
  return ReadValue(field, type, in, column, row);
}

bool MessageReader::ReadElement(const FieldPlan& field, uint32_t type, WireReader& in, Column& column, size_t row) {
  const size_t at = Grow(column, row);
  Column& elements = *column.child(0);
  if (field.message) return ReadMessage(field, type, in, elements, at, true);
  bool known = true;
  if (!ReadScalar(*field.field, type, in, elements, at, &known)) return false;
  if (!known) Shrink(column, row);
  return true;
}

bool MessageReader::ReadPacked(const FieldPlan& field, std::string_view bytes, Column& list, size_t row) {
  WireReader in(bytes);
  const uint32_t type = WireTypeOf(field.field->kind);
  while (!in.done()) {
    const size_t at = Grow(list, row);
    bool known = true;
    if (!ReadScalar(*field.field, type, in, *list.child(0), at, &known)) return false;
    if (!known) Shrink(list, row);
  }
  return true;
}

bool MessageReader::ReadValue(const FieldPlan& field, uint32_t type, WireReader& in, Column& column, size_t row) {
  // A message that comes in pieces is merged: what the first piece has set stays.
  if (field.message) return ReadMessage(field, type, in, column, row, column.IsNull(row));
  bool known = true;
  return ReadScalar(*field.field, type, in, column, row, &known);
}

bool MessageReader::ReadMessage(const FieldPlan& field, uint32_t type, WireReader& in, Column& column, size_t row,
                                bool fresh) {
  std::string_view bytes;
  const bool whole = type == WireType::kStartGroup ? in.GroupBytes(static_cast<uint32_t>(field.field->number), &bytes)
                                                   : in.Delimited(&bytes);
  if (!whole) return false;
  const Columns children = ChildrenOf(column);
  if (fresh) {
    column.SetValid(row);
    Clear(*field.message, children, row);
  }
  return ReadFields(*field.message, bytes, children, row);
}

/// Key and value, each with its default if the entry has it not.
bool MessageReader::ReadEntry(const FieldPlan& field, WireReader& in, Column& column, size_t row) {
  std::string_view bytes;
  if (!in.Delimited(&bytes)) return false;
  const size_t at = Grow(column, row);
  const MessagePlan& entry = *field.message;
  const Columns parts = ChildrenOf(column);
  for (const FieldPlan& part : entry.fields) {
    if (part.message) {
      parts[part.column]->SetValid(at);
      Clear(*part.message, ChildrenOf(*parts[part.column]), at);
    } else {
      SetDefault(*part.field, *parts[part.column], at);
    }
  }
  WireReader fields(bytes);
  while (!fields.done()) {
    uint32_t number = 0, type = 0;
    if (!fields.Tag(&number, &type)) return Fail("Protocol message contained an invalid tag.");
    const FieldPlan* part = entry.Find(number);
    if (part == nullptr || type != WireTypeOf(part->field->kind)) {
      if (!fields.Skip(number, type)) return false;
    } else if (!ReadValue(*part, type, fields, *parts[part->column], at)) {
      return false;
    }
  }
  return true;
}

/// The last of equal keys counts, and entries stand as in a java.util.HashMap.
void MessageReader::OrderEntries(Column& column, size_t row) {
  ListSlice& slice = column.data<ListSlice>()[row];
  if (column.IsNull(row) || slice.length < 2) return;
  Column& keys = *column.child(0);
  std::vector<size_t> entries;  // places of the first, indices of the last
  std::vector<int32_t> hashes;
  for (size_t k = slice.offset; k < slice.offset + slice.length; ++k) {
    const int32_t hash = JavaHashCode(keys, k).value_or(0);
    size_t e = 0;
    while (e < entries.size() && (hashes[e] != hash || !EqualsAt(keys, entries[e], keys, k))) ++e;
    if (e < entries.size()) {
      entries[e] = k;
    } else {
      entries.push_back(k);
      hashes.push_back(hash);
    }
  }
  const auto begin = static_cast<uint32_t>(keys.size());
  const std::vector<size_t> order = HashMapOrder(std::span<const int32_t>(hashes));
  for (size_t c = 0; c < 2; ++c) {
    // AppendFrom may not read the column that it grows.
    const ColumnPtr ordered = Column::Make(column.child(c)->type(), 0);
    for (const size_t place : order) ordered->AppendFrom(*column.child(c), entries[place]);
    for (size_t k = 0; k < order.size(); ++k) column.child(c)->AppendFrom(*ordered, k);
  }
  slice = {begin, static_cast<uint32_t>(keys.size()) - begin};
}

bool MessageReader::ReadScalar(const FieldType& field, uint32_t type, WireReader& in, Column& column, size_t row,
                               bool* known) {
  std::string_view text;
  uint64_t wide = 0;
  uint32_t narrow = 0;
  switch (type) {
    case WireType::kDelimited: return in.Delimited(&text) && StoreText(field, text, column, row);
    case WireType::kFixed64:
      if (!in.Fixed(&wide)) return false;
      column.SetValid(row);
      if (field.kind == WireKind::kDouble) {
        column.data<double>()[row] = std::bit_cast<double>(wide);
      } else {
        StoreInt(column, row, static_cast<int64_t>(wide));
      }
      return true;
    case WireType::kFixed32:
      if (!in.Fixed(&narrow)) return false;
      column.SetValid(row);
      if (field.kind == WireKind::kFloat) {
        column.data<float>()[row] = std::bit_cast<float>(narrow);
      } else {
        StoreInt(column, row, static_cast<int32_t>(narrow));
      }
      return true;
    default: break;
  }
  if (!in.Varint(&wide)) return false;
  if (field.kind == WireKind::kEnum) return StoreEnum(field, static_cast<int32_t>(wide), column, row, known);
  column.SetValid(row);
  StoreInt(column, row, FromVarint(field.kind, wide));
  return true;
}

bool MessageReader::StoreText(const FieldType& field, std::string_view text, Column& column, size_t row) {
  column.SetValid(row);
  if (field.kind == WireKind::kString && !text::IsValidUtf8(text)) {
    if (field.utf8) return Fail("Protocol message had invalid UTF-8.");
    column.SetString(row, text::ReplaceInvalidUtf8(text));
  } else if (text.size() > StringRef::kInline && chunk_) {
    column.Retain(chunk_);
    column.data<StringRef>()[row] = StringRef(text);
  } else {
    column.SetString(row, text);
  }
  return true;
}

/// Numbers that the enum has not: in proto2 they are no value of the field.
bool MessageReader::StoreEnum(const FieldType& field, int32_t number, Column& column, size_t row, bool* known) {
  const std::string* name = field.enumeration->NameOf(number);
  if (name == nullptr && field.enumeration->closed) {
    *known = false;
    return true;
  }
  column.SetValid(row);
  if (column.physical() == PhysicalType::kString) {
    column.SetString(row, name != nullptr ? std::string_view(*name) : "UNRECOGNIZED");
    return true;
  }
  if (name == nullptr) return Fail("Can't get the number of an unknown enum value.");
  StoreInt(column, row, number);
  return true;
}

}  // namespace sluice::engine::protobuf
