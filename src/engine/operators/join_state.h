// The rows of one side of a join under one key.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

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
  };

  bool empty() const { return rows_.empty(); }

  /// With a unique key an older row of the same key is replaced.
  void Add(std::string_view identity, std::string_view bytes, bool unique, int64_t associations) {
    auto [at, inserted] = index_.try_emplace(std::string(identity), next_);
    if (inserted) rows_[next_++].identity = at->first;
    Row& row = rows_[at->second];
    row.bytes = bytes;
    row.count = unique ? 1 : row.count + 1;
    row.associations = associations;
  }
  void Retract(std::string_view identity) {
    auto at = index_.find(std::string(identity));
    if (at == index_.end()) return;
    auto row = rows_.find(at->second);
    if (--row->second.count > 0) return;
    rows_.erase(row);
    index_.erase(at);
  }
  template <typename F>
  void ForEach(F&& f) {
    for (auto& [sequence, row] : rows_) f(row);
  }

  void Save(std::string& out) const {
    auto put = [&](const auto& v) { out.append(reinterpret_cast<const char*>(&v), sizeof(v)); };
    for (const auto& [sequence, row] : rows_) {
      put(static_cast<uint32_t>(row.identity.size()));
      out += row.identity;
      put(static_cast<uint32_t>(row.bytes.size()));
      out += row.bytes;
      put(row.count);
      put(row.associations);
    }
  }
  bool Load(std::string_view in) {
    auto take = [&](auto& v) {
      if (in.size() < sizeof(v)) return false;
      std::memcpy(&v, in.data(), sizeof(v));
      in.remove_prefix(sizeof(v));
      return true;
    };
    auto take_bytes = [&](std::string& s) {
      uint32_t size = 0;
      if (!take(size) || in.size() < size) return false;
      s = in.substr(0, size);
      in.remove_prefix(size);
      return true;
    };
    while (!in.empty()) {
      Row row;
      if (!take_bytes(row.identity) || !take_bytes(row.bytes) || !take(row.count) || !take(row.associations))
        return false;
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
