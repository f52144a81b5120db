#include "engine/operators/gathered_rows.h"

#include <algorithm>
#include <cstring>

#include "engine/operators/operator_parts.h"

namespace sluice::engine {

GatheredRows::GatheredRows(const Schema& schema, std::vector<int> keys)
    : schema_(schema), key_columns_(std::move(keys)) {
  std::vector<DataType> key_types;
  for (const int k : key_columns_) key_types.push_back(schema[static_cast<size_t>(k)].type);
  numbers_ = MakeMemoryTable({.name = "numbers",
                              .key_types = key_types,
                              .payload = {.size = sizeof(int64_t),
                                          .init = [](std::byte* p) { std::memset(p, 0, sizeof(int64_t)); },
                                          .destroy = {},
                                          .serialize = {},
                                          .deserialize = {}}});
}

void GatheredRows::Find(const Batch& batch, const Rows& rows) {
  keys_ = SelectColumns(batch, key_columns_);
  hashable_ = BinaryRowHash::Knows(keys_);
  payloads_.resize(batch.length);
  HashRows(keys_, rows, hashes_);
  numbers_->FindOrInsert(keys_, rows, hashes_.data(), payloads_.data(), nullptr);
  batches_.push_back(batch);
}

std::vector<GatheredRows::Place>& GatheredRows::RowsOf(size_t position) {
  auto& number = *reinterpret_cast<int64_t*>(payloads_[position]);
  if (number == 0) {
    codes_.push_back(hashable_ ? row_hash_(keys_, position) : 0);
    number = static_cast<int64_t>(codes_.size());
    if (rows_.size() < codes_.size()) rows_.emplace_back();
    rows_[codes_.size() - 1].clear();
  }
  return rows_[static_cast<size_t>(number - 1)];
}

Batch GatheredRows::Take(std::span<const uint32_t> keys) const {
  Batch out;
  for (const RowField& field : schema_) out.columns.push_back(Column::Make(field.type, 0));
  const bool changes = std::any_of(batches_.begin(), batches_.end(), [](const Batch& b) { return !b.kinds.empty(); });
  for (const uint32_t key : keys) {
    for (const Place& p : rows_[key]) {
      const Batch& from = batches_[p.batch];
      for (size_t c = 0; c < out.columns.size(); ++c) out.columns[c]->AppendFrom(*from.columns[c], p.row);
      if (changes) out.kinds.push_back(from.kind(p.row));
      ++out.length;
    }
  }
  return out;
}

void GatheredRows::Clear() {
  codes_.clear();
  batches_.clear();
  numbers_->Clear();
}

}  // namespace sluice::engine
