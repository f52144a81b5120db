// Regular joins with the changelog of org.apache.flink.table.runtime.operators.join.stream.StreamingJoinOperator and
// StreamingSemiAntiJoinOperator; in batch mode the final rows once both inputs have ended.
//
// A batch of one side leaves the other side's rows alone, so all candidate pairs of a batch are found and tested by the
// condition together; only then the rows go through the state one after the other.
#include <algorithm>
#include <optional>

#include "base/clock.h"
#include "engine/columnar/row_block.h"
#include "engine/columnar/row_encoding.h"
#include "engine/functions/program.h"
#include "engine/operators/join_state.h"
#include "engine/operators/operator_parts.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

namespace {

constexpr int32_t kNone = -1;  // a side that is padded with NULLs

/// Rows of the result in the making. `own` is a position of the input batch, `other` a candidate pair.
struct OutputRow {
  int32_t own;
  int32_t other;
  uint32_t position;  // whose watermark holds
  RowKind kind;
};

struct Side {
  std::vector<int> keys;
  std::vector<DataType> types;
  std::vector<int> unique_key;  // empty: none
  bool outer = false;           // rows without a match show
  int64_t ttl_ms = 0;
  int64_t oldest = INT64_MIN;  // of rows that have not expired, at the batch being processed
  KeyedTable* table = nullptr;
};

ColumnPtr GatherOrNull(const ColumnPtr& source, const DataType& type, const std::vector<int32_t>& indices) {
  bool nulls = source->size() == 0;
  for (const int32_t i : indices) nulls |= i == kNone;
  if (!nulls) {
    return Column::Relabel(Column::Gather(*source, reinterpret_cast<const uint32_t*>(indices.data()), indices.size()),
                           type);
  }
  ColumnPtr out = Column::Make(type, indices.size());
  for (size_t k = 0; k < indices.size(); ++k) {
    if (indices[k] == kNone) {
      out->SetNull(k);
    } else {
      out->CopyRow(k, *source, static_cast<size_t>(indices[k]));
    }
  }
  return out;
}

class Join final : public Operator {
 public:
  Join(const JoinNode& node, const OperatorPlan& plan, std::unique_ptr<Program> condition)
      : node_(node), output_(plan.node.schema), condition_(std::move(condition)) {
    const bool left_outer = node.kind == JoinKind::kLeft || node.kind == JoinKind::kFull;
    const bool right_outer = node.kind == JoinKind::kRight || node.kind == JoinKind::kFull;
    Fill(sides_[0], node.left_keys, plan.input(0), node.left_unique_keys, left_outer || one_sided());
    Fill(sides_[1], node.right_keys, plan.input(1), node.right_unique_keys, right_outer);
    sides_[0].ttl_ms = node.left_ttl_ms;
    sides_[1].ttl_ms = node.right_ttl_ms;
    for (int s = 0; s < 2; ++s) formats_[s] = Format(sides_[s], plan.input(static_cast<size_t>(s)));
  }

  Status Open(const TaskContext& context) override {
    const char* names[] = {"left", "right"};
    for (int s = 0; s < 2; ++s) {
      std::vector<DataType> key_types;
      for (const int k : sides_[s].keys) key_types.push_back(sides_[s].types[static_cast<size_t>(k)]);
      TableSpec spec{.name = names[s],
                     .key_types = key_types,
                     .payload = ObjectPayload<JoinRows>(),
                     .payload_format = formats_[s],
                     .ttl_ms = sides_[s].ttl_ms};
      if (sides_[s].ttl_ms > 0) {
        spec.expire = [ttl = sides_[s].ttl_ms](std::byte* payload, int64_t now) {
          return RowsAt(payload).Expire(now - ttl + 1);
        };
      }
      sides_[s].table = context.state->OpenTable(std::move(spec));
    }
    clock_ = context.clock;
    return {};
  }

  Status Process(int input, Batch batch, Output& out) override {
    if (batch.row_count() == 0) return {};
    if (!node_.batch) {
      for (Side& side : sides_) {
        if (side.ttl_ms == 0) continue;
        now_ = clock_->NowMs();
        side.oldest = now_ - side.ttl_ms + 1;
      }
      return ProcessRows(input, batch, out);
    }
    waiting_[input].push_back(std::move(batch));
    return {};
  }

  /// Batch mode: the right side goes into the state, then the left side passes by.
  Status EndInput(int, Output& out) override {
    if (!node_.batch || --open_inputs_ > 0) return {};
    finishing_ = true;
    for (const int input : {1, 0}) {
      for (const Batch& batch : waiting_[input]) SLUICE_RETURN_IF_ERROR(ProcessRows(input, batch, out));
      waiting_[input].clear();
    }
    return sides_[1].outer ? EmitUnmatchedRight(out) : Status();
  }

 private:
  bool one_sided() const { return node_.kind == JoinKind::kSemi || node_.kind == JoinKind::kAnti; }

  static void Fill(Side& side, const std::vector<int>& keys, const Schema& schema,
                   const std::vector<std::vector<int>>& unique_keys, bool outer) {
    side.keys = keys;
    for (const RowField& field : schema) side.types.push_back(field.type);
    for (const auto& key : unique_keys) {
      if (side.unique_key.empty() || key.size() < side.unique_key.size()) side.unique_key = key;
    }
    side.outer = outer;
  }

  /// What a row is known by is part of the format: another unique key, other identities.
  static std::string Format(const Side& side, const Schema& schema) {
    std::string out = "join2:" + RowFormat(schema) + " key(";
    for (const int c : side.unique_key) out += std::to_string(c) + " ";
    return out + ")";
  }

  struct Pair {
    uint32_t position;
    JoinRows::Row* row;
  };

  Status ProcessRows(int input, const Batch& batch, Output& out) {
    Side& own = sides_[input];
    Side& other = sides_[1 - input];
    const Rows rows = batch.rows();
    const std::vector<ColumnPtr> keys = SelectColumns(batch, own.keys);
    HashRows(keys, rows, hashes_);
    own_.resize(batch.length);
    other_.resize(batch.length);
    own.table->FindOrInsert(keys, rows, hashes_.data(), own_.data(), nullptr);
    other.table->Find(keys, rows, hashes_.data(), other_.data(), Access::kRead);
    SLUICE_RETURN_IF_ERROR(FindPairs(input, batch, keys));
    EncodeRows(batch.columns, rows, encoded_);
    result_.clear();
    size_t pair = 0;
    size_t row = 0;
    rows.ForEach([&](size_t i) {
      matches_.clear();
      for (; pair < pairs_.size() && pairs_[pair].position == i; ++pair) {
        if (matched_[pair]) matches_.push_back(static_cast<uint32_t>(pair));
      }
      identity_.clear();
      bytes_ = encoded_[row++];
      for (const int c : own.unique_key) EncodeField(*batch.columns[static_cast<size_t>(c)], i, identity_);
      if (one_sided()) {
        input == 0 ? SemiLeft(i, batch.kind(i)) : SemiRight(i, batch.kind(i));
      } else {
        Regular(input, i, batch.kind(i));
      }
    });
    EraseEmptied(own, rows);
    return result_.empty() ? Status() : EmitResult(input, batch, out);
  }

  void EraseEmptied(Side& own, const Rows& rows) {
    std::vector<std::byte*> emptied;
    rows.ForEach([&](size_t i) {
      if (RowsAt(own_[i]).empty()) emptied.push_back(own_[i]);
    });
    std::sort(emptied.begin(), emptied.end());
    emptied.erase(std::unique(emptied.begin(), emptied.end()), emptied.end());
    for (std::byte* p : emptied) own.table->Erase(p);
  }

  static JoinRows& RowsAt(std::byte* payload) { return *reinterpret_cast<JoinRows*>(payload); }

  /// All rows of the other side under the same key, and which of them the condition accepts.
  Status FindPairs(int input, const Batch& batch, const std::vector<ColumnPtr>& keys) {
    const Side& other = sides_[1 - input];
    pairs_.clear();
    candidates_.clear();
    for (const DataType& type : other.types) candidates_.push_back(Column::Make(type, 0));
    batch.rows().ForEach([&](size_t i) {
      if (other_[i] == nullptr || NullKey(keys, i)) return;
      RowsAt(other_[i]).ForEach(other.oldest, [&](JoinRows::Row& row, std::string_view bytes) {
        pairs_.push_back({static_cast<uint32_t>(i), &row});
        met_.Add(bytes);
      });
    });
    met_.MoveTo(candidates_);
    matched_.assign(pairs_.size(), condition_ == nullptr ? 1 : 0);
    if (condition_ == nullptr || pairs_.empty()) return {};
    std::vector<uint32_t> positions;
    for (const Pair& p : pairs_) positions.push_back(p.position);
    Batch test;
    test.length = pairs_.size();
    for (const ColumnPtr& c : batch.columns) test.columns.push_back(Column::Gather(*c, positions.data(), test.length));
    test.columns.insert(input == 0 ? test.columns.end() : test.columns.begin(), candidates_.begin(), candidates_.end());
    SLUICE_RETURN_IF_ERROR(condition_->Filter(test));
    test.rows().ForEach([&](size_t k) { matched_[k] = 1; });
    return {};
  }

  bool NullKey(const std::vector<ColumnPtr>& keys, size_t i) const {
    for (size_t k = 0; k < keys.size(); ++k) {
      if (k < node_.filter_nulls.size() && node_.filter_nulls[k] && keys[k]->IsNull(i)) return true;
    }
    return false;
  }

  void Add(size_t own, int32_t other, RowKind kind) {
    result_.push_back({static_cast<int32_t>(own), other, static_cast<uint32_t>(own), kind});
  }
  void AddOther(size_t at, uint32_t pair, RowKind kind) {
    for (int64_t n = 0; n < pairs_[pair].row->count; ++n) {
      result_.push_back({kNone, static_cast<int32_t>(pair), static_cast<uint32_t>(at), kind});
    }
  }
  void AddMatches(size_t i, RowKind kind) {
    for (const uint32_t pair : matches_) {
      for (int64_t n = 0; n < pairs_[pair].row->count; ++n) Add(i, static_cast<int32_t>(pair), kind);
    }
  }
  int64_t MatchCount() const {
    int64_t count = 0;
    for (const uint32_t pair : matches_) count += pairs_[pair].row->count;
    return count;
  }
  void Keep(int input, size_t i, int64_t associations) {
    const bool unique = !sides_[input].unique_key.empty();
    RowsAt(own_[i]).Add(unique ? std::string_view(identity_) : bytes_, bytes_, unique, associations, now_,
                        sides_[input].oldest);
  }
  void Forget(int input, size_t i) {
    const std::string_view identity = sides_[input].unique_key.empty() ? bytes_ : identity_;
    RowsAt(own_[i]).Retract(identity, now_, sides_[input].oldest);
  }
  /// The pair's row on the other side is matched by `change` rows more; answers how many it was before.
  int64_t Associate(int input, uint32_t pair, int64_t change) {
    sides_[1 - input].table->Touch(other_[pairs_[pair].position]);
    JoinRows::Row& row = *pairs_[pair].row;
    row.written = now_;
    return std::exchange(row.associations, row.associations + change);
  }

  void Regular(int input, size_t i, RowKind kind) {
    const bool own_outer = sides_[input].outer;
    const bool other_outer = sides_[1 - input].outer;
    const bool silent = finishing_ && input == 1;  // batch mode: results come when the left side passes
    if (IsAdd(kind)) {
      if (silent) return Keep(input, i, 0);
      if (!finishing_) Keep(input, i, MatchCount());
      if (matches_.empty()) {
        if (own_outer) Add(i, kNone, RowKind::kInsert);
        return;
      }
      if (other_outer) {
        for (const uint32_t pair : matches_) {
          if (Associate(input, pair, 1) == 0 && !finishing_) AddOther(i, pair, RowKind::kDelete);
        }
      }
      return AddMatches(i, own_outer || other_outer ? RowKind::kInsert : kind);
    }
    Forget(input, i);
    if (matches_.empty()) {
      if (own_outer) Add(i, kNone, RowKind::kDelete);
      return;
    }
    AddMatches(i, own_outer ? RowKind::kDelete : kind);
    if (!other_outer) return;
    for (const uint32_t pair : matches_) {
      if (Associate(input, pair, -1) == 1) AddOther(i, pair, RowKind::kInsert);
    }
  }

  void SemiLeft(size_t i, RowKind kind) {
    if (matches_.empty() == (node_.kind == JoinKind::kAnti)) Add(i, kNone, kind);
    if (finishing_) return;
    if (IsAdd(kind)) {
      Keep(0, i, MatchCount());
    } else {
      Forget(0, i);
    }
  }

  void SemiRight(size_t i, RowKind kind) {
    const bool anti = node_.kind == JoinKind::kAnti;
    if (IsAdd(kind)) {
      Keep(1, i, 0);
      for (const uint32_t pair : matches_) {
        if (Associate(1, pair, 1) == 0) AddOther(i, pair, anti ? RowKind::kDelete : kind);
      }
      return;
    }
    Forget(1, i);
    for (const uint32_t pair : matches_) {
      if (Associate(1, pair, -1) == 1) AddOther(i, pair, anti ? RowKind::kInsert : kind);
    }
  }

  Status EmitResult(int input, const Batch& batch, Output& out) {
    std::vector<int32_t> own, other;
    Batch result;
    result.length = result_.size();
    bool inserts = true;
    for (const OutputRow& row : result_) {
      own.push_back(row.own);
      other.push_back(row.other);
      inserts &= row.kind == RowKind::kInsert;
    }
    if (!inserts) {
      for (const OutputRow& row : result_) result.kinds.push_back(row.kind);
    }
    if (!batch.watermark_before.empty()) {
      for (const OutputRow& row : result_) result.watermark_before.push_back(batch.watermark_before[row.position]);
    }
    const bool own_is_left = input == 0;
    auto append = [&](const std::vector<ColumnPtr>& columns, const std::vector<int32_t>& indices) {
      for (const ColumnPtr& c : columns) {
        result.columns.push_back(GatherOrNull(c, output_[result.columns.size()].type, indices));
      }
    };
    if (own_is_left || !one_sided()) append(own_is_left ? batch.columns : candidates_, own_is_left ? own : other);
    if (!one_sided()) append(own_is_left ? candidates_ : batch.columns, own_is_left ? other : own);
    if (one_sided() && !own_is_left) append(candidates_, other);
    return out.Emit(std::move(result));
  }

  /// Batch mode, RIGHT and FULL: what no row of the left side met.
  Status EmitUnmatchedRight(Output& out) {
    size_t cursor = 0;
    std::vector<std::byte*> payloads;
    for (;;) {
      sides_[1].table->Scan(cursor, 1024, payloads);
      if (payloads.empty()) return {};
      std::vector<ColumnPtr> right;
      for (const DataType& type : sides_[1].types) right.push_back(Column::Make(type, 0));
      Batch result;
      for (std::byte* p : payloads) {
        RowsAt(p).ForEach(INT64_MIN, [&](const JoinRows::Row& row, std::string_view bytes) {
          for (int64_t n = 0; row.associations == 0 && n < row.count; ++n, ++result.length) {
            met_.Add(bytes);
          }
        });
      }
      met_.MoveTo(right);
      for (size_t c = 0; c < sides_[0].types.size(); ++c) {
        result.columns.push_back(Column::Make(output_[c].type, result.length));
        result.columns.back()->SetAllNull();
      }
      for (const ColumnPtr& c : right) {
        result.columns.push_back(Column::Relabel(c, output_[result.columns.size()].type));
      }
      if (result.length > 0) SLUICE_RETURN_IF_ERROR(out.Emit(std::move(result)));
    }
  }

  const JoinNode node_;
  Schema output_;
  std::unique_ptr<Program> condition_;
  Side sides_[2];
  std::string formats_[2];
  Clock* clock_ = nullptr;
  int64_t now_ = 0;  // of the batch being processed, if there is a TTL
  int open_inputs_ = 2;
  bool finishing_ = false;  // batch mode, both inputs have ended
  std::vector<Batch> waiting_[2];
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> own_, other_;
  std::vector<Pair> pairs_;
  std::vector<uint8_t> matched_;
  std::vector<uint32_t> matches_;
  RowBlock met_;  // the rows of pairs_, on their way to candidates_
  std::vector<ColumnPtr> candidates_;
  std::vector<OutputRow> result_;
  EncodedRows encoded_;     // the rows of the batch being processed
  std::string_view bytes_;  // of the row being processed, in encoded_
  std::string identity_;    // its unique key
};

}  // namespace

OperatorResult MakeJoin(const JoinNode& node, const OperatorPlan& plan) {
  std::unique_ptr<Program> condition;
  if (node.condition) {
    Schema both = plan.input(0);
    both.insert(both.end(), plan.input(1).begin(), plan.input(1).end());
    SLUICE_ASSIGN_OR_RETURN(
        condition, Program::Compile({node.condition}, both, *plan.environment.functions, *plan.environment.facts));
  }
  return std::unique_ptr<Operator>(std::make_unique<Join>(node, plan, std::move(condition)));
}

}  // namespace sluice::engine
