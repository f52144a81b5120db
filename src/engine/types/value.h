// A single typed value outside of a column: literals in plans, option values, tests. Never used per row.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/types/data_type.h"

namespace sluice::engine {

class Value;
using ValueList = std::vector<Value>;

/// std::monostate is NULL. The alternative follows from the DataType it is used with:
/// bool: BOOLEAN · int64_t: every PhysicalType kInt8..kInt64 · double: FLOAT and DOUBLE · int128_t: DECIMAL (unscaled)
/// Timestamp: TIMESTAMP(>3) · std::string: character, binary and symbol types
/// ValueList: ARRAY elements, ROW fields, MAP as [k1, v1, k2, v2, …], MULTISET as [element1, count1, …].
class Value {
 public:
  using Storage = std::variant<std::monostate, bool, int64_t, double, int128_t, Timestamp, std::string, ValueList>;

  Value() = default;
  static Value Null() { return Value(); }
  static Value Bool(bool v) { return Value(Storage(v)); }
  static Value Int(int64_t v) { return Value(Storage(v)); }
  static Value Double(double v) { return Value(Storage(v)); }
  static Value Decimal(int128_t v) { return Value(Storage(v)); }
  static Value Time(Timestamp v) { return Value(Storage(v)); }
  static Value String(std::string v) { return Value(Storage(std::move(v))); }
  static Value List(ValueList v) { return Value(Storage(std::move(v))); }

  bool is_null() const { return storage_.index() == 0; }
  bool as_bool() const { return std::get<bool>(storage_); }
  int64_t as_int() const { return std::get<int64_t>(storage_); }
  double as_double() const { return std::get<double>(storage_); }
  int128_t as_decimal() const { return std::get<int128_t>(storage_); }
  Timestamp as_timestamp() const { return std::get<Timestamp>(storage_); }
  const std::string& as_string() const { return std::get<std::string>(storage_); }
  const ValueList& as_list() const { return std::get<ValueList>(storage_); }
  const Storage& storage() const { return storage_; }

  bool operator==(const Value&) const = default;

 private:
  explicit Value(Storage s) : storage_(std::move(s)) {}
  Storage storage_;
};

}  // namespace sluice::engine
