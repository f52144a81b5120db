// Rows of a bundle by their key, in the order of Flink's map of the bundle.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/columnar/batch.h"
#include "engine/columnar/java_hash_order.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

/// Rows of a bundle from which on nobody follows the order of its keys in Flink, where only that order would be won.
inline constexpr int64_t kLargeBundle = 1000;

class GatheredRows {
 public:
  /// A row that was added: of the batch that was added as `batch`-th.
  struct Place {
    uint32_t batch = 0, row = 0;
  };

  GatheredRows(const Schema& schema, std::vector<int> keys);

  /// Adds rows of a batch, whose columns are shared. `keep(kept, row)` says what becomes of a row whose key has one or
  /// more already: it may append it to the key's rows, replace one, or leave it out.
  template <typename Keep>
  void Add(const Batch& batch, const Rows& rows, Keep&& keep) {
    Find(batch, rows);
    const auto index = static_cast<uint32_t>(batches_.size() - 1);
    rows.ForEach([&](size_t i) {
      std::vector<Place>& kept = RowsOf(i);
      const Place row{index, static_cast<uint32_t>(i)};
      if (kept.empty()) {
        kept.push_back(row);
      } else {
        keep(kept, row);
      }
    });
  }

  bool empty() const { return codes_.empty(); }
  /// The keys, by number, in the order of the map.
  std::vector<uint32_t> Order() { return HashMapOrder(codes_, buckets_); }
  /// The rows of these keys, key after key.
  Batch Take(std::span<const uint32_t> keys) const;
  const Column& ColumnOf(const Place& place, int column) const {
    return *batches_[place.batch].columns[static_cast<size_t>(column)];
  }
  RowKind KindOf(const Place& place) const { return batches_[place.batch].kind(place.row); }
  void Clear();

 private:
  void Find(const Batch& batch, const Rows& rows);
  std::vector<Place>& RowsOf(size_t position);

  const Schema schema_;
  const std::vector<int> key_columns_;
  std::unique_ptr<KeyedTable> numbers_;   // 1 + the number of each key
  std::vector<std::vector<Place>> rows_;  // of each key, by number; behind them what earlier bundles had, for reuse
  std::vector<int32_t> codes_;            // of each key
  std::vector<Batch> batches_;
  size_t buckets_ = 16;
  BinaryRowHash row_hash_;
  // Of a call.
  std::vector<ColumnPtr> keys_;
  bool hashable_ = false;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_;
};

}  // namespace sluice::engine
