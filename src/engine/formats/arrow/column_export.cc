#include "engine/formats/arrow/column_export.h"

#include <cstring>
#include <memory>
#include <string>

#include "engine/formats/text/scalar_text.h"

namespace sluice::engine::arrow_files {
namespace {

// --- schema

struct SchemaParts {
  std::string format, name;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> pointers;
};

template <typename T>
void ReleaseTree(T* node) {
  for (int64_t k = 0; k < node->n_children; ++k) {
    if (node->children[k]->release != nullptr) node->children[k]->release(node->children[k]);
  }
}

void ReleaseSchema(ArrowSchema* schema) {
  ReleaseTree(schema);
  delete static_cast<SchemaParts*>(schema->private_data);
  schema->release = nullptr;
}

char UnitOf(const DataType& type, const ExportRules& rules) {
  return rules.timestamp_unit != 0 ? rules.timestamp_unit : type.precision() <= 6 ? 'u' : 'n';
}

std::string FormatOf(const DataType& type, const ExportRules& rules) {
  switch (type.kind()) {
    case TypeKind::kBoolean: return "b";
    case TypeKind::kTinyint: return "c";
    case TypeKind::kSmallint: return "s";
    case TypeKind::kInteger: return "i";
    case TypeKind::kBigint: return "l";
    case TypeKind::kFloat: return "f";
    case TypeKind::kDouble: return "g";
    case TypeKind::kDecimal: return "d:" + std::to_string(type.precision()) + "," + std::to_string(type.scale());
    case TypeKind::kDate: return "tdD";
    case TypeKind::kTime: return "ttm";
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return std::string("ts") + UnitOf(type, rules) + ":";
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return "z";
    case TypeKind::kArray: return "+l";
    case TypeKind::kMap:
    case TypeKind::kMultiset: return "+m";
    case TypeKind::kRow: return "+s";
    default: return "u";
  }
}

void MakeSchema(const std::string& format, const std::string& name, bool nullable, size_t children, ArrowSchema* out) {
  auto parts = std::make_unique<SchemaParts>();
  parts->format = format;
  parts->name = name;
  parts->children.resize(children);
  for (ArrowSchema& child : parts->children) parts->pointers.push_back(&child);
  *out = {};
  out->format = parts->format.c_str();
  out->name = parts->name.c_str();
  out->flags = nullable ? ARROW_FLAG_NULLABLE : 0;
  out->n_children = static_cast<int64_t>(children);
  out->children = parts->pointers.data();
  out->release = ReleaseSchema;
  out->private_data = parts.release();
}

void ExportField(const std::string& name, const DataType& type, bool nullable, const ExportRules& rules,
                 ArrowSchema* out) {
  switch (type.kind()) {
    case TypeKind::kArray:
      MakeSchema("+l", name, nullable, 1, out);
      ExportField("element", type.element(), true, rules, out->children[0]);
      return;
    case TypeKind::kMap:
    case TypeKind::kMultiset: {
      MakeSchema("+m", name, nullable, 1, out);
      MakeSchema("+s", "key_value", false, 2, out->children[0]);
      const DataType value = type.kind() == TypeKind::kMap ? type.value() : DataType::Integer();
      ExportField("key", type.child(0), false, rules, out->children[0]->children[0]);
      ExportField("value", value, true, rules, out->children[0]->children[1]);
      return;
    }
    case TypeKind::kRow:
      MakeSchema("+s", name, nullable, type.child_count(), out);
      for (size_t k = 0; k < type.child_count(); ++k) {
        ExportField(type.fields()[k].name, type.child(k), true, rules, out->children[k]);
      }
      return;
    default: MakeSchema(FormatOf(type, rules), name, nullable, 0, out);
  }
}

// --- arrays

struct ArrayParts {
  std::vector<const void*> buffers;
  std::vector<std::vector<char>> owned;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> pointers;
  ColumnPtr column;  // whose memory the buffers are
};

void ReleaseArray(ArrowArray* array) {
  ReleaseTree(array);
  delete static_cast<ArrayParts*>(array->private_data);
  array->release = nullptr;
}

class ArrayMaker {
 public:
  ArrayMaker(ColumnPtr column, size_t count, const ExportRules& rules, ArrowArray* out)
      : parts_(std::make_unique<ArrayParts>()), column_(std::move(column)), count_(count), rules_(rules), out_(out) {
    parts_->column = column_;
  }

  Status Run() {
    parts_->buffers.push_back(column_ != nullptr && column_->has_nulls() ? column_->validity() : nullptr);
    *out_ = {};
    SLUICE_RETURN_IF_ERROR(Values());
    Seal(parts_->buffers[0] != nullptr ? -1 : 0);
    return {};
  }

 private:
  void Seal(int64_t nulls) {
    for (ArrowArray& child : parts_->children) parts_->pointers.push_back(&child);
    out_->length = static_cast<int64_t>(count_);
    out_->null_count = nulls;
    out_->n_buffers = static_cast<int64_t>(parts_->buffers.size());
    out_->buffers = parts_->buffers.data();
    out_->n_children = static_cast<int64_t>(parts_->children.size());
    out_->children = parts_->pointers.data();
    out_->release = ReleaseArray;
    out_->private_data = parts_.release();
  }

  template <typename T>
  T* NewBuffer(size_t count) {
    parts_->owned.emplace_back(count * sizeof(T) + 8);
    parts_->buffers.push_back(parts_->owned.back().data());
    return reinterpret_cast<T*>(parts_->owned.back().data());
  }

  Status Values() {
    switch (column_->physical()) {
      case PhysicalType::kBool: {
        char* bits = NewBuffer<char>(count_ / 8 + 1);
        for (size_t i = 0; i < count_; ++i) {
          if (column_->at<uint8_t>(i) != 0) bits[i >> 3] = static_cast<char>(bits[i >> 3] | 1 << (i & 7));
        }
        return {};
      }
      case PhysicalType::kString: Strings(); return {};
      case PhysicalType::kArray:
      case PhysicalType::kMap: return Lists();
      case PhysicalType::kRow: return Fields();
      default: break;
    }
    if (column_->type().is_timestamp()) return Timestamps();
    parts_->buffers.push_back(column_->data<char>());
    return {};
  }

  void Strings() {
    size_t bytes = 0;
    for (size_t i = 0; i < count_; ++i) bytes += column_->IsNull(i) ? 0 : column_->at<StringRef>(i).size();
    auto* offsets = NewBuffer<int32_t>(count_ + 1);
    char* to = NewBuffer<char>(bytes);
    size_t at = 0;
    for (size_t i = 0; i < count_; ++i) {
      offsets[i] = static_cast<int32_t>(at);
      if (column_->IsNull(i)) continue;
      const std::string_view text = column_->string_at(i);
      if (!text.empty()) std::memcpy(to + at, text.data(), text.size());
      at += text.size();
    }
    offsets[count_] = static_cast<int32_t>(at);
  }

  Status Timestamps() {
    const char unit = UnitOf(column_->type(), rules_);
    const int64_t per_milli = unit == 'm' ? 1 : unit == 'u' ? 1000 : 1'000'000;
    auto* to = NewBuffer<int64_t>(count_);
    for (size_t i = 0; i < count_; ++i) {
      if (column_->IsNull(i)) continue;
      const Timestamp t = text::LoadTimestamp(*column_, i);
      int64_t scaled = 0;
      if (__builtin_mul_overflow(t.millis, per_milli, &scaled)) {
        return Error(ErrorCode::kData, "A " + column_->type().ToString(false) +
                                           " lies outside of the years that the file's timestamps can hold (" +
                                           (unit == 'n' ? "nanoseconds: 1677 to 2262" : "64 bits") + ").");
      }
      to[i] = scaled + t.nanos / (1'000'000 / per_milli);
    }
    return {};
  }

  /// Offsets, and which elements of the children in their order.
  Status Lists() {
    auto* offsets = NewBuffer<int32_t>(count_ + 1);
    std::vector<uint32_t> elements;
    for (size_t i = 0; i < count_; ++i) {
      offsets[i] = static_cast<int32_t>(elements.size());
      if (column_->IsNull(i)) continue;
      const ListSlice slice = column_->at<ListSlice>(i);
      for (uint32_t k = 0; k < slice.length; ++k) elements.push_back(slice.offset + k);
    }
    offsets[count_] = static_cast<int32_t>(elements.size());
    parts_->children.resize(1);
    if (column_->physical() == PhysicalType::kArray) {
      return Child(Column::Gather(*column_->child(0), elements.data(), elements.size()), elements.size(), 0);
    }
    return Entries(elements);
  }

  /// A map's entries: a struct of keys and values.
  Status Entries(const std::vector<uint32_t>& elements) {
    auto entries = std::make_unique<ArrayParts>();
    entries->buffers.push_back(nullptr);
    entries->children.resize(2);
    for (size_t k = 0; k < 2; ++k) {
      const Status status = ArrayMaker(Column::Gather(*column_->child(k), elements.data(), elements.size()),
                                       elements.size(), rules_, &entries->children[k])
                                .Run();
      if (!status.ok()) {
        if (k == 1) entries->children[0].release(&entries->children[0]);
        return status;
      }
    }
    const ColumnPtr& keys = entries->children.empty() ? nullptr : column_->child(0);
    for (const uint32_t e : elements) {
      if (!keys->IsNull(e)) continue;
      for (ArrowArray& child : entries->children) child.release(&child);
      return Error(ErrorCode::kData, "A map with a NULL key cannot be written to the file.");
    }
    ArrowArray* out = &parts_->children[0];
    *out = {};
    for (ArrowArray& child : entries->children) entries->pointers.push_back(&child);
    out->length = static_cast<int64_t>(elements.size());
    out->n_buffers = 1;
    out->buffers = entries->buffers.data();
    out->n_children = 2;
    out->children = entries->pointers.data();
    out->release = ReleaseArray;
    out->private_data = entries.release();
    return {};
  }

  Status Fields() {
    parts_->children.resize(column_->child_count());
    for (size_t k = 0; k < column_->child_count(); ++k) SLUICE_RETURN_IF_ERROR(Child(column_->child(k), count_, k));
    return {};
  }

  /// If a child fails, those before it are released.
  Status Child(ColumnPtr column, size_t count, size_t k) {
    const Status status = ArrayMaker(std::move(column), count, rules_, &parts_->children[k]).Run();
    if (!status.ok()) {
      for (size_t done = 0; done < k; ++done) parts_->children[done].release(&parts_->children[done]);
    }
    return status;
  }

  std::unique_ptr<ArrayParts> parts_;
  const ColumnPtr column_;
  const size_t count_;
  const ExportRules& rules_;
  ArrowArray* const out_;
};

}  // namespace

void ExportSchema(const Schema& schema, const ExportRules& rules, ArrowSchema* out) {
  MakeSchema("+s", "", false, schema.size(), out);
  for (size_t k = 0; k < schema.size(); ++k) {
    ExportField(schema[k].name, schema[k].type, true, rules, out->children[k]);
  }
}

Status ExportRows(const Schema& schema, const std::vector<ColumnPtr>& columns, const Rows& rows,
                  const ExportRules& rules, ArrowArray* out) {
  ColumnPtr all = Column::Make(DataType::Row(schema), 0);
  for (size_t k = 0; k < columns.size(); ++k) {
    all->child(k) = rows.dense() ? columns[k] : Column::Gather(*columns[k], rows.indices, rows.count);
  }
  return ArrayMaker(std::move(all), rows.count, rules, out).Run();
}

}  // namespace sluice::engine::arrow_files
