// OVER windows over an ordinary column, streaming, from the first row of the order to the current one: each change of
// the input answers with the changes of all later rows, until one comes whose accumulators stay as they are (as
// NonTimeRangeUnboundedPrecedingFunction and NonTimeRowsUnboundedPrecedingFunction). The input may retract.
#include <algorithm>
#include <map>

#include "engine/columnar/row_encoding.h"
#include "engine/operators/aggregate_set.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/row_list.h"
#include "engine/operators/sort_key.h"

namespace sluice::engine {

namespace {

struct OrderedRow {
  std::string row;
  std::string accumulators;  // after the row; in RANGE frames only that of the last peer counts
};

/// The rows of a partition by their sort keys; peers in order of arrival.
struct OrderedRows {
  std::map<std::string, std::vector<OrderedRow>> peers;

  void Save(std::string& out) const {
    for (const auto& [key, rows] : peers) {
      for (const OrderedRow& r : rows) {
        PutBytes(key, out);
        PutBytes(r.row, out);
        PutBytes(r.accumulators, out);
      }
    }
  }
  bool Load(std::string_view in) {
    std::string_view key, row, accumulators;
    while (!in.empty()) {
      if (!TakeBytes(in, key) || !TakeBytes(in, row) || !TakeBytes(in, accumulators)) return false;
      peers[std::string(key)].push_back({std::string(row), std::string(accumulators)});
    }
    return true;
  }
};

class OverOrdered final : public Operator {
 public:
  OverOrdered(const OverAggregateNode& node, const Schema& input, const Schema& output,
              std::unique_ptr<AggregateSet> calls)
      : node_(node),
        group_(node.groups[0]),
        input_(input),
        output_(output),
        calls_(std::move(calls)),
        hooks_(calls_->Hooks()),
        format_(calls_->Format()) {
    for (const int k : group_.partition_keys) key_types_.push_back(input[static_cast<size_t>(k)].type);
    memory_.resize(hooks_.size + 16);
    scratch_ = memory_.data() + (16 - reinterpret_cast<uintptr_t>(memory_.data()) % 16);
    hooks_.init(scratch_);
  }
  ~OverOrdered() override {
    if (hooks_.destroy) hooks_.destroy(scratch_);
  }

  Status Open(const TaskContext& context) override {
    std::string order;
    for (const SortKey& key : group_.order) {
      order += std::to_string(key.column) + (key.ascending ? "A" : "D") + (key.nulls_last ? "L " : "F ");
    }
    table_ =
        context.state->OpenTable({.name = "rows",
                                  .key_types = key_types_,
                                  .payload = ObjectPayload<OrderedRows>(),
                                  .payload_format = "ordered:" + std::string(group_.frame.rows ? "rows " : "range ") +
                                                    order + RowFormat(input_) + format_,
                                  .ttl_ms = node_.state_ttl_ms});
    StartResult();
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    const Rows rows = batch.rows();
    const std::vector<ColumnPtr> keys = SelectColumns(batch, group_.partition_keys);
    HashRows(keys, rows, hashes_);
    payloads_.resize(batch.length);
    table_->FindOrInsert(keys, rows, hashes_.data(), payloads_.data(), nullptr);
    for (size_t k = 0; k < rows.count; ++k) {
      const size_t i = rows[k];
      std::string key, row;
      EncodeSortKey(group_.order, batch.columns, i, key);
      EncodeRow(batch.columns, i, row);
      OrderedRows& state = *reinterpret_cast<OrderedRows*>(payloads_[i]);
      watermark_ = batch.watermark_before.empty() ? kNoWatermark : batch.watermark_before[i];
      SLUICE_RETURN_IF_ERROR(IsAdd(batch.kind(i)) ? Add(state, key, std::move(row), batch.kind(i))
                                                  : Remove(state, key, row));
    }
    EraseEmpty(rows);
    return Flush(!batch.watermark_before.empty(), out);
  }

 private:
  using Peers = std::map<std::string, std::vector<OrderedRow>>::iterator;
  bool by_rows() const { return group_.frame.rows; }

  Status Add(OrderedRows& state, const std::string& key, std::string row, RowKind kind) {
    auto at = state.peers.try_emplace(key).first;
    std::vector<OrderedRow>& peers = at->second;
    SLUICE_RETURN_IF_ERROR(StartBefore(state, at, by_rows() ? peers.size() : 0));
    const std::string before = peers.empty() ? std::string() : peers.back().accumulators;
    peers.push_back({std::move(row), {}});
    if (by_rows()) {
      SLUICE_RETURN_IF_ERROR(Accumulate(peers.back().row));
    } else {
      for (const OrderedRow& r : peers) SLUICE_RETURN_IF_ERROR(Accumulate(r.row));
    }
    const std::string now = Accumulators();
    peers.back().accumulators = now;
    if (!by_rows() && peers.size() > 1 && before != now) {
      for (size_t p = 0; p + 1 < peers.size(); ++p) SLUICE_RETURN_IF_ERROR(Change(peers[p].row, before, now));
    }
    SLUICE_RETURN_IF_ERROR(Emit(kind, peers.back().row, now));
    return PassOn(state, std::next(at), now);
  }

  Status Remove(OrderedRows& state, const std::string& key, const std::string& row) {
    auto at = state.peers.find(key);
    if (at == state.peers.end()) return {};
    std::vector<OrderedRow>& peers = at->second;
    size_t gone = 0;
    while (gone < peers.size() && peers[gone].row != row) ++gone;
    if (gone == peers.size()) return {};
    const std::string before = by_rows() ? peers[gone].accumulators : peers.back().accumulators;
    SLUICE_RETURN_IF_ERROR(StartBefore(state, at, by_rows() ? gone : 0));
    std::string now = Accumulators();
    if (by_rows()) {
      SLUICE_RETURN_IF_ERROR(Emit(RowKind::kDelete, row, before));
      peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(gone));
      for (size_t p = gone; p < peers.size(); ++p) {
        SLUICE_RETURN_IF_ERROR(Accumulate(peers[p].row));
        now = Accumulators();
        if (now == peers[p].accumulators) return {};
        SLUICE_RETURN_IF_ERROR(Change(peers[p].row, peers[p].accumulators, now));
        peers[p].accumulators = now;
      }
    } else {
      for (size_t p = 0; p < peers.size(); ++p) {
        if (p != gone) SLUICE_RETURN_IF_ERROR(Accumulate(peers[p].row));
      }
      now = Accumulators();
      for (size_t p = 0; p < peers.size(); ++p) {
        if (p == gone) {
          SLUICE_RETURN_IF_ERROR(Emit(RowKind::kDelete, row, before));
        } else if (before != now) {
          SLUICE_RETURN_IF_ERROR(Change(peers[p].row, before, now));
        }
      }
      peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(gone));
      if (!peers.empty()) peers.back().accumulators = now;
    }
    const auto next = std::next(at);
    if (peers.empty()) state.peers.erase(at);
    return PassOn(state, next, now);
  }

  /// The later rows, until nothing changes.
  Status PassOn(OrderedRows& state, Peers at, const std::string& accumulators) {
    if (at == state.peers.end()) return {};
    SLUICE_RETURN_IF_ERROR(Start(accumulators));
    for (; at != state.peers.end(); ++at) {
      std::vector<OrderedRow>& peers = at->second;
      if (!by_rows()) {
        for (const OrderedRow& r : peers) SLUICE_RETURN_IF_ERROR(Accumulate(r.row));
      }
      for (size_t p = 0; p < peers.size(); ++p) {
        if (by_rows()) SLUICE_RETURN_IF_ERROR(Accumulate(peers[p].row));
        OrderedRow& holder = by_rows() ? peers[p] : peers.back();
        const std::string now = Accumulators();
        if (p == 0 || by_rows()) {
          if (now == holder.accumulators) return {};
          previous_ = holder.accumulators;
          holder.accumulators = now;
        }
        SLUICE_RETURN_IF_ERROR(Change(peers[p].row, previous_, now));
      }
    }
    return {};
  }

  // --- accumulators
  Status Start(const std::string& bytes) {
    if (hooks_.destroy) hooks_.destroy(scratch_);
    hooks_.init(scratch_);
    return bytes.empty() ? Status() : hooks_.deserialize(bytes, scratch_);
  }
  /// Those right before peer `peer` of `at`.
  Status StartBefore(OrderedRows& state, Peers at, size_t peer) {
    if (peer > 0) return Start(at->second[peer - 1].accumulators);
    if (at == state.peers.begin()) return Start({});
    return Start(std::prev(at)->second.back().accumulators);
  }
  std::string Accumulators() const {
    std::string bytes;
    hooks_.serialize(scratch_, bytes);
    return bytes;
  }
  Status Accumulate(const std::string& row) {
    Batch one;
    one.length = 1;
    for (const RowField& field : input_) one.columns.push_back(Column::Make(field.type, 0));
    INVARIANT(DecodeRow(row, one.columns), "a row in state is malformed");
    return calls_->Update(one, Rows{nullptr, 1}, &scratch_, nullptr);
  }

  // --- output
  Status Change(const std::string& row, const std::string& before, const std::string& now) {
    SLUICE_RETURN_IF_ERROR(Emit(RowKind::kUpdateBefore, row, before));
    return Emit(RowKind::kUpdateAfter, row, now);
  }
  Status Emit(RowKind kind, const std::string& row, const std::string& accumulators) {
    const std::span<const ColumnPtr> columns(result_.columns.data(), input_.size());
    INVARIANT(DecodeRow(row, columns), "a row in state is malformed");
    const std::string current = Accumulators();
    SLUICE_RETURN_IF_ERROR(Start(accumulators));
    std::vector<ColumnPtr> values;
    SLUICE_RETURN_IF_ERROR(calls_->Read(&scratch_, 1, values));
    SLUICE_RETURN_IF_ERROR(Start(current));
    for (size_t c = 0; c < values.size(); ++c) result_.columns[input_.size() + c]->AppendFrom(*values[c], 0);
    result_.kinds.push_back(kind);
    result_.watermark_before.push_back(watermark_);
    ++result_.length;
    return {};
  }
  void StartResult() {
    result_ = Batch();
    for (const RowField& field : output_) result_.columns.push_back(Column::Make(field.type, 0));
  }
  Status Flush(bool watermarks, Output& out) {
    if (result_.length == 0) return {};
    Batch ready = std::move(result_);
    if (!watermarks) ready.watermark_before.clear();
    StartResult();
    return out.Emit(std::move(ready));
  }

  void EraseEmpty(const Rows& rows) {
    std::vector<std::byte*> empty;
    rows.ForEach([&](size_t i) {
      if (reinterpret_cast<OrderedRows*>(payloads_[i])->peers.empty()) empty.push_back(payloads_[i]);
    });
    std::sort(empty.begin(), empty.end());
    empty.erase(std::unique(empty.begin(), empty.end()), empty.end());
    for (std::byte* p : empty) table_->Erase(p);
  }

  const OverAggregateNode node_;
  const OverGroup group_;
  Schema input_, output_;
  std::unique_ptr<AggregateSet> calls_;
  const PayloadHooks hooks_;
  const std::string format_;
  std::vector<DataType> key_types_;
  std::vector<std::byte> memory_;
  std::byte* scratch_ = nullptr;  // the accumulators that are being worked with
  KeyedTable* table_ = nullptr;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_;
  int64_t watermark_ = kNoWatermark;
  std::string previous_;
  Batch result_;
};

}  // namespace

OperatorResult MakeOverOrdered(const OverAggregateNode& node, const OperatorPlan& plan) {
  if (!SortableTypes(node.groups[0].order, plan.input())) return NotYet("OVER (ORDER BY a nested type)");
  SLUICE_ASSIGN_OR_RETURN(auto calls, AggregateSet::Make(node.groups[0].calls, false, 0, plan.environment));
  return std::unique_ptr<Operator>(
      std::make_unique<OverOrdered>(node, plan.input(), plan.node.schema, std::move(calls)));
}

OperatorResult MakeOver(const OverAggregateNode& node, const OperatorPlan& plan) {
  if (node.batch) return MakeOverBatch(node, plan);
  return node.time == OverTime::kNone ? MakeOverOrdered(node, plan) : MakeOverTime(node, plan);
}

}  // namespace sluice::engine
