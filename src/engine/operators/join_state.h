// The rows of one side of a join under one key.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/operators/row_list.h"

namespace sluice::engine {

/// In order of arrival. A row is known by its identity: its unique key's bytes, or all of its bytes if the side has no
/// unique key (then equal rows are counted).
class JoinRows {
 public:
  struct Row {
    std::string identity;
    std::string bytes;
    int64_t count = 0;         // equal rows
    int64_t associations = 0;  // matching rows of the other side; kept for outer, semi and anti joins
    int64_t written = 0;       // ms of processing time; 0 without a state TTL
  };

  bool empty() const { return rows_.empty(); }

  /// With a unique key an older row of the same key is replaced. Rows written before `oldest` are as good as gone.
  void Add(std::string_view identity, std::string_view bytes, bool unique, int64_t associations, int64_t now,
           int64_t oldest) {
    auto [at, inserted] = index_.try_emplace(std::string(identity), next_);
    if (inserted) rows_[next_++].identity = at->first;
    Row& row = rows_[at->second];
    row.bytes = bytes;
    row.count = unique || (!inserted && row.written < oldest) ? 1 : row.count + 1;
    row.associations = associations;
    row.written = now;
  }
  void Retract(std::string_view identity, int64_t now, int64_t oldest) {
    auto at = index_.find(std::string(identity));
    if (at == index_.end()) return;
    auto row = rows_.find(at->second);
    const bool expired = row->second.written < oldest;
    row->second.written = now;
    if (!expired && --row->second.count > 0) return;
    rows_.erase(row);
    index_.erase(at);
  }
  template <typename F>
  void ForEach(int64_t oldest, F&& f) {
    for (auto& [sequence, row] : rows_) {
      if (row.written >= oldest) f(row);
    }
  }

  /// State TTL: drops what was written before `oldest`; true if nothing is left.
  bool Expire(int64_t oldest) {
    for (auto at = rows_.begin(); at != rows_.end();) {
      if (at->second.written >= oldest) {
        ++at;
        continue;
      }
      index_.erase(at->second.identity);
      at = rows_.erase(at);
    }
    return rows_.empty();
  }

  void Save(std::string& out) const {
    for (const auto& [sequence, row] : rows_) {
      PutBytes(row.identity, out);
      PutBytes(row.bytes, out);
      PutFixed(row.count, out);
      PutFixed(row.associations, out);
      PutFixed(row.written, out);
    }
  }
  bool Load(std::string_view in) {
    std::string_view identity, bytes;
    while (!in.empty()) {
      Row row;
      if (!TakeBytes(in, identity) || !TakeBytes(in, bytes) || !TakeFixed(in, row.count) ||
          !TakeFixed(in, row.associations) || !TakeFixed(in, row.written)) {
        return false;
      }
      row.identity = identity;
      row.bytes = bytes;
      index_[row.identity] = next_;
      rows_[next_++] = std::move(row);
    }
    return true;
  }

 private:
  std::map<uint64_t, Row> rows_;
  std::unordered_map<std::string, uint64_t> index_;
  uint64_t next_ = 0;
};

}  // namespace sluice::engine
