#include "engine/operators/lookup_cache.h"

#include "base/options_registry.h"

namespace sluice::engine {

namespace {

Result<int64_t> DurationOr(const OptionMap& options, const char* name, int64_t fallback) {
  const auto at = options.find(name);
  if (at == options.end()) return fallback;
  SLUICE_ASSIGN_OR_RETURN(const auto value, ParseOptionDuration(at->second));
  return static_cast<int64_t>(value.count());
}

Result<int64_t> NumberOr(const OptionMap& options, const char* name, int64_t fallback) {
  const auto at = options.find(name);
  return at == options.end() ? Result<int64_t>(fallback) : ParseOptionLong(at->second);
}

bool TrueUnless(const OptionMap& options, const char* name) {
  const auto at = options.find(name);
  return at == options.end() || (at->second != "false" && at->second != "FALSE");
}

}  // namespace

Result<LookupCacheSettings> ReadLookupCache(const OptionMap& options) {
  LookupCacheSettings out;
  const auto kind = options.find("lookup.cache");
  if (kind != options.end() && (kind->second == "PARTIAL" || kind->second == "partial")) {
    out.on = true;
    SLUICE_ASSIGN_OR_RETURN(out.max_rows, NumberOr(options, "lookup.partial-cache.max-rows", -1));
    SLUICE_ASSIGN_OR_RETURN(out.expire_after_access_ms,
                            DurationOr(options, "lookup.partial-cache.expire-after-access", -1));
    SLUICE_ASSIGN_OR_RETURN(out.expire_after_write_ms,
                            DurationOr(options, "lookup.partial-cache.expire-after-write", -1));
    out.cache_missing_key = TrueUnless(options, "lookup.partial-cache.cache-missing-key");
    return out;
  }
  SLUICE_ASSIGN_OR_RETURN(out.max_rows, NumberOr(options, "lookup.cache.max-rows", -1));
  SLUICE_ASSIGN_OR_RETURN(out.expire_after_write_ms, DurationOr(options, "lookup.cache.ttl", 10000));
  out.cache_missing_key = TrueUnless(options, "lookup.cache.caching-missing-key");
  out.on = out.max_rows > 0 && out.expire_after_write_ms > 0;
  return out;
}

bool LookupCache::Expired(const Entry& entry, int64_t now_ms) const {
  const bool by_write =
      settings_.expire_after_write_ms >= 0 && now_ms - entry.written_ms >= settings_.expire_after_write_ms;
  const bool by_use =
      settings_.expire_after_access_ms >= 0 && now_ms - entry.used_ms >= settings_.expire_after_access_ms;
  return by_write || by_use;
}

void LookupCache::Drop(std::list<Entry>::iterator entry) {
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

const std::vector<std::string>* LookupCache::Find(std::string_view key, int64_t now_ms) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  const auto entry = found->second;
  if (Expired(*entry, now_ms)) {
    Drop(entry);
    return nullptr;
  }
  entry->used_ms = now_ms;
  entries_.splice(entries_.begin(), entries_, entry);
  return &entry->rows;
}

void LookupCache::Put(const std::string& key, std::vector<std::string> rows, int64_t now_ms) {
  if (rows.empty() && !settings_.cache_missing_key) return;
  if (const auto found = by_key_.find(key); found != by_key_.end()) Drop(found->second);
  entries_.push_front({key, std::move(rows), now_ms, now_ms});
  by_key_.emplace(entries_.front().key, entries_.begin());
  if (settings_.max_rows >= 0 && static_cast<int64_t>(entries_.size()) > settings_.max_rows) {
    Drop(std::prev(entries_.end()));
  }
}

}  // namespace sluice::engine
