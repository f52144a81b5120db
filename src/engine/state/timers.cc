#include "engine/state/timers.h"

#include <algorithm>
#include <unordered_set>

#include "engine/columnar/row_encoding.h"

namespace sluice::engine {

namespace {

constexpr size_t kScanStep = 1024;

std::vector<ColumnPtr> EmptyColumns(const std::vector<DataType>& types) {
  std::vector<ColumnPtr> columns;
  columns.reserve(types.size());
  for (const DataType& type : types) columns.push_back(Column::Make(type, 0));
  return columns;
}

std::vector<DataType> TableKey(std::vector<DataType> key_types) {
  key_types.push_back(DataType::Bigint());
  return key_types;
}

}  // namespace

KeyedTimers::KeyedTimers(KeyedStateBackend& backend, std::string name, std::vector<DataType> key_types)
    : key_types_(std::move(key_types)),
      table_(backend.OpenTable({.name = std::move(name),
                                .key_types = TableKey(key_types_),
                                .hash_columns = static_cast<int>(key_types_.size()),
                                .payload = {.size = 0, .init = [](std::byte*) {}},
                                .payload_format = "timers"})) {
  TakeUpRestored();
}

void KeyedTimers::TakeUpRestored() {
  size_t cursor = 0;
  while (true) {
    table_->Scan(cursor, kScanStep, payloads_);
    if (payloads_.empty()) return;
    std::vector<ColumnPtr> keys = EmptyColumns(TableKey(key_types_));
    table_->ReadKeys(payloads_, keys);
    const ColumnPtr times = keys.back();
    keys.pop_back();
    for (size_t i = 0; i < payloads_.size(); ++i) {
      Append(keys, i, table_->HashOf(payloads_[i]), times->at<int64_t>(i));
    }
  }
}

void KeyedTimers::Append(const std::vector<ColumnPtr>& keys, size_t row, uint64_t hash, int64_t time) {
  Bucket& bucket = order_[time];
  EncodeRow(keys, row, bucket.keys);
  bucket.ends.push_back(bucket.keys.size());
  bucket.hashes.push_back(hash);
}

std::vector<ColumnPtr> KeyedTimers::WithTimes(const std::vector<ColumnPtr>& keys, const Rows& rows,
                                              const int64_t* times) const {
  size_t length = 0;
  for (size_t k = 0; k < rows.count; ++k) length = std::max(length, rows[k] + 1);
  std::vector<ColumnPtr> all = keys;
  all.push_back(Column::Make(DataType::Bigint(), length));
  for (size_t k = 0; k < rows.count; ++k) all.back()->data<int64_t>()[rows[k]] = times[k];
  return all;
}

void KeyedTimers::Register(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes,
                           const int64_t* times) {
  if (rows.count == 0) return;
  const std::vector<ColumnPtr> all = WithTimes(keys, rows, times);
  payloads_.resize(all.back()->size());
  inserted_.resize(all.back()->size());
  table_->FindOrInsert(all, rows, hashes, payloads_.data(), inserted_.data());
  for (size_t k = 0; k < rows.count; ++k) {
    if (inserted_[rows[k]]) Append(keys, rows[k], hashes[k], times[k]);
  }
}

void KeyedTimers::Delete(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes,
                         const int64_t* times) {
  if (rows.count == 0) return;
  const std::vector<ColumnPtr> all = WithTimes(keys, rows, times);
  payloads_.resize(all.back()->size());
  table_->Find(all, rows, hashes, payloads_.data(), Access::kRead);
  std::unordered_set<std::byte*> erased;  // the same timer twice in one batch
  for (size_t k = 0; k < rows.count; ++k) {
    std::byte* payload = payloads_[rows[k]];
    if (payload == nullptr || !erased.insert(payload).second) continue;
    table_->Erase(payload);
    ++stale_;
  }
  if (table_->size() == 0) {
    order_.clear();
    stale_ = 0;
  }
}

void KeyedTimers::TakeFromOrder(int64_t up_to, size_t limit, DueTimers& due) {
  while (!order_.empty() && order_.begin()->first <= up_to && due.size() < limit) {
    const int64_t time = order_.begin()->first;
    Bucket& bucket = order_.begin()->second;
    for (; bucket.taken < bucket.ends.size() && due.size() < limit; ++bucket.taken) {
      const size_t start = bucket.taken == 0 ? 0 : bucket.ends[bucket.taken - 1];
      const size_t size = bucket.ends[bucket.taken] - start;
      const bool whole = DecodeRow(std::string_view(bucket.keys).substr(start, size), due.keys);
      INVARIANT(whole, "a timer's key is malformed");
      due.hashes.push_back(bucket.hashes[bucket.taken]);
      due.times.push_back(time);
    }
    if (bucket.taken == bucket.ends.size()) order_.erase(order_.begin());
  }
}

bool KeyedTimers::PopDue(int64_t up_to, size_t limit, DueTimers& due) {
  while (true) {
    due.times.clear();
    due.hashes.clear();
    due.keys = EmptyColumns(key_types_);
    TakeFromOrder(up_to, limit, due);
    const size_t count = due.size();
    if (count == 0) return false;
    const Rows rows{nullptr, count};
    payloads_.resize(count);
    table_->Find(WithTimes(due.keys, rows, due.times.data()), rows, due.hashes.data(), payloads_.data(), Access::kRead);
    std::vector<uint32_t> kept;
    std::unordered_set<std::byte*> erased;
    for (size_t k = 0; k < count; ++k) {
      if (payloads_[k] == nullptr || (stale_ > 0 && !erased.insert(payloads_[k]).second)) continue;
      kept.push_back(static_cast<uint32_t>(k));
    }
    for (const uint32_t k : kept) table_->Erase(payloads_[k]);
    stale_ -= std::min(stale_, count - kept.size());
    if (kept.size() == count) return true;
    if (kept.empty()) continue;
    for (ColumnPtr& column : due.keys) column = Column::Gather(*column, kept.data(), kept.size());
    for (size_t k = 0; k < kept.size(); ++k) {
      due.times[k] = due.times[kept[k]];
      due.hashes[k] = due.hashes[kept[k]];
    }
    due.times.resize(kept.size());
    due.hashes.resize(kept.size());
    return true;
  }
}

}  // namespace sluice::engine
