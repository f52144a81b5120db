#include "engine/state/rocksdb_table.h"

#include <cstddef>
#include <cstring>

#include "base/clock.h"
#include "engine/state/state_bytes.h"

namespace sluice::engine {

namespace {

void AppendHighestFirst(std::string& out, uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

}  // namespace

RocksDbTable::RocksDbTable(TableLayoutPtr layout, RocksDbFamily* family) : layout_(std::move(layout)), family_(family) {
  cache_family_.clock = family_->clock;
  cache_family_.tracking = true;
  cache_ = std::make_unique<MemoryTable>(layout_, &cache_family_);
  NewId();
}

/// Also of a dropped namespace: a snapshot under way sees the entries nevertheless.
RocksDbTable::~RocksDbTable() { family_->store->DeletePrefix(prefix_); }

RocksDbTable::Value::Value(const TableLayout& layout, std::string_view bytes)
    : number(LoadAt<uint32_t>(bytes.data())), hash(LoadAt<uint64_t>(bytes.data() + 4)), payload(bytes.substr(12)) {
  if (!layout.ttl) return;
  timestamp = LoadAt<int64_t>(payload.data());
  payload.remove_prefix(sizeof(int64_t));
}

void RocksDbTable::NewId() { set_table_id(family_->next_table_id++); }

void RocksDbTable::set_table_id(uint64_t id) {
  table_id_ = id;
  prefix_.clear();
  AppendHighestFirst(prefix_, table_id_, 8);
}

uint32_t RocksDbTable::NewNumber() {
  if (free_numbers_.empty()) {
    INVARIANT(numbers_ < kMaxEntries, "a table of keyed state has more than 2^31 entries");
    return numbers_++;
  }
  const uint32_t number = free_numbers_.back();
  free_numbers_.pop_back();
  return number;
}

void RocksDbTable::Freeze(uint32_t epoch) {
  WriteBack();  // an error is in the store's status
  std::erase_if(earlier_, [&](const ChangesPtr& changes) { return changes->epoch <= family_->confirmed; });
  free_numbers_.insert(free_numbers_.end(), changes_.erased.begin(), changes_.erased.end());
  changes_.epoch = epoch;
  if (family_->tracking && (!changes_.keys.empty() || !changes_.erased.empty())) {
    earlier_.push_back(std::make_shared<const Changes>(std::move(changes_)));
  }
  changes_ = {};
}

std::vector<RocksDbTable::ChangesPtr> RocksDbTable::Unconfirmed() const { return earlier_; }

std::string RocksDbTable::StoreKey(uint64_t hash, std::string_view key) const {
  std::string out = prefix_;
  AppendHighestFirst(out, KeyGroupOf(hash, family_->max_parallelism), 2);
  out += key;
  return out;
}

std::string RocksDbTable::ValueOf(std::byte* payload) const {
  std::string out;
  AppendNumber(out, NumberOf(payload));
  AppendNumber(out, cache_->HashOf(payload));
  if (layout_->ttl) AppendNumber(out, layout_->Timestamp(payload));
  if (layout_->raw_payload) {
    out.append(reinterpret_cast<const char*>(payload), layout_->spec.payload.size);
  } else {
    std::string bytes;
    layout_->spec.payload.serialize(payload, bytes);
    out += bytes;
  }
  return out;
}

std::byte* RocksDbTable::Load(uint64_t hash, std::string_view key, std::string_view value) {
  std::byte* payload = cache_->InsertUnchanged(hash, key);
  const Value v(*layout_, value);
  NumberOf(payload) = v.number;
  if (layout_->ttl) layout_->Timestamp(payload) = v.timestamp;
  const std::string_view bytes = v.payload;
  if (layout_->raw_payload) {
    std::memcpy(payload, bytes.data(), bytes.size());
  } else {
    const Status read = layout_->spec.payload.deserialize(bytes, payload);
    INVARIANT(read.ok(), "state table '" + layout_->spec.name + "' in RocksDB: " + read.error().message());
  }
  return payload;
}

void RocksDbTable::FindMissing(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes,
                               std::byte* const* payloads) {
  missing_.clear();
  store_keys_.clear();
  std::string key;
  for (size_t k = 0; k < rows.count; ++k) {
    if (payloads[rows[k]] != nullptr) continue;
    missing_.push_back(k);
    key.clear();
    cache_->AppendKey(keys, rows[k], key);
    store_keys_.push_back(StoreKey(hashes[k], key));
  }
  if (!missing_.empty()) family_->store->Get(store_keys_, values_, found_);
}

void RocksDbTable::Find(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes,
                        std::byte** payloads, Access access) {
  cache_->Find(keys, rows, hashes, payloads, access);
  FindMissing(keys, rows, hashes, payloads);
  const int64_t now_ms = layout_->ttl ? family_->clock->NowMs() : 0;
  for (size_t m = 0; m < missing_.size(); ++m) {
    if (!found_[m] || (layout_->ttl && Expired(TimestampOf(values_[m]), now_ms))) continue;
    const uint64_t hash = hashes[missing_[m]];
    const std::string_view key = std::string_view(store_keys_[m]).substr(kKeyPrefix);
    std::byte* payload = cache_->FindKey(hash, key);  // an earlier row of the same key, or one that is too old
    if (payload == nullptr) payload = Load(hash, key, values_[m]);
    if (layout_->ttl && Expired(layout_->Timestamp(payload), now_ms)) continue;
    if (access == Access::kWrite) cache_->Touch(payload);
    payloads[rows[missing_[m]]] = payload;
  }
}

void RocksDbTable::FindOrInsert(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes,
                                std::byte** payloads, uint8_t* inserted) {
  cache_->Find(keys, rows, hashes, payloads, Access::kWrite);
  if (inserted != nullptr) rows.ForEach([&](size_t i) { inserted[i] = 0; });
  FindMissing(keys, rows, hashes, payloads);
  const int64_t now_ms = layout_->ttl ? family_->clock->NowMs() : 0;
  const PayloadHooks& hooks = layout_->spec.payload;
  for (size_t m = 0; m < missing_.size(); ++m) {
    const size_t row = rows[missing_[m]];
    const uint64_t hash = hashes[missing_[m]];
    const std::string_view key = std::string_view(store_keys_[m]).substr(kKeyPrefix);
    std::byte* payload = cache_->FindKey(hash, key);
    bool fresh = false;
    if (payload != nullptr) {
      fresh = layout_->ttl && Expired(layout_->Timestamp(payload), now_ms);  // else an earlier row made or loaded it
    } else if (found_[m]) {
      fresh = layout_->ttl && Expired(TimestampOf(values_[m]), now_ms);
      payload = Load(hash, key, values_[m]);
    } else {
      payload = cache_->InsertUnchanged(hash, key);
      NumberOf(payload) = NewNumber();
      ++size_;
      if (inserted != nullptr) inserted[row] = 1;
    }
    if (fresh) {
      if (hooks.destroy) hooks.destroy(payload);
      hooks.init(payload);
      if (inserted != nullptr) inserted[row] = 1;
    }
    cache_->Touch(payload);
    payloads[row] = payload;
  }
}

void RocksDbTable::Erase(std::byte* payload) {
  std::string key;
  cache_->AppendKey(payload, key);
  family_->store->Delete(StoreKey(cache_->HashOf(payload), key));
  (family_->tracking ? changes_.erased : free_numbers_).push_back(NumberOf(payload));
  cache_->Erase(payload);
  --size_;
}

void RocksDbTable::Clear() {
  family_->store->DeletePrefix(prefix_);
  cache_->Clear();
  scan_.reset();
  size_ = 0;
  numbers_ = 0;
  free_numbers_.clear();
  changes_ = {};
  earlier_.clear();
  NewId();
}

void RocksDbTable::Scan(size_t& cursor, size_t limit, std::vector<std::byte*>& payloads) {
  payloads.clear();
  if (cursor == 0 || !scan_ || scanned_ != cursor) {
    WriteBack();
    scan_ = family_->store->Scan(prefix_, false);
    for (scanned_ = 0; scanned_ < cursor && scan_->Valid(); ++scanned_) scan_->Next();
  }
  const int64_t now_ms = layout_->ttl ? family_->clock->NowMs() : 0;
  for (; scan_->Valid() && payloads.size() < limit; scan_->Next(), ++scanned_) {
    const uint64_t hash = Value(*layout_, scan_->value()).hash;
    const std::string_view key = scan_->key().substr(kKeyPrefix);
    std::byte* payload = cache_->FindKey(hash, key);
    if (payload == nullptr) payload = Load(hash, key, scan_->value());
    if (!layout_->ttl || !Expired(layout_->Timestamp(payload), now_ms)) payloads.push_back(payload);
  }
  cursor = scanned_;
  if (payloads.empty()) scan_.reset();
}

bool RocksDbTable::WriteBack() {
  std::string key;
  return cache_->TakeChanged([&](std::byte* payload) {
    key.clear();
    cache_->AppendKey(payload, key);
    std::string store_key = StoreKey(cache_->HashOf(payload), key);
    if (!family_->store->Put(store_key, ValueOf(payload))) return false;
    if (family_->tracking) changes_.keys.push_back(std::move(store_key));
    return true;
  });
}

void RocksDbTable::Evict() {
  if (!WriteBack()) return;
  cache_->Clear();
  scan_.reset();
}

void RocksDbTable::Sweep(int64_t now_ms, size_t count) {
  if (now_ms < next_sweep_ms_ || size_ == 0) return;
  if (swept_.empty()) WriteBack();
  const std::unique_ptr<RocksDbStore::Cursor> at = family_->store->Scan(prefix_, false);
  at->SeekBehind(swept_);
  std::vector<std::byte*> old;
  for (size_t looked = 0; looked < count && at->Valid(); ++looked, at->Next()) {
    swept_ = at->key();
    const uint64_t hash = Value(*layout_, at->value()).hash;
    const std::string_view key = at->key().substr(kKeyPrefix);
    std::byte* payload = cache_->FindKey(hash, key);
    if (payload == nullptr) payload = Load(hash, key, at->value());
    const bool expired = layout_->ttl && Expired(layout_->Timestamp(payload), now_ms);
    if (expired || (layout_->spec.expire && layout_->spec.expire(payload, now_ms))) old.push_back(payload);
  }
  if (!at->Valid()) {
    swept_.clear();
    next_sweep_ms_ = now_ms + layout_->spec.ttl_ms / 10 + 1;
  }
  for (std::byte* payload : old) Erase(payload);
}

Status RocksDbTable::Restore(std::optional<uint32_t> number, const BlockLayout& layout, const BlockRecord& record) {
  std::string key;
  if (!layout_->inline_key) {
    key = record.key;
  } else {
    key.push_back(record.null_key ? '\0' : '\1');
    if (!record.null_key) key += record.key;
  }
  std::string value;
  AppendNumber(value, number ? *number : numbers_++);
  AppendNumber(value, record.hash);
  if (layout_->ttl) {
    AppendNumber(value, layout.has(kBlockTimestamps) ? record.timestamp : family_->clock->NowMs());
  }
  value += record.payload;
  if (!layout_->raw_payload) {  // rather now than in the midst of the job
    std::vector<std::max_align_t> room(layout_->spec.payload.size / sizeof(std::max_align_t) + 1);
    auto* payload = reinterpret_cast<std::byte*>(room.data());
    layout_->spec.payload.init(payload);
    const Status read = layout_->spec.payload.deserialize(record.payload, payload);
    layout_->spec.payload.destroy(payload);
    SLUICE_RETURN_IF_ERROR(read);
  }
  if (!family_->store->Put(StoreKey(record.hash, key), value)) return family_->store->status();
  ++size_;
  return {};
}

}  // namespace sluice::engine
