#include "engine/operators/aggregate_set.h"

#include <algorithm>
#include <cstring>

#include "engine/columnar/row_encoding.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/over_kernels.h"
#include "engine/operators/row_list.h"

namespace sluice::engine {

namespace {

size_t AlignUp(size_t n, size_t to) { return (n + to - 1) / to * to; }

AggregateSet::DistinctValues*& DistinctAt(std::byte* payload, size_t offset) {
  return *reinterpret_cast<AggregateSet::DistinctValues**>(payload + offset);
}

}  // namespace

void AggregateSet::DistinctValues::Save(std::string& out) const {
  // In order: equal contents have equal bytes.
  std::vector<const std::pair<const std::string, int64_t>*> sorted;
  sorted.reserve(counts.size());
  for (const auto& entry : counts) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const auto* entry : sorted) {
    PutBytes(entry->first, out);
    PutFixed(entry->second, out);
  }
}

bool AggregateSet::DistinctValues::Load(std::string_view bytes) {
  counts.clear();
  while (!bytes.empty()) {
    std::string_view value;
    int64_t count = 0;
    if (!TakeBytes(bytes, value) || bytes.size() < sizeof(count)) return false;
    std::memcpy(&count, bytes.data(), sizeof(count));
    bytes.remove_prefix(sizeof(count));
    counts.emplace(value, count);
  }
  return true;
}

Result<std::unique_ptr<AggregateSet>> AggregateSet::Make(const std::vector<AggregateCall>& calls, bool retract,
                                                         size_t head_bytes, const OperatorEnvironment& environment) {
  std::unique_ptr<AggregateSet> set(new AggregateSet(environment));
  set->calls_ = std::make_shared<std::vector<Call>>();
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
      call.distinct_offset = offset = AlignUp(offset, 8);
      offset += sizeof(void*);
    }
    set->calls_->push_back(std::move(call));
  }
  set->payload_bytes_ = AlignUp(std::max<size_t>(offset, 8), 8);
  return set;
}

PayloadHooks AggregateSet::Hooks() const {
  PayloadHooks hooks;
  hooks.size = payload_bytes_;
  std::shared_ptr<const std::vector<Call>> calls = calls_;
  hooks.init = [calls, bytes = payload_bytes_](std::byte* p) {
    std::memset(p, 0, bytes);
    for (const Call& c : *calls) c.kernel->Init(p + c.offset);
  };
  bool owns = false;
  for (const Call& c : *calls) owns |= c.distinct || !c.kernel->trivial();
  if (owns) {
    hooks.destroy = [calls](std::byte* p) {
      for (const Call& c : *calls) {
        c.kernel->Destroy(p + c.offset);
        if (c.distinct) delete DistinctAt(p, c.distinct_offset);
      }
    };
  }
  hooks.serialize = [calls, head = head_bytes_](const std::byte* p, std::string& out) {
    out.append(reinterpret_cast<const char*>(p), head);
    std::string part;
    for (const Call& c : *calls) {
      part.clear();
      c.kernel->Serialize(p + c.offset, part);
      PutBytes(part, out);
      if (!c.distinct) continue;
      part.clear();
      const DistinctValues* values = DistinctAt(const_cast<std::byte*>(p), c.distinct_offset);
      if (values != nullptr) values->Save(part);
      PutBytes(part, out);
    }
  };
  hooks.deserialize = [calls, head = head_bytes_](std::string_view bytes, std::byte* p) -> Status {
    const Error bad(ErrorCode::kData, "aggregate state cannot be read");
    if (bytes.size() < head) return bad;
    std::memcpy(p, bytes.data(), head);
    bytes.remove_prefix(head);
    for (const Call& c : *calls) {
      std::string_view part;
      if (!TakeBytes(bytes, part)) return bad;
      SLUICE_RETURN_IF_ERROR(c.kernel->Deserialize(part, p + c.offset));
      if (!c.distinct) continue;
      if (!TakeBytes(bytes, part)) return bad;
      DistinctValues*& values = DistinctAt(p, c.distinct_offset);
      if (values == nullptr) values = new DistinctValues();
      if (!values->Load(part)) return bad;
    }
    return {};
  };
  return hooks;
}

std::string AggregateSet::Format() const {
  std::string out = "agg" + std::to_string(head_bytes_) + ":";
  for (size_t c = 0; c < calls_->size(); ++c) out += (c > 0 ? "," : "") + (*calls_)[c].name;
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

const AggregateOp* AggregateSet::CallOps(const Call& call, const Batch& batch, const Rows& rows,
                                         std::byte* const* payloads, const AggregateOp* ops) {
  if (call.filter < 0 && !call.distinct && !call.additive) return ops;
  ops_.resize(batch.length);
  if (ops == nullptr) {
    rows.ForEach([&](size_t i) { ops_[i] = kAccumulate; });
  } else {
    rows.ForEach([&](size_t i) { ops_[i] = ops[i]; });
  }
  if (call.filter >= 0) {
    const Column& filter = *batch.columns[static_cast<size_t>(call.filter)];
    rows.ForEach([&](size_t i) {
      if (filter.IsNull(i) || filter.at<uint8_t>(i) == 0) ops_[i] |= kSkip;
    });
  }
  if (call.additive) {
    rows.ForEach([&](size_t i) {
      if (ops_[i] & kRetract) ops_[i] |= kSkip;
    });
  }
  if (call.distinct) ApplyDistinct(call, batch, rows, payloads);
  return ops_.data();
}

void AggregateSet::ApplyDistinct(const Call& call, const Batch& batch, const Rows& rows, std::byte* const* payloads) {
  const std::vector<ColumnPtr> args = SelectColumns(batch, call.args);
  rows.ForEach([&](size_t i) {
    DistinctValues*& values = DistinctAt(payloads[i], call.distinct_offset);
    if ((ops_[i] & kReset) && values != nullptr) values->counts.clear();
    if (ops_[i] & kSkip) return;
    if (values == nullptr) values = new DistinctValues();
    scratch_.clear();
    EncodeRow(args, i, scratch_);
    auto at = values->counts.find(scratch_);
    if (ops_[i] & kRetract) {
      if (at == values->counts.end() || --at->second > 0) {
        ops_[i] |= kSkip;
      } else {
        values->counts.erase(at);
      }
    } else if (at != values->counts.end()) {
      ++at->second;
      ops_[i] |= kSkip;
    } else {
      values->counts.emplace(scratch_, 1);
    }
  });
}

Status AggregateSet::Update(const Batch& batch, const Rows& rows, std::byte* const* payloads, const AggregateOp* ops) {
  for (const Call& call : *calls_) {
    const AggregateOp* call_ops = CallOps(call, batch, rows, payloads, ops);
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
  for (const Call& call : *calls_) {
    const AggregateOp* call_ops = CallOps(call, batch, rows, payloads, ops);
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
  for (const Call& call : *calls_) {
    Locate(call, rows, payloads, count);
    out.push_back(Column::Make(call.type, count));
    call.kernel->Read(context_, states_, rows, *out.back());
  }
  return Checked();
}

Status AggregateSet::Merge(std::byte* into, const std::byte* from) {
  for (const Call& call : *calls_) {
    if (call.distinct) {
      SLUICE_RETURN_IF_ERROR(MergeDistinct(call, into, from));
    } else {
      call.kernel->Merge(into + call.offset, from + call.offset);
    }
  }
  return {};
}

Status AggregateSet::MergeDistinct(const Call& call, std::byte* into, const std::byte* from) {
  const DistinctValues* source = DistinctAt(const_cast<std::byte*>(from), call.distinct_offset);
  if (source == nullptr || source->counts.empty()) return {};
  DistinctValues*& target = DistinctAt(into, call.distinct_offset);
  if (target == nullptr) target = new DistinctValues();
  std::vector<ColumnPtr> args;
  for (const DataType& type : call.arg_types) args.push_back(Column::Make(type, 0));
  size_t fresh = 0;
  for (const auto& [value, count] : source->counts) {
    auto [at, inserted] = target->counts.emplace(value, 0);
    at->second += count;
    if (!inserted) continue;
    INVARIANT(DecodeRow(value, args), "a distinct value in state is malformed");
    ++fresh;
  }
  states_.assign(fresh, into + call.offset);
  call.kernel->Update(context_, states_, args, Rows{nullptr, fresh}, nullptr);
  return Checked();
}

}  // namespace sluice::engine
