// Ranks that do not begin with the first, over a changelog, without the number in the output: ORDER BY … LIMIT …
// OFFSET, rn = 2. RetractableTopNFunction with one of its properties: the rows in its state carry the kind with which
// they were shown last, and a retraction finds only a row that carries +I. What it does not find stays in the lists,
// but is not counted.
#include "engine/operators/offset_rank.h"
#include "engine/columnar/row_encoding.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "engine/operators/key_states.h"
#include "engine/operators/row_changes.h"
#include "engine/operators/row_list.h"
#include "engine/operators/sort_key.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

namespace {

struct ShownRow {
  std::string bytes;
  RowKind kind = RowKind::kInsert;  // as which it was shown last
};

struct RowsOfKey {
  int64_t count = 0;  // added minus retracted
  std::vector<ShownRow> rows;
};

class ShownRows {
 public:
  std::map<std::string, RowsOfKey> keys;

  bool empty() const { return keys.empty(); }

  /// A row of this key was retracted.
  void Uncount(const std::string& key) {
    const auto at = keys.find(key);
    if (at == keys.end()) return;
    if (at->second.count > 0) --at->second.count;
    if (at->second.count == 0 && at->second.rows.empty()) keys.erase(at);
  }

  void Save(std::string& out) const {
    for (const auto& [key, entry] : keys) {
      PutBytes(key, out);
      PutFixed(entry.count, out);
      PutFixed(entry.rows.size(), out);
      for (const ShownRow& row : entry.rows) {
        PutFixed(row.kind, out);
        PutBytes(row.bytes, out);
      }
    }
  }
  bool Load(std::string_view in) {
    std::string_view key, bytes;
    while (!in.empty()) {
      size_t count = 0;
      if (!TakeBytes(in, key)) return false;
      RowsOfKey& entry = keys[std::string(key)];
      if (!TakeFixed(in, entry.count) || !TakeFixed(in, count)) return false;
      for (size_t k = 0; k < count; ++k) {
        ShownRow row;
        if (!TakeFixed(in, row.kind) || !TakeBytes(in, bytes)) return false;
        row.bytes = bytes;
        entry.rows.push_back(std::move(row));
      }
    }
    return true;
  }
};

class OffsetRank final : public Operator {
 public:
  OffsetRank(const RankNode& node, const Schema& input, const Schema& output)
      : node_(node), input_(input), output_(output) {
    for (const int k : node.partition_keys) key_types_.push_back(input[static_cast<size_t>(k)].type);
  }

  Status Open(const TaskContext& context) override {
    table_ = context.state->OpenTable({.name = "rows",
                                       .key_types = key_types_,
                                       .payload = ObjectPayload<ShownRows>(),
                                       .payload_format = "shown:" + RowFormat(input_),
                                       .ttl_ms = node_.state_ttl_ms});
    changes_.Start(output_, input_.size());
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    const Rows rows = batch.rows();
    states_.Find(*table_, batch, node_.partition_keys);
    rows.ForEach([&](size_t i) {
      key_.clear();
      row_.clear();
      EncodeSortKey(node_.order, batch.columns, i, key_);
      EncodeRow(batch.columns, i, row_);
      if (!batch.watermark_before.empty()) changes_.SetWatermark(batch.watermark_before[i]);
      ShownRows& state = states_[i];
      if (IsAdd(batch.kind(i))) {
        Add(state);
      } else {
        Retract(state);
      }
    });
    states_.EraseEmpty();
    return changes_.Flush(out);
  }

 private:
  void Show(RowKind kind, ShownRow& row, int64_t rank) {
    if (rank < node_.rank_start || rank > node_.rank_end) return;
    if (kind == RowKind::kUpdateBefore && !node_.emit_update_before) return;
    row.kind = kind;
    changes_.Add(kind, row.bytes, rank);
  }

  /// `now` comes to `rank`, where `before` was.
  void Replace(ShownRow& before, ShownRow& now, int64_t rank) {
    Show(RowKind::kUpdateBefore, before, rank);
    Show(RowKind::kUpdateAfter, now, rank);
  }

  void Add(ShownRows& state) {
    ShownRow added{row_};
    RowsOfKey& own = state.keys[key_];
    ++own.count;
    int64_t rank = 0;
    ShownRow* moving = nullptr;
    for (auto& [key, entry] : state.keys) {
      if (rank > node_.rank_end) break;
      if (entry.count == 0) continue;
      if (moving == nullptr) {
        rank += entry.count;
        if (&entry == &own) moving = &added;
        continue;
      }
      for (ShownRow& row : entry.rows) {
        if (rank > node_.rank_end) break;
        Replace(row, *moving, rank);
        moving = &row;
        ++rank;
      }
    }
    if (moving != nullptr) Show(RowKind::kInsert, *moving, rank);
    own.rows.push_back(std::move(added));
  }

  void Retract(ShownRows& state) {
    int64_t rank = 0;
    bool found = false;
    ShownRow gone;
    ShownRow* moving = nullptr;
    for (auto& [key, entry] : state.keys) {
      if (rank > node_.rank_end) break;
      if (entry.count == 0) continue;
      if (!found && key != key_) {
        rank += entry.count;
        continue;
      }
      for (size_t k = 0; k < entry.rows.size() && rank <= node_.rank_end; ++rank) {
        if (!found && IsRetracted(entry.rows[k])) {
          found = true;
          gone = std::move(entry.rows[k]);
          entry.rows.erase(entry.rows.begin() + static_cast<std::ptrdiff_t>(k));
          moving = &gone;
          continue;
        }
        if (found) {
          Replace(*moving, entry.rows[k], rank);
          moving = &entry.rows[k];
        }
        ++k;
      }
    }
    if (found) {
      Show(RowKind::kDelete, *moving, rank);
    } else {
      Remove(state);
    }
    state.Uncount(key_);
  }

  bool IsRetracted(const ShownRow& row) const { return row.kind == RowKind::kInsert && row.bytes == row_; }

  /// A row behind the ranks that show.
  void Remove(ShownRows& state) {
    const auto at = state.keys.find(key_);
    if (at == state.keys.end()) return;
    std::vector<ShownRow>& rows = at->second.rows;
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const ShownRow& r) { return IsRetracted(r); });
    if (row != rows.end()) rows.erase(row);
  }

  const RankNode node_;
  Schema input_, output_;
  std::vector<DataType> key_types_;
  KeyedTable* table_ = nullptr;
  RowChanges changes_;
  KeyStates<ShownRows> states_;
  std::string key_, row_;
};

}  // namespace

OperatorResult MakeOffsetRank(const RankNode& node, const OperatorPlan& plan) {
  return std::unique_ptr<Operator>(std::make_unique<OffsetRank>(node, plan.input(), plan.node.schema));
}

}  // namespace sluice::engine
