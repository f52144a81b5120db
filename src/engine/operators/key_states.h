// The states of the keys that a batch's rows have.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "engine/operators/erase_empty.h"
#include "engine/operators/operator_parts.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

/// `State` is the table's payload. Valid until the operator's call returns.
template <typename State>
class KeyStates {
 public:
  /// Finds or makes the state of each row's key, which stands in `columns`.
  void Find(KeyedTable& table, const Batch& batch, const std::vector<int>& columns) {
    table_ = &table;
    rows_ = batch.rows();
    keys_ = SelectColumns(batch, columns);
    HashRows(keys_, rows_, hashes_);
    payloads_.resize(batch.length);
    table.FindOrInsert(keys_, rows_, hashes_.data(), payloads_.data(), nullptr);
  }

  /// Of the row at a position of the batch.
  State& operator[](size_t position) { return *reinterpret_cast<State*>(payloads_[position]); }
  const std::vector<ColumnPtr>& keys() const { return keys_; }
  /// Of the k-th row.
  uint64_t hash(size_t k) const { return hashes_[k]; }

  /// Drops the keys whose state is empty() now.
  void EraseEmpty() { engine::EraseEmpty<State>(*table_, rows_, payloads_); }

 private:
  KeyedTable* table_ = nullptr;
  Rows rows_;  // the batch's
  std::vector<ColumnPtr> keys_;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_;
};

}  // namespace sluice::engine
