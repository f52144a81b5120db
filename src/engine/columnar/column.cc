#include "engine/columnar/column.h"

#include <algorithm>

#include "base/result.h"

namespace sluice::engine {

namespace {

constexpr size_t kArenaBlock = 4096;
constexpr size_t kArenaBlockMax = 1 << 20;

bool IsStringPhysical(PhysicalType p) { return p == PhysicalType::kString; }

}  // namespace

size_t PhysicalWidth(PhysicalType type) {
  switch (type) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8: return 1;
    case PhysicalType::kInt16: return 2;
    case PhysicalType::kInt32:
    case PhysicalType::kFloat: return 4;
    case PhysicalType::kInt64:
    case PhysicalType::kDouble:
    case PhysicalType::kArray:
    case PhysicalType::kMap: return 8;
    case PhysicalType::kInt128:
    case PhysicalType::kTimestamp:
    case PhysicalType::kString: return 16;
    case PhysicalType::kRow: return 0;
  }
  return 0;
}

Column::Column(const DataType& type, size_t size) : type_(type), physical_(type.physical()), size_(size) {
  data_.resize(size * PhysicalWidth(physical_));
  switch (physical_) {
    case PhysicalType::kArray: children_.push_back(Make(type.element(), 0)); break;
    case PhysicalType::kMap:
      children_.push_back(Make(type.child(0), 0));
      children_.push_back(Make(type.kind() == TypeKind::kMap ? type.child(1) : DataType::Integer().NotNull(), 0));
      break;
    case PhysicalType::kRow:
      for (const RowField& f : type.fields()) children_.push_back(Make(f.type, size));
      break;
    default: break;
  }
}

ColumnPtr Column::Make(const DataType& type, size_t size) { return ColumnPtr(new Column(type, size)); }

ColumnPtr Column::MakeConstant(const DataType& type, const Value& value, size_t size) {
  ColumnPtr c = Make(type, 1);
  c->SetValue(0, value);
  c->constant_ = true;
  c->index_mask_ = 0;
  c->size_ = size;
  return c;
}

void Column::MakeValidity() { validity_.assign((std::max<size_t>(size_, 1) + 63) / 64, ~uint64_t{0}); }

void Column::SetAllNull() { validity_.assign((std::max<size_t>(size_, 1) + 63) / 64, 0); }

void Column::AddNullsOf(const Column& other) {
  if (!other.has_nulls()) return;
  if (other.constant()) {
    if (other.IsNull(0)) SetAllNull();
    return;
  }
  if (validity_.empty()) {
    validity_ = other.validity_;
    return;
  }
  for (size_t w = 0; w < validity_.size() && w < other.validity_.size(); ++w) validity_[w] &= other.validity_[w];
}

char* Column::AllocateBytes(size_t size) {
  if (!arena_ || arena_used_ + size > arena_->size()) {
    const size_t next = arena_ ? std::min(arena_->size() * 2, kArenaBlockMax) : kArenaBlock;
    arena_ = std::make_shared<Buffer>(std::max(size, next));
    arena_used_ = 0;
    buffers_.push_back(arena_);
  }
  char* p = arena_->data() + arena_used_;
  arena_used_ += size;
  return p;
}

StringRef Column::Intern(std::string_view s) {
  if (s.size() <= StringRef::kInline) return StringRef(s);
  char* p = AllocateBytes(s.size());
  std::memcpy(p, s.data(), s.size());
  return StringRef({p, s.size()});
}

void Column::Retain(std::shared_ptr<const Buffer> buffer) {
  // The last few buffers repeat most often; a miss only costs a second reference.
  const size_t look_back = std::min<size_t>(buffers_.size(), 4);
  for (size_t k = 1; k <= look_back; ++k) {
    if (buffers_[buffers_.size() - k] == buffer) return;
  }
  buffers_.push_back(std::move(buffer));
}

void Column::RetainBuffersOf(const Column& other) {
  for (const auto& b : other.buffers_) Retain(b);
}

void Column::Reserve(size_t rows) {
  data_.reserve(rows * PhysicalWidth(physical_));
  if (physical_ == PhysicalType::kRow) {
    for (auto& c : children_) c->Reserve(rows);
  }
}

void Column::Resize(size_t rows) {
  const size_t old = size_;
  size_ = rows;
  data_.resize(rows * PhysicalWidth(physical_));
  if (!validity_.empty()) {
    validity_.resize((std::max<size_t>(rows, 1) + 63) / 64, ~uint64_t{0});
    for (size_t i = old; i < rows && (i & 63) != 0; ++i) SetValid(i);
  }
  if (physical_ == PhysicalType::kRow) {
    for (auto& c : children_) c->Resize(rows);
  }
}

void Column::AppendNull() {
  Resize(size_ + 1);
  SetNull(size_ - 1);
}

void Column::AppendValue(const Value& v) {
  Resize(size_ + 1);
  SetValue(size_ - 1, v);
}

void Column::AppendFrom(const Column& source, size_t i) {
  Resize(size_ + 1);
  CopyRow(size_ - 1, source, i);
}

void Column::CopyRow(size_t i, const Column& source, size_t j) {
  INVARIANT(physical_ == source.physical_, "copy between columns of different layout");
  j = source.index(j);
  if (source.IsNull(j)) {
    SetNull(i);
    return;
  }
  SetValid(i);
  switch (physical_) {
    case PhysicalType::kString: {
      const StringRef& ref = source.data<StringRef>()[j];
      // Short of sharing whole input chunks for one string: copy, so that memory follows what is kept.
      data<StringRef>()[i] = Intern(ref.view());
      break;
    }
    case PhysicalType::kArray:
    case PhysicalType::kMap: {
      const ListSlice slice = source.data<ListSlice>()[j];
      const auto offset = static_cast<uint32_t>(children_[0]->size());
      for (size_t c = 0; c < children_.size(); ++c) {
        for (uint32_t k = 0; k < slice.length; ++k) children_[c]->AppendFrom(*source.children_[c], slice.offset + k);
      }
      data<ListSlice>()[i] = {offset, slice.length};
      break;
    }
    case PhysicalType::kRow:
      for (size_t c = 0; c < children_.size(); ++c) children_[c]->CopyRow(i, *source.children_[c], j);
      break;
    default: {
      const size_t width = PhysicalWidth(physical_);
      std::memcpy(data_.data() + i * width, source.data_.data() + j * width, width);
    }
  }
}

Value Column::GetValue(size_t i) const {
  if (IsNull(i)) return Value::Null();
  i = index(i);
  switch (physical_) {
    case PhysicalType::kBool: return Value::Bool(data<uint8_t>()[i] != 0);
    case PhysicalType::kInt8: return Value::Int(data<int8_t>()[i]);
    case PhysicalType::kInt16: return Value::Int(data<int16_t>()[i]);
    case PhysicalType::kInt32: return Value::Int(data<int32_t>()[i]);
    case PhysicalType::kInt64: return Value::Int(data<int64_t>()[i]);
    case PhysicalType::kFloat: return Value::Double(data<float>()[i]);
    case PhysicalType::kDouble: return Value::Double(data<double>()[i]);
    case PhysicalType::kInt128: return Value::Decimal(data<int128_t>()[i]);
    case PhysicalType::kTimestamp: return Value::Time(data<Timestamp>()[i]);
    case PhysicalType::kString: return Value::String(std::string(data<StringRef>()[i].view()));
    case PhysicalType::kArray:
    case PhysicalType::kMap: {
      const ListSlice slice = data<ListSlice>()[i];
      ValueList list;
      for (uint32_t k = 0; k < slice.length; ++k) {
        for (const auto& c : children_) list.push_back(c->GetValue(slice.offset + k));
      }
      return Value::List(std::move(list));
    }
    case PhysicalType::kRow: {
      ValueList list;
      for (const auto& c : children_) list.push_back(c->GetValue(i));
      return Value::List(std::move(list));
    }
  }
  return Value::Null();
}

void Column::SetValue(size_t i, const Value& v) {
  if (v.is_null()) {
    SetNull(i);
    return;
  }
  SetValid(i);
  switch (physical_) {
    case PhysicalType::kBool: data<uint8_t>()[i] = v.as_bool() ? 1 : 0; break;
    case PhysicalType::kInt8: data<int8_t>()[i] = static_cast<int8_t>(v.as_int()); break;
    case PhysicalType::kInt16: data<int16_t>()[i] = static_cast<int16_t>(v.as_int()); break;
    case PhysicalType::kInt32: data<int32_t>()[i] = static_cast<int32_t>(v.as_int()); break;
    case PhysicalType::kInt64: data<int64_t>()[i] = v.as_int(); break;
    case PhysicalType::kFloat: data<float>()[i] = static_cast<float>(v.as_double()); break;
    case PhysicalType::kDouble: data<double>()[i] = v.as_double(); break;
    case PhysicalType::kInt128: data<int128_t>()[i] = v.as_decimal(); break;
    case PhysicalType::kTimestamp: data<Timestamp>()[i] = v.as_timestamp(); break;
    case PhysicalType::kString: SetString(i, v.as_string()); break;
    case PhysicalType::kArray:
    case PhysicalType::kMap: {
      const ValueList& list = v.as_list();
      const auto offset = static_cast<uint32_t>(children_[0]->size());
      for (size_t k = 0; k < list.size(); ++k) children_[k % children_.size()]->AppendValue(list[k]);
      data<ListSlice>()[i] = {offset, static_cast<uint32_t>(list.size() / children_.size())};
      break;
    }
    case PhysicalType::kRow:
      for (size_t c = 0; c < children_.size(); ++c) children_[c]->SetValue(i, v.as_list()[c]);
      break;
  }
}

ColumnPtr Column::Flatten(const ColumnPtr& column) {
  if (!column->constant_) return column;
  ColumnPtr out = Make(column->type_, column->size_);
  for (size_t i = 0; i < column->size_; ++i) out->CopyRow(i, *column, 0);
  return out;
}

ColumnPtr Column::ResizeConstant(const ColumnPtr& constant, size_t size) {
  INVARIANT(constant->constant_, "not a constant column");
  if (constant->size_ == size) return constant;
  ColumnPtr out(new Column(*constant));
  out->size_ = size;
  out->arena_ = nullptr;
  return out;
}

ColumnPtr Column::Gather(const Column& source, const uint32_t* indices, size_t count) {
  ColumnPtr out(new Column(source.type_, source.physical_ == PhysicalType::kRow ? 0 : count));
  out->size_ = count;
  const size_t mask = source.index_mask_;
  auto gather = [&]<typename T>(T*) {
    const T* from = source.data<T>();
    T* to = out->data<T>();
    for (size_t k = 0; k < count; ++k) to[k] = from[indices[k] & mask];
  };
  switch (PhysicalWidth(source.physical_)) {
    case 1: gather(static_cast<uint8_t*>(nullptr)); break;
    case 2: gather(static_cast<uint16_t*>(nullptr)); break;
    case 4: gather(static_cast<uint32_t*>(nullptr)); break;
    case 8: gather(static_cast<uint64_t*>(nullptr)); break;
    case 16: gather(static_cast<uint128_t*>(nullptr)); break;
    default: break;
  }
  if (IsStringPhysical(source.physical_)) out->buffers_ = source.buffers_;
  if (source.physical_ == PhysicalType::kArray || source.physical_ == PhysicalType::kMap) {
    out->children_ = source.children_;
  } else if (source.physical_ == PhysicalType::kRow) {
    std::vector<uint32_t> masked;
    if (source.constant_) {
      masked.assign(count, 0);
      indices = masked.data();
    }
    for (size_t c = 0; c < source.children_.size(); ++c) {
      out->children_[c] = Gather(*source.children_[c], indices, count);
    }
  }
  if (source.has_nulls()) {
    for (size_t k = 0; k < count; ++k) {
      if (source.IsNull(source.constant_ ? 0 : indices[k])) out->SetNull(k);
    }
  }
  return out;
}

ColumnPtr Column::Relabel(const ColumnPtr& column, const DataType& type) {
  if (column->type_ == type && column->type_.time_attribute() == type.time_attribute()) return column;
  INVARIANT(column->physical_ == type.physical(), "relabel to another layout");
  ColumnPtr out(new Column(*column));
  out->type_ = type;
  out->arena_ = nullptr;  // the copy must not write where the original writes
  for (size_t c = 0; c < out->children_.size() && type.is_nested() && c < type.child_count(); ++c) {
    out->children_[c] = Relabel(out->children_[c], type.child(c));
  }
  return out;
}

size_t Column::memory_bytes() const {
  size_t bytes = data_.capacity() + validity_.capacity() * 8;
  for (const auto& c : children_) bytes += c->memory_bytes();
  for (const auto& b : buffers_) bytes += b->size();
  return bytes;
}

}  // namespace sluice::engine
