// Keyed state for code that works a key at a time (process functions, tests): Flink's ValueState, ListState and
// MapState over KeyedTables. Operators that have whole batches use the tables themselves.
//
// T, K and V are fixed-size numbers or std::string; TypedCodec says how they become bytes.
#pragma once

#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/state/keyed_state.h"

namespace sluice::engine {

/// The key that state is read and written for: one row of key columns.
class CurrentKey {
 public:
  /// Row `row` of `columns`, whose hash is `hash` (HashRow).
  void Set(const std::vector<ColumnPtr>& columns, size_t row, uint64_t hash);

  const std::vector<ColumnPtr>& columns() const { return columns_; }
  Rows rows() const { return {&row_, 1}; }
  uint32_t row() const { return row_; }
  const uint64_t* hash() const { return &hash_; }

 private:
  std::vector<ColumnPtr> columns_;
  uint32_t row_ = 0;
  uint64_t hash_ = 0;
};

/// One entry of a table, found by the current key. The untyped part of the forms below.
class KeyedEntries {
 public:
  /// Opens the table; `key` and `backend` outlive this.
  KeyedEntries(KeyedStateBackend& backend, const CurrentKey& key, TableSpec spec);
  std::byte* Find(Access access);
  std::byte* FindOrInsert(bool* inserted = nullptr);
  /// Removes the current key's entry, if there is one.
  void Clear();

 private:
  const CurrentKey& key_;
  KeyedTable* table_;
  std::vector<std::byte*> payloads_;
  std::vector<uint8_t> inserted_;
};

template <typename T>
struct TypedCodec {
  static_assert(std::is_arithmetic_v<T>, "numbers and std::string");
  static void Write(const T& value, std::string& out) { out.append(reinterpret_cast<const char*>(&value), sizeof(T)); }
  static bool Take(std::string_view& bytes, T& value) {
    if (bytes.size() < sizeof(T)) return false;
    std::memcpy(&value, bytes.data(), sizeof(T));
    bytes.remove_prefix(sizeof(T));
    return true;
  }
  static std::string Name() { return (std::is_floating_point_v<T> ? "float" : "int") + std::to_string(sizeof(T)); }
};
template <>
struct TypedCodec<std::string> {
  static void Write(const std::string& value, std::string& out);
  static bool Take(std::string_view& bytes, std::string& value);
  static std::string Name() { return "string"; }
};

namespace typed_state_internal {

template <typename T>
struct List {
  std::vector<T> values;
  void Save(std::string& out) const {
    for (const T& value : values) TypedCodec<T>::Write(value, out);
  }
  bool Load(std::string_view bytes) {
    values.clear();
    while (!bytes.empty()) {
      if (!TypedCodec<T>::Take(bytes, values.emplace_back())) return false;
    }
    return true;
  }
};

template <typename K, typename V>
struct Map {
  std::map<K, V> values;
  void Save(std::string& out) const {
    for (const auto& [key, value] : values) {
      TypedCodec<K>::Write(key, out);
      TypedCodec<V>::Write(value, out);
    }
  }
  bool Load(std::string_view bytes) {
    values.clear();
    while (!bytes.empty()) {
      K key;
      if (!TypedCodec<K>::Take(bytes, key) || !TypedCodec<V>::Take(bytes, values[key])) return false;
    }
    return true;
  }
};

}  // namespace typed_state_internal

/// What every form is made with.
struct StateDescription {
  std::string name;
  std::vector<DataType> key_types;
  int64_t ttl_ms = 0;

  TableSpec Spec(PayloadHooks payload, std::string format) const {
    return {.name = name,
            .key_types = key_types,
            .payload = std::move(payload),
            .payload_format = std::move(format),
            .ttl_ms = ttl_ms};
  }
};

/// One value a key.
template <typename T>
class ValueState {
  using Payload = typed_state_internal::List<T>;

 public:
  ValueState(KeyedStateBackend& backend, const CurrentKey& key, const StateDescription& description)
      : entries_(backend, key, description.Spec(ObjectPayload<Payload>(), "value<" + TypedCodec<T>::Name() + ">")) {}

  std::optional<T> Get() {
    const auto* payload = reinterpret_cast<const Payload*>(entries_.Find(Access::kRead));
    if (payload == nullptr || payload->values.empty()) return std::nullopt;
    return payload->values.front();
  }
  void Set(T value) { reinterpret_cast<Payload*>(entries_.FindOrInsert())->values = {std::move(value)}; }
  void Clear() { entries_.Clear(); }

 private:
  KeyedEntries entries_;
};

/// Values in the order in which they were added.
template <typename T>
class ListState {
  using Payload = typed_state_internal::List<T>;

 public:
  ListState(KeyedStateBackend& backend, const CurrentKey& key, const StateDescription& description)
      : entries_(backend, key, description.Spec(ObjectPayload<Payload>(), "list<" + TypedCodec<T>::Name() + ">")) {}

  std::vector<T> Get() {
    const auto* payload = reinterpret_cast<const Payload*>(entries_.Find(Access::kRead));
    return payload == nullptr ? std::vector<T>() : payload->values;
  }
  void Add(T value) { reinterpret_cast<Payload*>(entries_.FindOrInsert())->values.push_back(std::move(value)); }
  /// Replaces all; an empty list is no entry, as in Flink.
  void Update(std::vector<T> values) {
    if (values.empty()) return Clear();
    reinterpret_cast<Payload*>(entries_.FindOrInsert())->values = std::move(values);
  }
  void Clear() { entries_.Clear(); }

 private:
  KeyedEntries entries_;
};

/// Values by a second key, in its order. A map is one entry: fine for dozens of values a key. For thousands, a table
/// whose key has the second key as its last column (TableSpec::hash_columns) writes only what changed.
template <typename K, typename V>
class MapState {
  using Payload = typed_state_internal::Map<K, V>;

 public:
  MapState(KeyedStateBackend& backend, const CurrentKey& key, const StateDescription& description)
      : entries_(backend, key,
                 description.Spec(ObjectPayload<Payload>(),
                                  "map<" + TypedCodec<K>::Name() + "," + TypedCodec<V>::Name() + ">")) {}

  std::optional<V> Get(const K& key) {
    const auto* payload = reinterpret_cast<const Payload*>(entries_.Find(Access::kRead));
    if (payload == nullptr) return std::nullopt;
    auto at = payload->values.find(key);
    return at == payload->values.end() ? std::nullopt : std::optional<V>(at->second);
  }
  void Put(const K& key, V value) {
    reinterpret_cast<Payload*>(entries_.FindOrInsert())->values.insert_or_assign(key, std::move(value));
  }
  void Remove(const K& key) {
    auto* payload = reinterpret_cast<Payload*>(entries_.Find(Access::kWrite));
    if (payload == nullptr) return;
    payload->values.erase(key);
    if (payload->values.empty()) entries_.Clear();
  }
  std::map<K, V> Entries() {
    const auto* payload = reinterpret_cast<const Payload*>(entries_.Find(Access::kRead));
    return payload == nullptr ? std::map<K, V>() : payload->values;
  }
  void Clear() { entries_.Clear(); }

 private:
  KeyedEntries entries_;
};

}  // namespace sluice::engine
