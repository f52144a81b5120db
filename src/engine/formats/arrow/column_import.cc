#include "engine/formats/arrow/column_import.h"

#include <cstring>
#include <limits>
#include <string_view>

#include "engine/types/datetime.h"
#include "engine/types/decimal.h"

namespace sluice::engine::arrow_files {
namespace {

bool BitAt(const void* bits, int64_t i) { return static_cast<const uint8_t*>(bits)[i >> 3] >> (i & 7) & 1; }

/// What the file says where another type was expected, in parquet's words.
std::string StoredType(std::string_view format) {
  if (format == "b") return "BOOLEAN";
  if (format == "l" || format == "L" || format.starts_with("ts") || format == "ttu" || format == "ttn") return "INT64";
  if (format == "f") return "FLOAT";
  if (format == "g") return "DOUBLE";
  if (format == "u" || format == "z" || format == "U" || format == "Z") return "BINARY";
  if (format.starts_with("w:") || format.starts_with("d:")) return "FIXED_LEN_BYTE_ARRAY";
  if (format.size() == 1 || format == "tdD" || format == "ttm") return "INT32";
  return "group (" + std::string(format) + ")";
}

Error Mismatch(const ArrayView& view, const DataType& type) {
  return Error(ErrorCode::kData, "Unexpected type: " + StoredType(view.schema->format) + ". The field '" +
                                     view.schema->name + "' cannot be read as " + type.ToString(false) + ".");
}

class Importer {
 public:
  Importer(const ArrayView& view, int64_t from, int64_t count, const DataType& type, Conversions conversions)
      : view_(view),
        format_(view.schema->format),
        array_(*view.array),
        first_(array_.offset + from),
        count_(count),
        type_(type),
        conversions_(conversions) {}

  Result<ColumnPtr> Run() {
    column_ = Column::Make(type_, static_cast<size_t>(count_));
    SLUICE_RETURN_IF_ERROR(Values());
    if (format_ == "n") {
      column_->SetAllNull();
    } else if (array_.null_count != 0 && array_.n_buffers > 0 && array_.buffers[0] != nullptr) {
      const void* bits = array_.buffers[0];
      for (int64_t i = 0; i < count_; ++i) {
        if (!BitAt(bits, first_ + i)) column_->SetNull(static_cast<size_t>(i));
      }
    }
    return std::move(column_);
  }

 private:
  template <typename T>
  const T* values() const {
    return static_cast<const T*>(array_.buffers[1]) + first_;
  }

  Status Values() {
    if (format_ == "n" || count_ == 0) return {};
    switch (type_.kind()) {
      case TypeKind::kBoolean: return Booleans();
      case TypeKind::kTinyint:
      case TypeKind::kSmallint:
      case TypeKind::kInteger:
      case TypeKind::kBigint:
      case TypeKind::kDate:
      case TypeKind::kTime: return Integers();
      case TypeKind::kFloat: return Floats<float>();
      case TypeKind::kDouble: return Floats<double>();
      case TypeKind::kDecimal: return Decimals();
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz: return Timestamps();
      case TypeKind::kChar:
      case TypeKind::kVarchar:
      case TypeKind::kBinary:
      case TypeKind::kVarbinary: return Strings();
      case TypeKind::kArray:
      case TypeKind::kMap:
      case TypeKind::kMultiset: return Lists();
      case TypeKind::kRow: return Fields();
      default: return Mismatch(view_, type_);
    }
  }

  Status Booleans() {
    if (format_ != "b") return Mismatch(view_, type_);
    for (int64_t i = 0; i < count_; ++i) column_->data<uint8_t>()[i] = BitAt(array_.buffers[1], first_ + i) ? 1 : 0;
    return {};
  }

  bool IsNull(int64_t i) const {
    return array_.null_count != 0 && array_.buffers[0] != nullptr && !BitAt(array_.buffers[0], first_ + i);
  }

  template <typename From, typename To>
  void CopyIntegers() {
    const From* from = values<From>();
    To* to = column_->data<To>();
    if constexpr (std::is_same_v<From, To>) {
      std::memcpy(to, from, sizeof(To) * static_cast<size_t>(count_));
    } else {
      for (int64_t i = 0; i < count_; ++i) {
        to[i] = static_cast<To>(from[i]);
        if (static_cast<From>(to[i]) != from[i] && !IsNull(i)) column_->SetNull(static_cast<size_t>(i));
      }
    }
  }

  template <typename To>
  bool IntegersInto() {
    const bool day_or_time = format_ == "tdD" || format_ == "ttm";
    const bool wide = conversions_ == Conversions::kWidened;
    const bool is_long = type_.kind() == TypeKind::kBigint;
    // Stored types are those of parquet: INT64 for BIGINT, INT32 for the others.
    if (format_ == "l" || format_ == "L") return (wide || is_long) && (CopyIntegers<int64_t, To>(), true);
    if (is_long && !wide) return false;
    if (format_ == "i" || day_or_time)
      CopyIntegers<int32_t, To>();
    else if (format_ == "c")
      CopyIntegers<int8_t, To>();
    else if (format_ == "s")
      CopyIntegers<int16_t, To>();
    else if (format_ == "C")
      CopyIntegers<uint8_t, To>();
    else if (format_ == "S")
      CopyIntegers<uint16_t, To>();
    else if (format_ == "I")
      CopyIntegers<uint32_t, To>();
    else
      return false;
    return true;
  }

  Status Integers() {
    bool ok = false;
    switch (type_.physical()) {
      case PhysicalType::kInt8: ok = IntegersInto<int8_t>(); break;
      case PhysicalType::kInt16: ok = IntegersInto<int16_t>(); break;
      case PhysicalType::kInt32: ok = IntegersInto<int32_t>(); break;
      default: ok = IntegersInto<int64_t>(); break;
    }
    return ok ? Status() : Mismatch(view_, type_);
  }

  template <typename To>
  Status Floats() {
    const bool wide = conversions_ == Conversions::kWidened;
    To* to = column_->data<To>();
    if (format_ == (sizeof(To) == 4 ? "f" : "g")) {
      std::memcpy(to, values<To>(), sizeof(To) * static_cast<size_t>(count_));
    } else if (wide && format_ == "g") {
      for (int64_t i = 0; i < count_; ++i) to[i] = static_cast<To>(values<double>()[i]);
    } else {
      return Mismatch(view_, type_);
    }
    return {};
  }

  Status Decimals() {
    int128_t* to = column_->data<int128_t>();
    if (format_ == "i" || format_ == "l") {
      for (int64_t i = 0; i < count_; ++i) to[i] = format_ == "i" ? values<int32_t>()[i] : values<int64_t>()[i];
      return {};
    }
    int precision = 0, scale = 0, bits = 128;
    if (std::sscanf(view_.schema->format, "d:%d,%d,%d", &precision, &scale, &bits) < 2 || bits != 128) {
      return Mismatch(view_, type_);
    }
    const char* from = static_cast<const char*>(array_.buffers[1]) + first_ * 16;
    std::memcpy(to, from, 16 * static_cast<size_t>(count_));
    if (conversions_ == Conversions::kStored || (scale == type_.scale() && precision <= type_.precision())) return {};
    for (int64_t i = 0; i < count_; ++i) {
      if (IsNull(i)) continue;
      const DecimalResult v = RescaleDecimal(to[i], scale, type_.precision(), type_.scale());
      if (v)
        to[i] = *v;
      else
        column_->SetNull(static_cast<size_t>(i));
    }
    return {};
  }

  Status Timestamps() {
    if (!format_.starts_with("ts") || format_.size() < 4) return Mismatch(view_, type_);
    const int64_t units = format_[2] == 's'   ? 1
                          : format_[2] == 'm' ? 1000
                          : format_[2] == 'u' ? 1'000'000
                                              : 1'000'000'000;
    const int64_t* from = values<int64_t>();
    const bool millis = type_.physical() == PhysicalType::kInt64;
    for (int64_t i = 0; i < count_; ++i) {
      Timestamp t;
      if (units <= 1000) {
        t.millis = from[i] * (1000 / units);
      } else {
        const int64_t per_milli = units / 1000;
        t.millis = FloorDiv(from[i], per_milli);
        t.nanos = static_cast<int32_t>(FloorMod(from[i], per_milli) * (1'000'000 / per_milli));
      }
      if (millis)
        column_->data<int64_t>()[i] = t.millis;
      else
        column_->data<Timestamp>()[i] = t;
    }
    return {};
  }

  /// The first `length` characters; of CHAR, without the blanks that fill it.
  std::string_view Cut(std::string_view text) const {
    const int length = type_.length();
    while (type_.kind() == TypeKind::kChar && text.ends_with(' ')) text.remove_suffix(1);
    if (text.size() <= static_cast<size_t>(length)) return text;
    size_t at = 0;
    for (int n = 0; at < text.size(); ++at) {
      if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && n++ == length) break;
    }
    return text.substr(0, at);
  }

  template <typename Offset>
  void CopyStrings() {
    const auto* offsets = values<Offset>();
    const char* bytes = static_cast<const char*>(array_.buffers[2]);
    StringRef* to = column_->data<StringRef>();
    const bool cut = conversions_ == Conversions::kWidened && type_.is_character();
    for (int64_t i = 0; i < count_; ++i) {
      std::string_view text(bytes + offsets[i], static_cast<size_t>(offsets[i + 1] - offsets[i]));
      if (cut) text = Cut(text);
      to[i] = text.empty() ? StringRef() : StringRef(text);
    }
  }

  Status Strings() {
    column_->Retain(view_.owner);
    if (format_ == "u" || format_ == "z") {
      CopyStrings<int32_t>();
    } else if (format_ == "U" || format_ == "Z") {
      CopyStrings<int64_t>();
    } else if (format_.starts_with("w:")) {
      const auto width = static_cast<size_t>(std::atoi(view_.schema->format + 2));
      const char* bytes = static_cast<const char*>(array_.buffers[1]) + static_cast<size_t>(first_) * width;
      for (int64_t i = 0; i < count_; ++i) {
        column_->data<StringRef>()[i] = StringRef({bytes + static_cast<size_t>(i) * width, width});
      }
    } else {
      return Mismatch(view_, type_);
    }
    return {};
  }

  Status Lists() {
    const bool list = type_.kind() == TypeKind::kArray;
    if (format_ != (list ? "+l" : "+m")) return Mismatch(view_, type_);
    const auto* offsets = values<int32_t>();
    const int64_t begin = offsets[0], length = offsets[count_] - begin;
    for (int64_t i = 0; i < count_; ++i) {
      column_->data<ListSlice>()[i] = {static_cast<uint32_t>(offsets[i] - begin),
                                       static_cast<uint32_t>(offsets[i + 1] - offsets[i])};
    }
    const ArrayView inside{view_.schema->children[0], array_.children[0], view_.owner};
    if (list) {
      SLUICE_ASSIGN_OR_RETURN(column_->child(0), ImportColumn(inside, begin, length, type_.element(), conversions_));
      return {};
    }
    const int64_t entry = inside.array->offset + begin;
    for (size_t k = 0; k < 2; ++k) {
      const ArrayView part{inside.schema->children[k], inside.array->children[k], view_.owner};
      const DataType type = column_->child(k)->type();
      SLUICE_ASSIGN_OR_RETURN(column_->child(k), ImportColumn(part, entry, length, type, conversions_));
    }
    return {};
  }

  Status Fields() {
    if (format_ != "+s") return Mismatch(view_, type_);
    for (size_t k = 0; k < type_.child_count(); ++k) {
      const ArrayView field = FieldOf(view_, type_.fields()[k].name);
      if (field.array == nullptr) {
        column_->child(k)->SetAllNull();
      } else {
        SLUICE_ASSIGN_OR_RETURN(column_->child(k), ImportColumn(field, first_, count_, type_.child(k), conversions_));
      }
    }
    return {};
  }

  const ArrayView& view_;
  const std::string_view format_;
  const ArrowArray& array_;
  const int64_t first_, count_;
  const DataType& type_;
  const Conversions conversions_;
  ColumnPtr column_;
};

}  // namespace

Result<ColumnPtr> ImportColumn(const ArrayView& view, int64_t from, int64_t count, const DataType& type,
                               Conversions conversions) {
  return Importer(view, from, count, type, conversions).Run();
}

ArrayView FieldOf(const ArrayView& view, const std::string& name) {
  for (int64_t k = 0; k < view.schema->n_children; ++k) {
    if (name == view.schema->children[k]->name) return {view.schema->children[k], view.array->children[k], view.owner};
  }
  return {};
}

}  // namespace sluice::engine::arrow_files
