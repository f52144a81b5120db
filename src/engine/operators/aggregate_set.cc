#include "engine/operators/aggregate_set.h"

#include <algorithm>
#include <cstring>

#include "engine/columnar/java_hash_order.h"
#include "engine/columnar/row_encoding.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/over_kernels.h"
#include "engine/operators/row_list.h"

namespace sluice::engine {

namespace {

size_t AlignUp(size_t n, size_t to) { return (n + to - 1) / to * to; }

/// The call's result is a list, which tells the order of its values.
bool MakesList(std::string_view name) { return name.starts_with("LISTAGG") || name.starts_with("ARRAY_AGG"); }

/// The values in the order in which Flink's map has them, NULL last.
std::vector<std::pair<std::string_view, const std::byte*>> InMapOrder(const ByteMap& values, const DataType& type) {
  std::vector<std::pair<std::string_view, const std::byte*>> some, null, out;
  std::vector<int32_t> codes;
  const ColumnPtr column = Column::Make(type.Nullable(), 0);
  values.ForEach([&](std::string_view value, const std::byte* numbers, size_t) {
    INVARIANT(DecodeRow(value, {&column, 1}), "a distinct value in state is malformed");
    const size_t row = column->size() - 1;
    (column->IsNull(row) ? null : some).emplace_back(value, numbers);
    if (!column->IsNull(row)) codes.push_back(JavaHashCode(*column, row).value_or(0));
  });
  for (const size_t k : HashMapOrder(codes)) out.push_back(some[k]);
  out.insert(out.end(), null.begin(), null.end());
  return out;
}

}  // namespace

AggregateSet::DistinctValues*& AggregateSet::DistinctAt(std::byte* payload, const DistinctSet& set) {
  return *reinterpret_cast<DistinctValues**>(payload + set.offset);
}

void AggregateSet::DistinctValues::Save(std::string& out) const {
  // In order: equal contents have equal bytes.
  std::vector<std::pair<std::string_view, std::string_view>> sorted;
  sorted.reserve(counts.size());
  counts.ForEach([&](std::string_view value, std::byte* numbers, size_t bytes) {
    sorted.emplace_back(value, std::string_view(reinterpret_cast<const char*>(numbers), bytes));
  });
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [value, numbers] : sorted) {
    PutBytes(value, out);
    out.append(numbers);
  }
}

bool AggregateSet::DistinctValues::Load(std::string_view bytes, size_t calls) {
  counts.Clear();
  const size_t size = calls * sizeof(int64_t);
  while (!bytes.empty()) {
    std::string_view value;
    if (!TakeBytes(bytes, value) || bytes.size() < size) return false;
    std::memcpy(counts.Set(value, size).first, bytes.data(), size);
    bytes.remove_prefix(size);
  }
  return true;
}

Result<std::unique_ptr<AggregateSet>> AggregateSet::Make(const std::vector<AggregateCall>& calls, bool retract,
                                                         size_t head_bytes, const OperatorEnvironment& environment) {
  std::unique_ptr<AggregateSet> set(new AggregateSet(environment));
  set->layout_ = std::make_shared<Layout>();
  set->head_bytes_ = head_bytes;
  size_t offset = head_bytes;
  for (const AggregateCall& plan : calls) {
    AggregateCallInfo info;
    info.args = plan.arg_types;
    info.retract = retract && !plan.monotonic;
    info.distinct = plan.distinct;
    info.ignore_nulls = plan.ignore_nulls;
    info.order_by = plan.order_by;
    info.facts = environment.facts;
    for (const Value& literal : plan.literals) info.literals.push_back(literal.is_null() ? nullptr : &literal);
    Call call;
    call.kernel = MakeOverKernel(plan.function, info);
    if (call.kernel == nullptr) {
      const AggregateFunction* function = environment.functions->FindAggregate(plan.function);
      if (function == nullptr) return NotYet("aggregate function " + plan.function);
      SLUICE_ASSIGN_OR_RETURN(call.kernel, function->make(info, plan.type));
    }
    call.args = plan.args;
    call.arg_types = plan.arg_types;
    call.filter = plan.filter;
    call.distinct = plan.distinct;
    call.additive = plan.monotonic;
    call.type = plan.type;
    call.name = plan.function + (info.retract ? "-(" : "(") + (plan.distinct ? "DISTINCT " : "");
    for (size_t a = 0; a < plan.arg_types.size(); ++a) {
      call.name += (a > 0 ? ", " : "") + plan.arg_types[a].Nullable().ToString();
    }
    call.name += ")";
    offset = AlignUp(offset, call.kernel->alignment());
    call.offset = offset;
    offset += call.kernel->size();
    if (call.distinct) {
      std::vector<DistinctSet>& sets = set->layout_->distinct;
      auto shared = std::find_if(sets.begin(), sets.end(), [&](const DistinctSet& s) { return s.args == call.args; });
      if (shared == sets.end()) {
        offset = AlignUp(offset, 8);
        shared = sets.insert(sets.end(), DistinctSet{.args = call.args, .offset = offset});
        offset += sizeof(DistinctValues*);
      }
      shared->calls.push_back(set->layout_->calls.size());
    }
    set->layout_->calls.push_back(std::move(call));
  }
  set->payload_bytes_ = AlignUp(std::max<size_t>(offset, 8), 8);
  return set;
}

PayloadHooks AggregateSet::Hooks() const {
  PayloadHooks hooks;
  hooks.size = payload_bytes_;
  std::shared_ptr<const Layout> layout = layout_;
  hooks.init = [layout, bytes = payload_bytes_](std::byte* p) {
    std::memset(p, 0, bytes);
    for (const Call& c : layout->calls) c.kernel->Init(p + c.offset);
  };
  bool owns = !layout->distinct.empty();
  for (const Call& c : layout->calls) owns |= !c.kernel->trivial();
  if (owns) {
    hooks.destroy = [layout](std::byte* p) {
      for (const Call& c : layout->calls) c.kernel->Destroy(p + c.offset);
      for (const DistinctSet& set : layout->distinct) delete DistinctAt(p, set);
    };
  }
  hooks.serialize = [layout, head = head_bytes_](const std::byte* p, std::string& out) {
    out.append(reinterpret_cast<const char*>(p), head);
    std::string part;
    for (const Call& c : layout->calls) {
      part.clear();
      c.kernel->Serialize(p + c.offset, part);
      PutBytes(part, out);
    }
    for (const DistinctSet& set : layout->distinct) {
      part.clear();
      const DistinctValues* values = DistinctAt(const_cast<std::byte*>(p), set);
      if (values != nullptr) values->Save(part);
      PutBytes(part, out);
    }
  };
  hooks.deserialize = [layout, head = head_bytes_](std::string_view bytes, std::byte* p) -> Status {
    const Error bad(ErrorCode::kData, "aggregate state cannot be read");
    if (bytes.size() < head) return bad;
    std::memcpy(p, bytes.data(), head);
    bytes.remove_prefix(head);
    std::string_view part;
    for (const Call& c : layout->calls) {
      if (!TakeBytes(bytes, part)) return bad;
      SLUICE_RETURN_IF_ERROR(c.kernel->Deserialize(part, p + c.offset));
    }
    for (const DistinctSet& set : layout->distinct) {
      if (!TakeBytes(bytes, part)) return bad;
      DistinctValues*& values = DistinctAt(p, set);
      if (values == nullptr) values = new DistinctValues();
      if (!values->Load(part, set.calls.size())) return bad;
    }
    return {};
  };
  return hooks;
}

std::string AggregateSet::Format() const {
  std::string out = "agg" + std::to_string(head_bytes_) + ":";
  for (size_t c = 0; c < size(); ++c) out += (c > 0 ? "," : "") + layout_->calls[c].name;
  for (const DistinctSet& set : layout_->distinct) {
    out += " distinct(";
    for (const size_t c : set.calls) out += std::to_string(c) + " ";
    out += ")";
  }
  return out;
}

void AggregateSet::Locate(const Call& call, const Rows& rows, std::byte* const* payloads, size_t length) {
  states_.resize(length);
  rows.ForEach([&](size_t i) { states_[i] = payloads[i] + call.offset; });
}

Status AggregateSet::Checked() {
  if (!context_.failed()) return {};
  Error error = context_.error();
  context_.Clear();
  return error;
}

const AggregateOp* AggregateSet::CallOps(const Call& call, const Batch& batch, const Rows& rows, const AggregateOp* ops,
                                         std::vector<AggregateOp>& buffer) {
  if (call.filter < 0 && !call.distinct && !call.additive) return ops;
  buffer.resize(batch.length);
  if (ops == nullptr) {
    rows.ForEach([&](size_t i) { buffer[i] = kAccumulate; });
  } else {
    rows.ForEach([&](size_t i) { buffer[i] = ops[i]; });
  }
  if (call.filter >= 0) {
    const Column& filter = *batch.columns[static_cast<size_t>(call.filter)];
    rows.ForEach([&](size_t i) {
      if (filter.IsNull(i) || filter.at<uint8_t>(i) == 0) buffer[i] |= kSkip;
    });
  }
  if (call.additive) {
    rows.ForEach([&](size_t i) {
      if (buffer[i] & kRetract) buffer[i] |= kSkip;
    });
  }
  return buffer.data();
}

void AggregateSet::PrepareDistinct(const Batch& batch, const Rows& rows, std::byte* const* payloads,
                                   const AggregateOp* ops) {
  for (const DistinctSet& set : layout_->distinct) {
    for (const size_t c : set.calls) {
      Call& call = layout_->calls[c];
      CallOps(call, batch, rows, ops, call.distinct_ops);
    }
    ApplyDistinct(set, batch, rows, payloads);
  }
}

void AggregateSet::ApplyDistinct(const DistinctSet& set, const Batch& batch, const Rows& rows,
                                 std::byte* const* payloads) {
  // So many lookups wait for memory at the same time.
  constexpr size_t kPending = 64;
  const std::vector<ColumnPtr> args = SelectColumns(batch, set.args);
  rows.ForEach([&](size_t i) {
    DistinctValues*& values = DistinctAt(payloads[i], set);
    bool reset = false, wanted = false;
    for (const size_t c : set.calls) {
      const AggregateOp op = layout_->calls[c].distinct_ops[i];
      reset |= (op & kReset) != 0;
      wanted |= (op & kSkip) == 0;
    }
    if (reset && values != nullptr) {
      CountPending(set);
      values->counts.Clear();
    }
    if (!wanted) return;
    if (values == nullptr) values = new DistinctValues();
    const size_t begin = distinct_keys_.size();
    EncodeRow(args, i, distinct_keys_);
    const uint32_t hash = ByteMap::HashOf(std::string_view(distinct_keys_).substr(begin));
    values->counts.PrefetchIndex(hash);
    distinct_rows_.push_back({values, static_cast<uint32_t>(i), static_cast<uint32_t>(begin),
                              static_cast<uint32_t>(distinct_keys_.size()), hash});
    if (distinct_rows_.size() == kPending) CountPending(set);
  });
  CountPending(set);
}

void AggregateSet::CountPending(const DistinctSet& set) {
  for (const DistinctRow& pending : distinct_rows_) pending.values->counts.PrefetchEntry(pending.hash);
  const std::string_view keys = distinct_keys_;
  for (const DistinctRow& pending : distinct_rows_) {
    CountDistinct(set, pending, keys.substr(pending.key_begin, pending.key_end - pending.key_begin));
  }
  distinct_rows_.clear();
  distinct_keys_.clear();
}

/// A call goes on with the row only if it brings the value's first row or takes its last one.
void AggregateSet::CountDistinct(const DistinctSet& set, const DistinctRow& pending, std::string_view key) {
  const size_t bytes = set.calls.size() * sizeof(int64_t);
  ByteMap& values = pending.values->counts;
  auto* counts = reinterpret_cast<int64_t*>(values.Find(key, pending.hash));
  bool taken = false;
  for (size_t k = 0; k < set.calls.size(); ++k) {
    AggregateOp& op = layout_->calls[set.calls[k]].distinct_ops[pending.row];
    if (op & kSkip) continue;
    if (op & kRetract) {
      if (counts == nullptr || counts[k] == 0 || --counts[k] > 0) {
        op |= kSkip;
      } else {
        taken = true;
      }
      continue;
    }
    if (counts == nullptr) {
      counts = reinterpret_cast<int64_t*>(values.Set(key, pending.hash, bytes).first);
      std::memset(counts, 0, bytes);
    }
    if (counts[k]++ > 0) op |= kSkip;
  }
  if (!taken) return;
  for (size_t k = 0; k < set.calls.size(); ++k) {
    if (counts[k] > 0) return;
  }
  values.Erase(key);
}

Status AggregateSet::Update(const Batch& batch, const Rows& rows, std::byte* const* payloads, const AggregateOp* ops) {
  PrepareDistinct(batch, rows, payloads, ops);
  for (const Call& call : layout_->calls) {
    const AggregateOp* call_ops = call.distinct ? call.distinct_ops.data() : CallOps(call, batch, rows, ops, ops_);
    Locate(call, rows, payloads, batch.length);
    call.kernel->Update(context_, states_, SelectColumns(batch, call.args), rows, call_ops);
  }
  return Checked();
}

Status AggregateSet::UpdateAndRead(const Batch& batch, const Rows& rows, std::byte* const* payloads,
                                   const AggregateOp* ops, std::vector<ColumnPtr>& before,
                                   std::vector<ColumnPtr>& after) {
  before.clear();
  after.clear();
  PrepareDistinct(batch, rows, payloads, ops);
  for (const Call& call : layout_->calls) {
    const AggregateOp* call_ops = call.distinct ? call.distinct_ops.data() : CallOps(call, batch, rows, ops, ops_);
    Locate(call, rows, payloads, batch.length);
    before.push_back(Column::Make(call.type, batch.length));
    after.push_back(Column::Make(call.type, batch.length));
    call.kernel->UpdateAndRead(context_, states_, SelectColumns(batch, call.args), rows, call_ops, before.back().get(),
                               after.back().get());
  }
  return Checked();
}

Status AggregateSet::Read(std::byte* const* payloads, size_t count, std::vector<ColumnPtr>& out) {
  out.clear();
  const Rows rows{nullptr, count};
  for (const Call& call : layout_->calls) {
    Locate(call, rows, payloads, count);
    out.push_back(Column::Make(call.type, count));
    call.kernel->Read(context_, states_, rows, *out.back());
  }
  return Checked();
}

Status AggregateSet::Merge(std::byte* into, const std::byte* from) {
  for (const Call& call : layout_->calls) {
    if (!call.distinct) call.kernel->Merge(into + call.offset, from + call.offset);
  }
  for (const DistinctSet& set : layout_->distinct) SLUICE_RETURN_IF_ERROR(MergeDistinct(set, into, from));
  return {};
}

Status AggregateSet::MergeDistinct(const DistinctSet& set, std::byte* into, const std::byte* from) {
  const DistinctValues* source = DistinctAt(const_cast<std::byte*>(from), set);
  if (source == nullptr || source->counts.empty()) return {};
  DistinctValues*& target = DistinctAt(into, set);
  if (target == nullptr) target = new DistinctValues();
  // The values that are new to a call, for each call.
  std::vector<std::vector<ColumnPtr>> fresh(set.calls.size());
  std::vector<size_t> fresh_rows(set.calls.size(), 0);
  for (size_t k = 0; k < set.calls.size(); ++k) {
    for (const DataType& type : layout_->calls[set.calls[k]].arg_types) fresh[k].push_back(Column::Make(type, 0));
  }
  auto merge = [&](std::string_view value, const std::byte* numbers, size_t bytes) {
    const auto* more = reinterpret_cast<const int64_t*>(numbers);
    auto [at, inserted] = target->counts.Set(value, bytes);
    if (inserted) std::memset(at, 0, bytes);
    auto* counts = reinterpret_cast<int64_t*>(at);
    for (size_t k = 0; k < set.calls.size(); ++k) {
      if (more[k] == 0) continue;
      if (counts[k] == 0) {
        INVARIANT(DecodeRow(value, fresh[k]), "a distinct value in state is malformed");
        ++fresh_rows[k];
      }
      counts[k] += more[k];
    }
  };
  const bool lists =
      std::any_of(set.calls.begin(), set.calls.end(), [&](size_t c) { return MakesList(layout_->calls[c].name); });
  if (lists && set.args.size() == 1) {
    for (const auto& [value, numbers] : InMapOrder(source->counts, layout_->calls[set.calls[0]].arg_types[0])) {
      merge(value, numbers, set.calls.size() * sizeof(int64_t));
    }
  } else {
    source->counts.ForEach(merge);
  }
  for (size_t k = 0; k < set.calls.size(); ++k) {
    const Call& call = layout_->calls[set.calls[k]];
    states_.assign(fresh_rows[k], into + call.offset);
    call.kernel->Update(context_, states_, fresh[k], Rows{nullptr, fresh_rows[k]}, nullptr);
  }
  return Checked();
}

}  // namespace sluice::engine
