// In front of an upsert sink whose primary key is not a key of the changes: several rows may share the sink's key, and
// the changes of one logical row can arrive out of step. All rows of a key are kept in order of arrival; the sink sees
// the last one, and when that goes the one before it, as Flink's SinkUpsertMaterializer.
#include <algorithm>

#include "engine/columnar/row_encoding.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/row_changes.h"
#include "engine/operators/row_list.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

namespace {

class SinkMaterialize final : public Operator {
 public:
  SinkMaterialize(const SinkMaterializeNode& node, const Schema& schema) : node_(node), schema_(schema) {
    for (const int k : node_.keys) key_types_.push_back(schema_[static_cast<size_t>(k)].type);
  }

  Status Open(const TaskContext& context) override {
    table_ = context.state->OpenTable({.name = "rows",
                                       .key_types = key_types_,
                                       .payload = ObjectPayload<RowList>(),
                                       .payload_format = "list:" + RowFormat(schema_),
                                       .ttl_ms = node_.state_ttl_ms});
    changes_.Start(schema_, schema_.size());
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    const Rows rows = batch.rows();
    const std::vector<ColumnPtr> keys = SelectColumns(batch, node_.keys);
    HashRows(keys, rows, hashes_);
    payloads_.resize(batch.length);
    table_->FindOrInsert(keys, rows, hashes_.data(), payloads_.data(), nullptr);
    std::vector<std::byte*> touched;
    for (size_t k = 0; k < rows.count; ++k) {
      const size_t i = rows[k];
      if (!batch.watermark_before.empty()) changes_.SetWatermark(batch.watermark_before[i]);
      RowList& list = *reinterpret_cast<RowList*>(payloads_[i]);
      std::string row;
      EncodeRow(batch.columns, i, row);
      if (IsAdd(batch.kind(i))) {
        Add(list, std::move(row));
      } else {
        Remove(list, row);
      }
      touched.push_back(payloads_[i]);
    }
    EraseEmpty(touched);
    return changes_.Flush(out);
  }

 private:
  void Add(RowList& list, std::string row) {
    const RowKind kind = list.rows.empty() ? RowKind::kInsert : RowKind::kUpdateAfter;
    changes_.Add(kind, row);
    const auto same = node_.upsert_key.empty() ? list.rows.end() : Find(list, row);
    if (same != list.rows.end()) {
      *same = std::move(row);  // keeps its place
    } else {
      list.rows.push_back(std::move(row));
    }
  }

  void Remove(RowList& list, const std::string& row) {
    const auto at = Find(list, row);
    if (at == list.rows.end()) return;  // out of step by state that has expired
    const bool last = std::next(at) == list.rows.end();
    const std::string removed = std::move(*at);
    list.rows.erase(at);
    if (list.rows.empty()) {
      changes_.Add(RowKind::kDelete, removed);
    } else if (last) {
      changes_.Add(RowKind::kUpdateAfter, list.rows.back());
    }
  }

  /// By the upsert key, or else the whole row; the first of equals, as Flink.
  std::vector<std::string>::iterator Find(RowList& list, const std::string& row) {
    if (node_.upsert_key.empty()) return std::find(list.rows.begin(), list.rows.end(), row);
    const std::string wanted = UpsertKeyOf(row);
    return std::find_if(list.rows.begin(), list.rows.end(),
                        [&](const std::string& r) { return UpsertKeyOf(r) == wanted; });
  }

  std::string UpsertKeyOf(const std::string& row) const {
    std::vector<ColumnPtr> columns;
    for (const RowField& field : schema_) columns.push_back(Column::Make(field.type, 0));
    INVARIANT(DecodeRow(row, columns), "a row in state is malformed");
    std::string key;
    for (const int k : node_.upsert_key) EncodeField(*columns[static_cast<size_t>(k)], 0, key);
    return key;
  }

  void EraseEmpty(std::vector<std::byte*>& touched) {
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (std::byte* payload : touched) {
      if (reinterpret_cast<RowList*>(payload)->rows.empty()) table_->Erase(payload);
    }
  }

  const SinkMaterializeNode node_;
  const Schema schema_;
  std::vector<DataType> key_types_;
  KeyedTable* table_ = nullptr;
  RowChanges changes_;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_;
};

}  // namespace

OperatorResult MakeSinkMaterialize(const SinkMaterializeNode& node, const OperatorPlan& plan) {
  return std::unique_ptr<Operator>(std::make_unique<SinkMaterialize>(node, plan.node.schema));
}

}  // namespace sluice::engine
