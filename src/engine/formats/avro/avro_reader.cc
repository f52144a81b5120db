#include "engine/formats/avro/avro_reader.h"

#include <cstring>

#include "engine/formats/text/scalar_text.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"

namespace sluice::engine::avro {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 28;  // a block that claims more is broken
constexpr int kDeepest = 200;

/// Values of a type that reads Avro's int.
bool TakesInt(TypeKind kind) {
  switch (kind) {
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kDate:
    case TypeKind::kTime: return true;
    default: return false;
  }
}
bool TakesLong(const DataType& type) { return type.kind() == TypeKind::kBigint || type.is_timestamp(); }
bool TakesBytes(const DataType& type) { return type.is_character() || type.is_binary(); }

/// What the long of a timestamp counts a second: the writer's unit if it says one, else the table's.
int64_t UnitsOf(const SchemaNode& node, const DataType& type) {
  if (node.logical.ends_with("timestamp-micros")) return 1'000'000;
  if (node.logical.ends_with("timestamp-millis")) return 1000;
  if (node.logical.ends_with("timestamp-nanos")) return 1'000'000'000;
  return TimestampUnits(type);
}

void StoreUnits(Column& column, size_t i, int64_t v, int64_t units) {
  const int64_t per_milli = units / 1000;
  Timestamp t;
  t.millis = FloorDiv(v, per_milli);
  t.nanos = static_cast<int32_t>((v - t.millis * per_milli) * (1'000'000 / per_milli));
  text::StoreTimestamp(column, i, t);
}

void SetNullDeep(Column& column, size_t i) {
  column.SetNull(i);
  if (column.physical() != PhysicalType::kRow) return;
  for (size_t k = 0; k < column.child_count(); ++k) SetNullDeep(*column.child(k), i);
}

}  // namespace

bool ValueReader::ReadLong(int64_t* out) {
  uint64_t v = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at_ >= limit_) return false;
    const auto byte = static_cast<unsigned char>(*at_++);
    v |= static_cast<uint64_t>(byte & 0x7f) << (shift < 64 ? shift : 63);
    if (byte < 0x80) {
      *out = static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
      return true;
    }
  }
  return false;
}

bool ValueReader::Take(size_t size, std::string_view* out) {
  if (size > left()) return false;
  *out = {at_, size};
  at_ += size;
  return true;
}

bool ValueReader::ReadBytes(std::string_view* out) {
  int64_t size = 0;
  return ReadLong(&size) && size >= 0 && Take(static_cast<size_t>(size), out);
}

bool ValueReader::Union(const SchemaNode& node, int* branch) {
  int64_t number = 0;
  if (!ReadLong(&number) || number < 0 || number >= static_cast<int64_t>(node.children.size())) return false;
  *branch = node.children[static_cast<size_t>(number)];
  return true;
}

/// Arrays and maps come in blocks of items; a negative count is followed by the block's size in bytes.
template <typename F>
bool ValueReader::ReadBlocks(F&& item) {
  while (true) {
    int64_t count = 0, bytes = 0;
    if (!ReadLong(&count)) return false;
    if (count == 0) return true;
    if (count < 0 && (count == INT64_MIN || !ReadLong(&bytes))) return false;
    if (count < 0) count = -count;
    if (count > kMostElements) return false;
    for (int64_t k = 0; k < count; ++k) {
      const char* before = at_;
      if (!item()) return false;
      if (at_ == before && count > 1'000'000) return false;  // items of no bytes: memory for nothing
    }
  }
}

bool ValueReader::Read(int number, Column& column, size_t i) {
  const SchemaNode& node = tree_.at(number);
  switch (node.kind) {
    case AvroKind::kUnion: {
      int branch = 0;
      return Union(node, &branch) && Read(branch, column, i);
    }
    case AvroKind::kNull: SetNullDeep(column, i); return column.type().nullable();
    case AvroKind::kBoolean: {
      std::string_view byte;
      if (column.physical() != PhysicalType::kBool || !Take(1, &byte)) return false;
      column.SetValid(i);
      column.data<uint8_t>()[i] = byte[0] == 1;
      return true;
    }
    case AvroKind::kArray: return column.type().kind() == TypeKind::kArray && ReadArray(node, column, i);
    case AvroKind::kMap: return column.physical() == PhysicalType::kMap && ReadMap(node, column, i);
    case AvroKind::kRecord: return column.physical() == PhysicalType::kRow && ReadRecord(number, column, i);
    case AvroKind::kBytes:
    case AvroKind::kString:
    case AvroKind::kFixed:
    case AvroKind::kEnum: return ReadText(node, column, i);
    default: return ReadNumber(node, column, i);
  }
}

bool ValueReader::ReadNumber(const SchemaNode& node, Column& column, size_t i) {
  const DataType& type = column.type();
  int64_t whole = 0;
  double real = 0;
  std::string_view bytes;
  if (node.kind == AvroKind::kFloat || node.kind == AvroKind::kDouble) {
    if (!type.is_approximate() || !Take(node.kind == AvroKind::kFloat ? 4 : 8, &bytes)) return false;
    float single = 0;
    if (node.kind == AvroKind::kDouble)
      std::memcpy(&real, bytes.data(), 8);
    else
      std::memcpy(&single, bytes.data(), 4), real = single;
    if (type.kind() == TypeKind::kFloat && node.kind == AvroKind::kDouble) return false;
  } else if (!ReadLong(&whole)) {
    return false;
  }
  column.SetValid(i);
  if (type.is_approximate()) {
    if (node.kind == AvroKind::kInt || node.kind == AvroKind::kLong) real = static_cast<double>(whole);
    if (type.kind() == TypeKind::kFloat)
      column.data<float>()[i] = static_cast<float>(real);
    else
      column.data<double>()[i] = real;
    return true;
  }
  if (type.is_timestamp()) {
    StoreUnits(column, i, whole, UnitsOf(node, type));
  } else if (type.kind() == TypeKind::kBigint || (node.kind == AvroKind::kInt && TakesInt(type.kind()))) {
    text::StoreInt(column, i, whole);
  } else if (type.kind() == TypeKind::kTime && node.logical == "time-micros") {
    text::StoreInt(column, i, FloorDiv(whole, 1000));
  } else {
    return false;
  }
  return true;
}

bool ValueReader::ReadRaw(const SchemaNode& node, std::string_view* out) {
  if (node.kind == AvroKind::kFixed) return Take(static_cast<size_t>(node.size), out);
  if (node.kind != AvroKind::kEnum) return ReadBytes(out);
  int64_t symbol = 0;
  if (!ReadLong(&symbol) || symbol < 0 || symbol >= static_cast<int64_t>(node.names.size())) return false;
  *out = node.names[static_cast<size_t>(symbol)];
  return true;
}

bool ValueReader::ReadText(const SchemaNode& node, Column& column, size_t i) {
  std::string_view text;
  if (!ReadRaw(node, &text)) return false;
  column.SetValid(i);
  if (column.type().kind() == TypeKind::kDecimal) return ReadDecimal(text, column, i);
  if (column.physical() != PhysicalType::kString) return false;
  if (text.size() > StringRef::kInline && chunk_ && node.kind != AvroKind::kEnum) {
    column.Retain(chunk_);
    column.data<StringRef>()[i] = StringRef(text);
  } else {
    column.SetString(i, text);
  }
  return true;
}

/// The unscaled value, big end first, in two's complement.
bool ValueReader::ReadDecimal(std::string_view bytes, Column& column, size_t i) {
  while (bytes.size() > 16 && (bytes[0] == 0 || bytes[0] == -1) && (bytes[0] < 0) == (bytes[1] < 0)) {
    bytes.remove_prefix(1);  // a fixed type may be wider than the digits need
  }
  if (bytes.empty() || bytes.size() > 16) return false;
  int128_t value = static_cast<signed char>(bytes[0]) < 0 ? -1 : 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  if (FitsPrecision(value, column.type().precision())) {
    column.data<int128_t>()[i] = value;
  } else {
    column.SetNull(i);
  }
  return true;
}

bool ValueReader::ReadArray(const SchemaNode& node, Column& column, size_t i) {
  column.SetValid(i);
  Column& elements = *column.child(0);
  const size_t offset = elements.size();
  const bool ok = ReadBlocks([&] {
    elements.Resize(elements.size() + 1);
    return Read(node.children[0], elements, elements.size() - 1);
  });
  column.data<ListSlice>()[i] = {static_cast<uint32_t>(offset), static_cast<uint32_t>(elements.size() - offset)};
  return ok;
}

bool ValueReader::ReadMap(const SchemaNode& node, Column& column, size_t i) {
  column.SetValid(i);
  std::vector<std::string> names;
  const ColumnPtr read = Column::Make(column.child(1)->type().Nullable(), 0);
  const bool ok = ReadBlocks([&] {
    std::string_view name;
    if (!ReadBytes(&name)) return false;
    names.emplace_back(name);
    read->Resize(read->size() + 1);
    return Read(node.children[0], *read, read->size() - 1);
  });
  if (!ok) return false;
  text::StoreTextMap(column, i, names, *read);
  return true;
}

bool ValueReader::ReadRecord(int number, Column& column, size_t i) {
  const SchemaNode& node = tree_.at(number);
  if (++depth_ > kDeepest) return false;
  column.SetValid(i);
  for (size_t k = 0; k < column.child_count(); ++k) SetNullDeep(*column.child(k), i);
  bool ok = true;
  for (size_t k = 0; k < node.children.size() && ok; ++k) {
    const int field = column.type().FieldIndex(node.names[k]);
    ok = field < 0 ? Skip(node.children[k]) : Read(node.children[k], *column.child(static_cast<size_t>(field)), i);
  }
  --depth_;
  return ok;
}

bool ValueReader::Skip(int number) {
  const SchemaNode& node = tree_.at(number);
  std::string_view bytes;
  int64_t whole = 0;
  int branch = 0;
  switch (node.kind) {
    case AvroKind::kNull: return true;
    case AvroKind::kBoolean: return Take(1, &bytes);
    case AvroKind::kInt:
    case AvroKind::kLong: return ReadLong(&whole);
    case AvroKind::kFloat: return Take(4, &bytes);
    case AvroKind::kDouble: return Take(8, &bytes);
    case AvroKind::kUnion: return Union(node, &branch) && Skip(branch);
    case AvroKind::kArray: return ReadBlocks([&] { return Skip(node.children[0]); });
    case AvroKind::kMap: return ReadBlocks([&] { return ReadBytes(&bytes) && Skip(node.children[0]); });
    case AvroKind::kRecord: {
      if (++depth_ > kDeepest) return false;
      bool ok = true;
      for (size_t k = 0; k < node.children.size() && ok; ++k) ok = Skip(node.children[k]);
      --depth_;
      return ok;
    }
    default: return ReadRaw(node, &bytes);
  }
}

// --- schemas against types

namespace {

bool Fits(const SchemaNode& node, const DataType& type) {
  switch (node.kind) {
    case AvroKind::kNull: return type.nullable();
    case AvroKind::kBoolean: return type.kind() == TypeKind::kBoolean;
    case AvroKind::kInt: return TakesInt(type.kind()) || TakesLong(type) || type.is_approximate();
    case AvroKind::kLong:
      return TakesLong(type) || type.is_approximate() ||
             (type.kind() == TypeKind::kTime && node.logical == "time-micros");
    case AvroKind::kFloat: return type.is_approximate();
    case AvroKind::kDouble: return type.kind() == TypeKind::kDouble;
    case AvroKind::kBytes:
    case AvroKind::kFixed: return TakesBytes(type) || type.kind() == TypeKind::kDecimal;
    case AvroKind::kString:
    case AvroKind::kEnum: return TakesBytes(type);
    case AvroKind::kArray: return type.kind() == TypeKind::kArray;
    case AvroKind::kMap: return type.physical() == PhysicalType::kMap && type.child(0).is_character();
    case AvroKind::kRecord: return type.kind() == TypeKind::kRow;
    case AvroKind::kUnion: return true;
  }
  return false;
}

Error NotReadable(const SchemaNode& node, const DataType& type, const std::string& path) {
  return Error(ErrorCode::kData, std::string("Found ") + KindName(node.kind) + ", expecting " +
                                     (type.nullable() ? "union" : type.ToString(false)) + ": the field '" + path +
                                     "' of the Avro schema cannot be read as " + type.ToString(false) + ".");
}

Status Check(const SchemaTree& tree, int number, const DataType& type, const std::string& path, int depth) {
  const SchemaNode& node = tree.at(number);
  if (depth > kDeepest) return {};
  if (!Fits(node, type)) return NotReadable(node, type, path);
  switch (node.kind) {
    case AvroKind::kUnion: {
      // One branch that fits is enough; values of others fail when they come.
      Status last = NotReadable(node, type, path);
      for (const int branch : node.children) {
        if (tree.at(branch).kind == AvroKind::kNull) continue;
        last = Check(tree, branch, type, path, depth + 1);
        if (last.ok()) return last;
      }
      return last;
    }
    case AvroKind::kArray: return Check(tree, node.children[0], type.element(), path, depth + 1);
    case AvroKind::kMap:
      return type.kind() == TypeKind::kMap ? Check(tree, node.children[0], type.value(), path, depth + 1) : Status();
    case AvroKind::kRecord:
      for (const RowField& f : type.fields()) {
        int child = -1;
        for (size_t k = 0; k < node.names.size(); ++k) {
          if (node.names[k] == f.name) child = node.children[k];
        }
        if (child >= 0) {
          SLUICE_RETURN_IF_ERROR(Check(tree, child, f.type, path + "." + f.name, depth + 1));
        } else if (!f.type.nullable()) {
          return Error(ErrorCode::kData,
                       "Found record, expecting record, missing required field " + f.name + " (in '" + path + "').");
        }
      }
      return {};
    default: return {};
  }
}

}  // namespace

Status CheckReadable(const SchemaTree& tree, int node, const DataType& type, const std::string& path) {
  return Check(tree, node, type, path, 0);
}

// --- records

Result<std::unique_ptr<RecordReader>> RecordReader::Make(const SchemaTree& tree, const Schema& physical,
                                                         const std::vector<std::vector<int>>& paths) {
  std::unique_ptr<RecordReader> reader(new RecordReader(tree));
  const SchemaNode& record = tree.at(tree.record());
  for (size_t k = 0; k < record.children.size(); ++k) {
    reader->fields_.push_back({record.children[k], record.names[k], -1, nullptr, DataType()});
  }
  for (size_t k = 0; k < paths.size(); ++k) {
    const RowField& column = physical[static_cast<size_t>(paths[k][0])];
    Part part{k, -1, {paths[k].begin() + 1, paths[k].end()}};
    for (size_t f = 0; f < reader->fields_.size(); ++f) {
      if (reader->fields_[f].name == column.name) part.field = static_cast<int>(f);
    }
    if (part.field < 0) {
      if (!column.type.nullable()) {
        return Error(ErrorCode::kData, "Found record, expecting record, missing required field " + column.name);
      }
      reader->parts_.push_back(std::move(part));
      continue;
    }
    Field& field = reader->fields_[static_cast<size_t>(part.field)];
    SLUICE_RETURN_IF_ERROR(CheckReadable(tree, field.node, column.type, column.name));
    field.type = column.type;
    if (part.path.empty() && field.output < 0) {
      field.output = static_cast<int>(k);
    } else {
      reader->parts_.push_back(std::move(part));
    }
  }
  // Parts of a field that is not asked for as a whole are copied out of one that is read aside.
  for (const Part& part : reader->parts_) {
    if (part.field < 0) continue;
    Field& field = reader->fields_[static_cast<size_t>(part.field)];
    if (field.output < 0) field.aside = Column::Make(field.type, 1);
  }
  return reader;
}

bool RecordReader::Read(std::vector<ColumnPtr>& columns, size_t row) {
  failed_ = &union_name_;
  int64_t branch = 0;
  if (tree_.record_branch() >= 0 && (!values_.ReadLong(&branch) || branch != tree_.record_branch())) return false;
  for (Field& field : fields_) {
    failed_ = &field.name;
    if (field.output >= 0) {
      if (!values_.Read(field.node, *columns[static_cast<size_t>(field.output)], row)) return false;
    } else if (field.aside) {
      field.aside = Column::Make(field.type, 1);
      if (!values_.Read(field.node, *field.aside, 0)) return false;
    } else if (!values_.Skip(field.node)) {
      return false;
    }
  }
  for (const Part& part : parts_) CopyPart(part, columns, row);
  return true;
}

bool RecordReader::Skip() {
  int64_t branch = 0;
  if (tree_.record_branch() >= 0 && (!values_.ReadLong(&branch) || branch != tree_.record_branch())) return false;
  return values_.Skip(tree_.record());
}

void RecordReader::CopyPart(const Part& part, std::vector<ColumnPtr>& columns, size_t row) const {
  Column& out = *columns[part.output];
  if (part.field < 0) {
    SetNullDeep(out, row);
    return;
  }
  const Field& field = fields_[static_cast<size_t>(part.field)];
  const bool aside = field.output < 0;
  const Column* source = aside ? field.aside.get() : columns[static_cast<size_t>(field.output)].get();
  const size_t at = aside ? 0 : row;
  bool null = source->IsNull(at);
  for (const int step : part.path) {
    if (null) break;
    source = source->child(static_cast<size_t>(step)).get();
    null = source->IsNull(at);
  }
  if (null) {
    SetNullDeep(out, row);
  } else {
    out.RetainBuffersOf(*source);
    out.CopyRow(row, *source, at);
  }
}

}  // namespace sluice::engine::avro
