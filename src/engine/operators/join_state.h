// The rows of one side of a join under one key.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/operators/byte_map.h"
#include "engine/operators/row_list.h"

namespace sluice::engine {

/// In order of arrival. A row is known by its identity: its unique key's bytes, or all of its bytes if the side has no
/// unique key (then equal rows are counted).
class JoinRows {
 public:
  /// What is kept beside the row's bytes.
  struct Row {
    int64_t count = 0;         // equal rows
    int64_t associations = 0;  // matching rows of the other side; kept for outer, semi and anti joins
    int64_t written = 0;       // ms of processing time; 0 without a state TTL
  };

  bool empty() const { return rows_.empty(); }

  /// With a unique key an older row of the same key is replaced. Rows written before `oldest` are as good as gone.
  void Add(std::string_view identity, std::string_view bytes, bool unique, int64_t associations, int64_t now,
           int64_t oldest) {
    auto [value, inserted] = rows_.Set(identity, sizeof(Row) + (unique ? bytes.size() : 0));
    Row& row = RowAt(value);
    const bool counted = !unique && !inserted && row.written >= oldest;
    row = {.count = counted ? row.count + 1 : 1, .associations = associations, .written = now};
    if (unique) std::memcpy(value + sizeof(Row), bytes.data(), bytes.size());
  }
  void Retract(std::string_view identity, int64_t now, int64_t oldest) {
    std::byte* value = rows_.Find(identity);
    if (value == nullptr) return;
    Row& row = RowAt(value);
    const bool expired = row.written < oldest;
    row.written = now;
    if (!expired && --row.count > 0) return;
    rows_.Erase(identity);
  }
  /// f(row, its bytes). f may change the row; it stays where it is until the next Add or Retract.
  template <typename F>
  void ForEach(int64_t oldest, F&& f) {
    rows_.ForEach([&](std::string_view identity, std::byte* value, size_t size) {
      Row& row = RowAt(value);
      if (row.written >= oldest) f(row, BytesOf(identity, value, size));
    });
  }

  /// State TTL: drops what was written before `oldest`; true if nothing is left.
  bool Expire(int64_t oldest) {
    rows_.EraseIf([&](std::string_view, std::byte* value, size_t) { return RowAt(value).written < oldest; });
    return rows_.empty();
  }

  void Save(std::string& out) const {
    rows_.ForEach([&](std::string_view identity, std::byte* value, size_t size) {
      PutBytes(identity, out);
      PutBytes({reinterpret_cast<const char*>(value), size}, out);
    });
  }
  bool Load(std::string_view in) {
    std::string_view identity, value;
    while (!in.empty()) {
      if (!TakeBytes(in, identity) || !TakeBytes(in, value) || value.size() < sizeof(Row)) return false;
      std::memcpy(rows_.Set(identity, value.size()).first, value.data(), value.size());
    }
    return true;
  }

 private:
  static Row& RowAt(std::byte* value) { return *reinterpret_cast<Row*>(value); }
  /// Without a unique key the identity is the row.
  static std::string_view BytesOf(std::string_view identity, const std::byte* value, size_t size) {
    if (size == sizeof(Row)) return identity;
    return {reinterpret_cast<const char*>(value) + sizeof(Row), size - sizeof(Row)};
  }

  ByteMap rows_;
};

}  // namespace sluice::engine
