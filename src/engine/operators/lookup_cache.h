// Rows that were looked up, by key, for tables with 'lookup.cache' = 'PARTIAL'.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine {

/// What a table's options say of its cache: those of Flink's LookupOptions, and the older ones of JDBC.
struct LookupCacheSettings {
  bool on = false;
  int64_t max_rows = -1;  // keys, in fact, as in Flink; -1: no limit
  int64_t expire_after_access_ms = -1;
  int64_t expire_after_write_ms = -1;
  bool cache_missing_key = true;
};
Result<LookupCacheSettings> ReadLookupCache(const OptionMap& options);

/// The least recently used key goes first. One thread's.
class LookupCache {
 public:
  explicit LookupCache(const LookupCacheSettings& settings) : settings_(settings) {}
  /// The rows of `key`; null if it is not known (any more). Valid until the next Put.
  const std::vector<std::string>* Find(std::string_view key, int64_t now_ms);
  void Put(const std::string& key, std::vector<std::string> rows, int64_t now_ms);

 private:
  struct Entry {
    std::string key;
    std::vector<std::string> rows;
    int64_t written_ms = 0, used_ms = 0;
  };
  bool Expired(const Entry& entry, int64_t now_ms) const;
  void Drop(std::list<Entry>::iterator entry);

  const LookupCacheSettings settings_;
  std::list<Entry> entries_;  // last used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
};

}  // namespace sluice::engine
