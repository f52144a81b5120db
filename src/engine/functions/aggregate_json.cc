// JSON_ARRAYAGG and JSON_OBJECTAGG. State is the JSON text of every value, in order of arrival.
#include "engine/functions/aggregate_json.h"

#include <algorithm>
#include <memory>

#include "engine/functions/aggregate_kernel.h"
#include "engine/functions/aggregate_lists.h"
#include "engine/functions/json_functions.h"

namespace sluice::engine {

namespace {

/// A key is empty in arrays.
class JsonValues final : public AggregateKernel {
 public:
  JsonValues(bool object, bool absent_on_null) : object_(object), absent_(absent_on_null) {}

  struct State {
    std::unique_ptr<std::vector<std::string>> values;  // key, text, key, text, …
  };

  size_t size() const override { return sizeof(State); }
  void Init(std::byte* state) const override { new (state) State(); }
  void Destroy(std::byte* state) const override { At(state).~State(); }

  void Update(EvalContext& context, std::span<std::byte* const> states, std::span<const ColumnPtr> args,
              const Rows& rows, const AggregateOp* ops) const override {
    rows.ForEach([&](size_t i) { Apply(context, states[i], args, i, ops == nullptr ? kAccumulate : ops[i]); });
  }

  void UpdateAndRead(EvalContext& context, std::span<std::byte* const> states, std::span<const ColumnPtr> args,
                     const Rows& rows, const AggregateOp* ops, Column* before, Column* after) const override {
    rows.ForEach([&](size_t i) {
      const AggregateOp op = ops == nullptr ? kAccumulate : ops[i];
      if (op & kReset) At(states[i]).values.reset();
      if (before != nullptr) before->SetString(i, Text(At(states[i])));
      Apply(context, states[i], args, i, op & ~kReset);
      if (after != nullptr) after->SetString(i, Text(At(states[i])));
    });
  }

  void Read(EvalContext&, std::span<std::byte* const> states, const Rows& rows, Column& out) const override {
    rows.ForEach([&](size_t i) { out.SetString(i, Text(At(states[i]))); });
  }

  void Merge(std::byte* into, const std::byte* from) const override {
    const State& source = At(from);
    if (!source.values) return;
    auto& target = Values(At(into));
    target.insert(target.end(), source.values->begin(), source.values->end());
  }
  void Serialize(const std::byte* state, std::string& out) const override {
    if (At(state).values) SaveStrings(*At(state).values, out);
  }
  Status Deserialize(std::string_view bytes, std::byte* state) const override {
    if (!LoadStrings(bytes, Values(At(state)))) return Error(ErrorCode::kData, "accumulator cannot be read");
    return {};
  }

 private:
  static State& At(std::byte* p) { return *std::launder(reinterpret_cast<State*>(p)); }
  static const State& At(const std::byte* p) { return *std::launder(reinterpret_cast<const State*>(p)); }
  static std::vector<std::string>& Values(State& s) {
    if (!s.values) s.values = std::make_unique<std::vector<std::string>>();
    return *s.values;
  }

  void Apply(EvalContext& context, std::byte* state, std::span<const ColumnPtr> args, size_t i, AggregateOp op) const {
    State& s = At(state);
    if (op & kReset) s.values.reset();
    if (op & kSkip) return;
    const Column& column = *args[object_ ? 1 : 0];
    if (column.IsNull(i) && absent_) return;
    if (object_ && args[0]->IsNull(i)) {
      return context.Fail(i, ErrorCode::kData, "JSON_OBJECTAGG: a key must not be NULL");
    }
    const std::string key = object_ ? std::string(args[0]->string_at(i)) : std::string();
    const Result<JsonNode> node = JsonOf(column, i);
    if (!node.ok()) return context.Fail(i, node.error().code(), node.error().message());
    op& kRetract ? Remove(s, key, JsonText(*node)) : Add(context, i, s, key, JsonText(*node));
  }

  void Add(EvalContext& context, size_t i, State& s, const std::string& key, std::string text) const {
    auto& values = Values(s);
    for (size_t k = 0; object_ && k < values.size(); k += 2) {
      if (values[k] != key) continue;
      return context.Fail(i, ErrorCode::kData,
                          "Key '" + key +
                              "' is already present. Duplicate keys are not allowed in JSON_OBJECTAGG. Please ensure "
                              "that keys are unique.");
    }
    values.push_back(key);
    values.push_back(std::move(text));
  }

  static void Remove(State& s, const std::string& key, const std::string& text) {
    auto& values = Values(s);
    for (size_t k = 0; k + 1 < values.size(); k += 2) {
      if (values[k] != key || values[k + 1] != text) continue;
      const auto at = values.begin() + static_cast<std::ptrdiff_t>(k);
      values.erase(at, at + 2);
      return;
    }
  }

  /// Keys sorted, as JSON_OBJECT writes them.
  std::string Text(const State& s) const {
    std::string out(1, object_ ? '{' : '[');
    std::vector<size_t> order;
    for (size_t k = 0; s.values && k < s.values->size(); k += 2) order.push_back(k);
    if (object_) {
      std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return (*s.values)[a] < (*s.values)[b]; });
    }
    for (const size_t k : order) {
      if (out.size() > 1) out += ',';
      if (object_) {
        AppendJson(out, JsonNode::String((*s.values)[k]));
        out += ':';
      }
      out += (*s.values)[k + 1];
    }
    out += object_ ? '}' : ']';
    return out;
  }

  bool object_, absent_;
};

void Add(FunctionRegistry& r, const char* name, bool object, bool absent, const char* text) {
  r.Add(AggregateFunction{.name = name,
                          .text = text,
                          .min_args = object ? 2 : 1,
                          .max_args = object ? 2 : 1,
                          .supported_forms = std::string("'") + name + (object ? "(<CHARACTER>, <ANY>)'" : "(<ANY>)'"),
                          .order_sensitive = !object,
                          .resolve = [](const CallInfo& call) -> Result<std::optional<Signature>> {
                            return std::optional<Signature>(Signature{DataType::Varchar(2000).NotNull(), call.args});
                          },
                          .make = [object, absent](const AggregateCallInfo& call,
                                                   const DataType&) -> Result<std::unique_ptr<AggregateKernel>> {
                            std::string why;
                            if (!JsonConvertible(call.args.back(), why)) return Error(ErrorCode::kValidation, why);
                            return std::unique_ptr<AggregateKernel>(std::make_unique<JsonValues>(object, absent));
                          }});
}

}  // namespace

void AddJsonAggregates(FunctionRegistry& r) {
  Add(r, "JSON_OBJECTAGG_NULL_ON_NULL", true, false, "JSON_OBJECTAGG(… NULL ON NULL): a JSON object of all keys.");
  Add(r, "JSON_OBJECTAGG_ABSENT_ON_NULL", true, true, "JSON_OBJECTAGG(… ABSENT ON NULL): without NULL values.");
  Add(r, "JSON_ARRAYAGG_NULL_ON_NULL", false, false, "JSON_ARRAYAGG(… NULL ON NULL): a JSON array of all values.");
  Add(r, "JSON_ARRAYAGG_ABSENT_ON_NULL", false, true, "JSON_ARRAYAGG(… ABSENT ON NULL): without NULL values.");
}

}  // namespace sluice::engine
