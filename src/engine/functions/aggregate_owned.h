// Values that an accumulator keeps after their batch is gone: fixed-width ones as they are, strings with own bytes.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/columnar/column.h"

namespace sluice::engine {

/// T for fixed-width types, std::string for StringRef; with the order of Flink's comparisons.
template <typename T>
struct Owned {
  using Type = T;
  static const T& View(const Column& c, size_t i) { return c.at<T>(i); }
  static Type Own(const T& v) { return v; }
  static void Write(Column& out, size_t i, const Type& v) { out.data<T>()[i] = v; }
  static void Save(const Type& v, std::string& out) { out.append(reinterpret_cast<const char*>(&v), sizeof(T)); }
  static bool Load(std::string_view& in, Type& v) {
    if (in.size() < sizeof(T)) return false;
    std::memcpy(&v, in.data(), sizeof(T));
    in.remove_prefix(sizeof(T));
    return true;
  }
};

template <>
struct Owned<StringRef> {
  using Type = std::string;
  static std::string_view View(const Column& c, size_t i) { return c.string_at(i); }
  static Type Own(std::string_view v) { return std::string(v); }
  static void Write(Column& out, size_t i, const Type& v) { out.SetString(i, v); }
  static void Save(const Type& v, std::string& out) {
    const auto size = static_cast<uint32_t>(v.size());
    Owned<uint32_t>::Save(size, out);
    out += v;
  }
  static bool Load(std::string_view& in, Type& v) {
    uint32_t size = 0;
    if (!Owned<uint32_t>::Load(in, size) || in.size() < size) return false;
    v.assign(in.substr(0, size));
    in.remove_prefix(size);
    return true;
  }
};

/// Calls f with a null pointer of the C++ type that columns of `type` hold. Not for nested types.
template <typename F>
auto WithStorageType(PhysicalType type, F&& f) {
  switch (type) {
    case PhysicalType::kBool: return f(static_cast<uint8_t*>(nullptr));
    case PhysicalType::kInt8: return f(static_cast<int8_t*>(nullptr));
    case PhysicalType::kInt16: return f(static_cast<int16_t*>(nullptr));
    case PhysicalType::kInt32: return f(static_cast<int32_t*>(nullptr));
    case PhysicalType::kFloat: return f(static_cast<float*>(nullptr));
    case PhysicalType::kDouble: return f(static_cast<double*>(nullptr));
    case PhysicalType::kInt128: return f(static_cast<int128_t*>(nullptr));
    case PhysicalType::kTimestamp: return f(static_cast<Timestamp*>(nullptr));
    case PhysicalType::kString: return f(static_cast<StringRef*>(nullptr));
    default: return f(static_cast<int64_t*>(nullptr));
  }
}

}  // namespace sluice::engine
