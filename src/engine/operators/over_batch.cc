// OVER windows in batch mode: the whole input, sorted by partition and order once a group of calls, and every frame
// that SQL has. The rows come out in the order of the last group.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/columnar/row_ops.h"
#include "engine/operators/aggregate_set.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/row_order.h"

namespace sluice::engine {

namespace {

bool IsRanking(const std::string& f) {
  return f == "ROW_NUMBER" || f == "RANK" || f == "DENSE_RANK" || f == "NTILE" || f == "PERCENT_RANK" ||
         f == "CUME_DIST" || f == "LAG" || f == "LEAD";
}

/// Rows [begin, end) of a partition in their order; row k of the partition is batch row order[begin + k].
struct Partition {
  size_t begin, end;
};

class OverBatch final : public Operator {
 public:
  OverBatch(const OverAggregateNode& node, const Schema& input, const Schema& output,
            std::vector<std::unique_ptr<AggregateSet>> calls)
      : node_(node), input_(input), output_(output), calls_(std::move(calls)) {}

  Status Open(const TaskContext&) override { return {}; }

  Status Process(int, Batch batch, Output&) override {
    batch.Compact();
    if (all_.columns.empty()) {
      for (const RowField& field : input_) all_.columns.push_back(Column::Make(field.type, 0));
    }
    for (size_t c = 0; c < all_.columns.size(); ++c) {
      const size_t at = all_.columns[c]->size();
      all_.columns[c]->Resize(at + batch.length);
      for (size_t i = 0; i < batch.length; ++i) all_.columns[c]->CopyRow(at + i, *batch.columns[c], i);
      if (all_.columns[c]->physical() == PhysicalType::kString) all_.columns[c]->RetainBuffersOf(*batch.columns[c]);
    }
    all_.length += batch.length;
    return {};
  }

  Status EndInput(int, Output& out) override {
    if (all_.length == 0) return {};
    std::vector<ColumnPtr> values;
    for (size_t g = 0; g < node_.groups.size(); ++g) {
      SLUICE_RETURN_IF_ERROR(RunGroup(node_.groups[g], *calls_[g], values));
    }
    Batch result;
    result.length = all_.length;
    for (const ColumnPtr& c : all_.columns) result.columns.push_back(Column::Gather(*c, order_.data(), order_.size()));
    for (const ColumnPtr& c : values) result.columns.push_back(Column::Gather(*c, order_.data(), order_.size()));
    all_ = Batch();
    return out.Emit(std::move(result));
  }

 private:
  bool SamePartition(const OverGroup& group, size_t a, size_t b) const {
    for (const int k : group.partition_keys) {
      const Column& c = *all_.columns[static_cast<size_t>(k)];
      if (c.IsNull(a) != c.IsNull(b) || (!c.IsNull(a) && !EqualsAt(c, a, c, b))) return false;
    }
    return true;
  }
  bool Peers(const OverGroup& group, size_t k, size_t l) const {
    return CompareRows(group.order, all_.columns, order_[k], all_.columns, order_[l]) == 0;
  }

  Status RunGroup(const OverGroup& group, AggregateSet& calls, std::vector<ColumnPtr>& values) {
    std::vector<SortKey> keys;
    for (const int k : group.partition_keys) {
      if (!all_.columns[static_cast<size_t>(k)]->type().is_nested()) keys.push_back({k, true, false});
    }
    keys.insert(keys.end(), group.order.begin(), group.order.end());
    order_.resize(all_.length);
    std::iota(order_.begin(), order_.end(), 0u);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](uint32_t a, uint32_t b) { return CompareRows(keys, all_.columns, a, all_.columns, b) < 0; });
    const size_t first = values.size();
    for (const AggregateCall& call : group.calls) values.push_back(Column::Make(call.type, all_.length));
    for (size_t begin = 0; begin < order_.size();) {
      size_t end = begin + 1;
      while (end < order_.size() && SamePartition(group, order_[begin], order_[end])) ++end;
      SLUICE_RETURN_IF_ERROR(RunPartition(group, calls, {begin, end}, values.data() + first));
      begin = end;
    }
    return {};
  }

  Status RunPartition(const OverGroup& group, AggregateSet& calls, Partition p, ColumnPtr* values) {
    for (size_t c = 0; c < group.calls.size(); ++c) {
      if (IsRanking(group.calls[c].function)) RunRanking(group, group.calls[c], p, *values[c]);
    }
    if (calls.size() == 0) return {};
    std::vector<ColumnPtr*> targets;
    for (size_t c = 0; c < group.calls.size(); ++c) {
      if (!IsRanking(group.calls[c].function)) targets.push_back(&values[c]);
    }
    return RunFrames(group, calls, p, targets);
  }

  void RunRanking(const OverGroup& group, const AggregateCall& call, Partition p, Column& out) {
    const size_t count = p.end - p.begin;
    const auto total = static_cast<double>(count);
    const bool by_rows = RanksByRow(group);
    size_t dense = 0, first_peer = 0;
    for (size_t k = 0; k < count; ++k) {
      if (k == 0 || !Peers(group, p.begin + k - 1, p.begin + k)) {
        ++dense;
        first_peer = k;
      }
      const size_t row = order_[p.begin + k];
      const std::string& f = call.function;
      if (f == "LAG" || f == "LEAD") {
        Shifted(call, p, k, out);
      } else if (f == "PERCENT_RANK") {
        out.data<double>()[row] = count == 1 ? 0 : static_cast<double>(first_peer) / (total - 1);
      } else if (f == "CUME_DIST") {
        size_t last = k + 1;
        while (!by_rows && last < count && Peers(group, p.begin + last, p.begin + k)) ++last;
        out.data<double>()[row] = static_cast<double>(last) / total;
      } else {
        const size_t value = f == "RANK" ? first_peer + 1 : f == "DENSE_RANK" ? dense : k + 1;
        out.data<int64_t>()[row] = f == "NTILE" ? Tile(call, k, count) : static_cast<int64_t>(value);
      }
    }
  }

  /// Beside other ranks CUME_DIST does not look at peers: Flink then gives them all the frame of the row alone.
  static bool RanksByRow(const OverGroup& group) {
    return std::any_of(group.calls.begin(), group.calls.end(), [](const AggregateCall& call) {
      return IsRanking(call.function) && call.function != "CUME_DIST" && call.function != "LAG" &&
             call.function != "LEAD";
    });
  }

  static int64_t Tile(const AggregateCall& call, size_t k, size_t count) {
    const auto tiles =
        static_cast<size_t>(std::max<int64_t>(1, call.literals[0].is_null() ? 1 : call.literals[0].as_int()));
    const size_t size = count / tiles, larger = count % tiles;
    const size_t in_larger = larger * (size + 1);
    if (k < in_larger) return static_cast<int64_t>(k / (size + 1)) + 1;
    return static_cast<int64_t>(larger + (k - in_larger) / std::max<size_t>(1, size)) + 1;
  }

  void Shifted(const AggregateCall& call, Partition p, size_t k, Column& out) {
    int64_t offset = call.literals.size() > 1 && !call.literals[1].is_null() ? call.literals[1].as_int() : 1;
    if (call.function == "LAG") offset = -offset;
    const int64_t at = static_cast<int64_t>(p.begin + k) + offset;
    const size_t row = order_[p.begin + k];
    const bool inside = at >= static_cast<int64_t>(p.begin) && at < static_cast<int64_t>(p.end);
    if (!inside && call.args.size() < 3) return out.SetNull(row);
    const Column& source = *all_.columns[static_cast<size_t>(call.args[inside ? 0 : 2])];
    const size_t from = inside ? order_[static_cast<size_t>(at)] : row;
    if (source.IsNull(from)) return out.SetNull(row);
    out.CopyRow(row, source, from);
    if (out.physical() == PhysicalType::kString) out.RetainBuffersOf(source);
  }

  /// [lo, hi) of the frame of the partition's row k.
  std::pair<size_t, size_t> Frame(const OverGroup& group, Partition p, size_t k) const {
    const OverFrame& f = group.frame;
    const size_t count = p.end - p.begin;
    auto rows = [&](FrameEdge edge, const Value& offset, bool start) -> int64_t {
      const auto at = static_cast<int64_t>(k);
      switch (edge) {
        case FrameEdge::kUnbounded: return start ? 0 : static_cast<int64_t>(count);
        case FrameEdge::kPreceding: return at - offset.as_int() + (start ? 0 : 1);
        case FrameEdge::kFollowing: return at + offset.as_int() + (start ? 0 : 1);
        case FrameEdge::kCurrentRow: break;
      }
      return at + (start ? 0 : 1);
    };
    auto range = [&](FrameEdge edge, const Value& offset, bool start) -> int64_t {
      if (edge == FrameEdge::kUnbounded) return start ? 0 : static_cast<int64_t>(count);
      if (edge == FrameEdge::kCurrentRow) {
        size_t at = k;
        if (start) {
          while (at > 0 && Peers(group, p.begin + at - 1, p.begin + k)) --at;
        } else {
          while (at < count && Peers(group, p.begin + at, p.begin + k)) ++at;
        }
        return static_cast<int64_t>(at);
      }
      return RangeEdge(group, p, k, edge, offset, start);
    };
    auto clamp = [&](int64_t v) { return static_cast<size_t>(std::clamp<int64_t>(v, 0, static_cast<int64_t>(count))); };
    const size_t lo = clamp(f.rows ? rows(f.start, f.start_offset, true) : range(f.start, f.start_offset, true));
    const size_t hi = clamp(f.rows ? rows(f.end, f.end_offset, false) : range(f.end, f.end_offset, false));
    return {lo, std::max(lo, hi)};
  }

  /// Value of the one order column as a number; NULL rows are peers of each other only.
  std::optional<long double> OrderValue(const OverGroup& group, size_t row) const {
    const Column& c = *all_.columns[static_cast<size_t>(group.order[0].column)];
    if (c.IsNull(row)) return std::nullopt;
    switch (c.physical()) {
      case PhysicalType::kInt8: return c.at<int8_t>(row);
      case PhysicalType::kInt16: return c.at<int16_t>(row);
      case PhysicalType::kInt32: return c.at<int32_t>(row);
      case PhysicalType::kFloat: return c.at<float>(row);
      case PhysicalType::kDouble: return c.at<double>(row);
      case PhysicalType::kInt128: return static_cast<long double>(c.at<int128_t>(row));  // unscaled
      default: return static_cast<long double>(c.at<int64_t>(row));
    }
  }

  int64_t RangeEdge(const OverGroup& group, Partition p, size_t k, FrameEdge edge, const Value& offset,
                    bool start) const {
    const size_t count = p.end - p.begin;
    const auto own = OrderValue(group, order_[p.begin + k]);
    const bool is_double = std::holds_alternative<double>(offset.storage());
    long double by = is_double ? offset.as_double() : static_cast<long double>(offset.as_int());
    if (!own) {  // its peers are at the distance 0
      size_t at = k;
      const bool behind = edge == FrameEdge::kFollowing && by > 0;
      const bool before = edge == FrameEdge::kPreceding && by > 0;
      if (start ? !behind : before) {
        while (at > 0 && Peers(group, p.begin + at - 1, p.begin + k)) --at;
      } else {
        while (at < count && Peers(group, p.begin + at, p.begin + k)) ++at;
      }
      return static_cast<int64_t>(at);
    }
    const DataType& type = input_[static_cast<size_t>(group.order[0].column)].type;
    if (type.kind() == TypeKind::kDecimal) by *= std::pow(10.0L, type.scale());
    const bool down = (edge == FrameEdge::kPreceding) == group.order[0].ascending;
    const long double bound = *own + (down ? -by : by);
    const bool ascending = group.order[0].ascending;
    size_t at = 0;
    for (; at < count; ++at) {
      const auto v = OrderValue(group, order_[p.begin + at]);
      if (!v) {  // NULLs at the front are before everything, at the back after
        if (group.order[0].nulls_last) break;
        continue;
      }
      const bool before = ascending ? (start ? *v < bound : *v <= bound) : (start ? *v > bound : *v >= bound);
      if (!before) break;
    }
    return static_cast<int64_t>(at);
  }

  Status RunFrames(const OverGroup& group, AggregateSet& calls, Partition p, const std::vector<ColumnPtr*>& targets) {
    TableSpec spec{.name = "frame", .key_types = {}, .payload = calls.Hooks()};
    std::unique_ptr<KeyedTable> table = MakeMemoryTable(std::move(spec));
    std::byte* payload = nullptr;
    auto begin = [&] {
      table->Clear();
      table->FindOrInsert({}, Rows{nullptr, 1}, &kHashSeed, &payload, nullptr);
    };
    auto accumulate = [&](size_t lo, size_t hi) -> Status {
      if (lo >= hi) return {};
      if (payloads_.size() < all_.length) payloads_.resize(all_.length);
      for (size_t k = lo; k < hi; ++k) payloads_[order_[p.begin + k]] = payload;
      return calls.Update(all_, Rows{order_.data() + p.begin + lo, hi - lo}, payloads_.data(), nullptr);
    };
    begin();
    size_t lo = 0, hi = 0;
    std::vector<ColumnPtr> value;
    for (size_t k = 0; k < p.end - p.begin; ++k) {
      const auto [from, to] = Frame(group, p, k);
      if (k == 0 || from != lo || to != hi) {
        if (from != lo || to < hi) {
          begin();
          SLUICE_RETURN_IF_ERROR(accumulate(from, to));
        } else {
          SLUICE_RETURN_IF_ERROR(accumulate(hi, to));
        }
        lo = from;
        hi = to;
        SLUICE_RETURN_IF_ERROR(calls.Read(&payload, 1, value));
      }
      for (size_t c = 0; c < targets.size(); ++c) {
        Column& out = **targets[c];
        const size_t row = order_[p.begin + k];
        if (value[c]->IsNull(0)) {
          out.SetNull(row);
        } else {
          out.CopyRow(row, *value[c], 0);
          if (out.physical() == PhysicalType::kString) out.RetainBuffersOf(*value[c]);
        }
      }
    }
    return {};
  }

  const OverAggregateNode node_;
  Schema input_, output_;
  std::vector<std::unique_ptr<AggregateSet>> calls_;
  Batch all_;
  std::vector<uint32_t> order_;
  std::vector<std::byte*> payloads_;
};

}  // namespace

OperatorResult MakeOverBatch(const OverAggregateNode& node, const OperatorPlan& plan) {
  std::vector<std::unique_ptr<AggregateSet>> sets;
  for (const OverGroup& group : node.groups) {
    if (!group.frame.rows &&
        (group.frame.start == FrameEdge::kPreceding || group.frame.start == FrameEdge::kFollowing ||
         group.frame.end == FrameEdge::kPreceding || group.frame.end == FrameEdge::kFollowing)) {
      const PhysicalType order = plan.input()[static_cast<size_t>(group.order[0].column)].type.physical();
      if (order == PhysicalType::kTimestamp || order == PhysicalType::kString) {
        return NotYet("a RANGE frame over a time of more than 3 digits");
      }
      for (const Value& offset : {group.frame.start_offset, group.frame.end_offset}) {
        if (std::holds_alternative<int128_t>(offset.storage())) return NotYet("a RANGE frame with a DECIMAL offset");
      }
    }
    std::vector<AggregateCall> calls;
    for (const AggregateCall& call : group.calls) {
      if (!IsRanking(call.function)) calls.push_back(call);
    }
    SLUICE_ASSIGN_OR_RETURN(auto set, AggregateSet::Make(calls, false, 0, plan.environment));
    sets.push_back(std::move(set));
  }
  return std::unique_ptr<Operator>(std::make_unique<OverBatch>(node, plan.input(), plan.node.schema, std::move(sets)));
}

}  // namespace sluice::engine
