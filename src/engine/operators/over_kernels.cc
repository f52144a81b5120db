#include "engine/operators/over_kernels.h"

#include <deque>

#include "engine/columnar/row_encoding.h"
#include "engine/operators/row_list.h"

namespace sluice::engine {

namespace {

/// The last values, oldest first, and the default of the last row.
struct LagState {
  std::deque<std::string> values;
  std::string fallback;
};

class Lag final : public AggregateKernel {
 public:
  explicit Lag(size_t offset) : offset_(offset) {}

  size_t size() const override { return sizeof(LagState); }
  void Init(std::byte* state) const override { new (state) LagState(); }
  void Destroy(std::byte* state) const override { At(state).~LagState(); }

  void Update(EvalContext&, std::span<std::byte* const> states, std::span<const ColumnPtr> args, const Rows& rows,
              const AggregateOp* ops) const override {
    rows.ForEach([&](size_t i) { Apply(states[i], args, i, ops == nullptr ? kAccumulate : ops[i]); });
  }
  void UpdateAndRead(EvalContext&, std::span<std::byte* const> states, std::span<const ColumnPtr> args,
                     const Rows& rows, const AggregateOp* ops, Column* before, Column* after) const override {
    rows.ForEach([&](size_t i) {
      if (before != nullptr) Write(At(states[i]), *before, i);
      Apply(states[i], args, i, ops == nullptr ? kAccumulate : ops[i]);
      if (after != nullptr) Write(At(states[i]), *after, i);
    });
  }
  void Read(EvalContext&, std::span<std::byte* const> states, const Rows& rows, Column& out) const override {
    rows.ForEach([&](size_t i) { Write(At(states[i]), out, i); });
  }
  void Merge(std::byte*, const std::byte*) const override {}  // OVER windows are never merged

  void Serialize(const std::byte* state, std::string& out) const override {
    PutBytes(At(state).fallback, out);
    for (const std::string& v : At(state).values) PutBytes(v, out);
  }
  Status Deserialize(std::string_view bytes, std::byte* state) const override {
    std::string_view v;
    if (!TakeBytes(bytes, v)) return Error(ErrorCode::kData, "the state of LAG cannot be read");
    At(state).fallback = v;
    At(state).values.clear();
    while (!bytes.empty()) {
      if (!TakeBytes(bytes, v)) return Error(ErrorCode::kData, "the state of LAG cannot be read");
      At(state).values.emplace_back(v);
    }
    return {};
  }

 private:
  static LagState& At(std::byte* p) { return *reinterpret_cast<LagState*>(p); }
  static const LagState& At(const std::byte* p) { return *reinterpret_cast<const LagState*>(p); }

  void Apply(std::byte* p, std::span<const ColumnPtr> args, size_t i, AggregateOp op) const {
    LagState& state = At(p);
    if (op & kReset) state = LagState();
    if (op & (kSkip | kRetract)) return;
    state.values.emplace_back();
    EncodeField(*args[0], i, state.values.back());
    if (state.values.size() > offset_ + 1) state.values.pop_front();
    state.fallback.clear();
    if (args.size() > 2) EncodeField(*args[2], i, state.fallback);
  }

  void Write(const LagState& state, Column& out, size_t i) const {
    const bool there = state.values.size() == offset_ + 1;
    std::string_view bytes = there ? std::string_view(state.values.front()) : std::string_view(state.fallback);
    if (bytes.empty()) return out.SetNull(i);
    ColumnPtr one = Column::Make(out.type(), 0);
    INVARIANT(DecodeField(bytes, *one), "a value of LAG is malformed");
    out.CopyRow(i, *one, 0);
    if (out.physical() == PhysicalType::kString) out.RetainBuffersOf(*one);
  }

  const size_t offset_;
};

}  // namespace

std::unique_ptr<AggregateKernel> MakeOverKernel(const std::string& function, const AggregateCallInfo& call) {
  if (function != "LAG") return nullptr;
  size_t offset = 1;
  if (call.literals.size() > 1 && call.literals[1] != nullptr) {
    offset = static_cast<size_t>(std::max<int64_t>(0, call.literals[1]->as_int()));
  }
  return std::make_unique<Lag>(offset);
}

}  // namespace sluice::engine
