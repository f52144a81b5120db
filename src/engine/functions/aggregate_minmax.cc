#include "engine/functions/aggregate_minmax.h"

#include <map>
#include <memory>

#include "engine/functions/aggregate_kernel.h"
#include "engine/functions/aggregate_owned.h"

namespace sluice::engine {

namespace {

struct OneColumn {
  explicit OneColumn(std::span<const ColumnPtr> args) : column(args[0].get()) {}
  const Column* column;
};

/// Flink compares with > and <: a NaN neither replaces nor is replaced.
template <typename T, bool kMax>
struct Best {
  using O = Owned<T>;
  struct State {
    typename O::Type value{};
    bool set = false;

    void Save(std::string& out) const {
      out += set ? '\1' : '\0';
      if (set) O::Save(value, out);
    }
    bool Load(std::string_view in) {
      if (in.empty()) return false;
      set = in[0] != '\0';
      in.remove_prefix(1);
      return !set || O::Load(in, value);
    }
  };
  using Input = OneColumn;
  void Accumulate(State& s, const Input& in, size_t i) const {
    if (in.column->IsNull(i)) return;
    const auto& v = O::View(*in.column, i);
    if (s.set && !(kMax ? v > s.value : v < s.value)) return;
    s.value = O::Own(v);
    s.set = true;
  }
  void Retract(State&, const Input&, size_t) const {}
  void Write(const State& s, Column& out, size_t i) const {
    if (!s.set) return out.SetNull(i);
    O::Write(out, i, s.value);
  }
  void Merge(State& into, const State& from) const {
    if (!from.set || (into.set && !(kMax ? from.value > into.value : from.value < into.value))) return;
    into = from;
  }
};

/// All values with counts. A count may be negative while a retraction came before its row; such a value does not show.
template <typename T, bool kMax>
struct BestOfAll {
  using O = Owned<T>;
  struct Order {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      if constexpr (std::is_floating_point_v<T>) {  // Java's Double.compare: NaN is the largest
        if (a != a) return false;
        if (b != b) return true;
      }
      return a < b;
    }
  };
  using Map = std::map<typename O::Type, int64_t, Order>;
  struct State {
    std::unique_ptr<Map> values;

    void Save(std::string& out) const {
      Owned<uint64_t>::Save(values ? values->size() : 0, out);
      if (!values) return;
      for (const auto& [v, n] : *values) {
        O::Save(v, out);
        Owned<int64_t>::Save(n, out);
      }
    }
    bool Load(std::string_view in) {
      uint64_t size = 0;
      if (!Owned<uint64_t>::Load(in, size)) return false;
      values = size == 0 ? nullptr : std::make_unique<Map>();
      for (uint64_t k = 0; k < size; ++k) {
        typename O::Type v{};
        int64_t n = 0;
        if (!O::Load(in, v) || !Owned<int64_t>::Load(in, n)) return false;
        values->emplace(std::move(v), n);
      }
      return true;
    }
  };
  using Input = OneColumn;
  template <typename V>
  static void Add(State& s, const V& v, int64_t n) {
    if (!s.values) s.values = std::make_unique<Map>();
    auto at = s.values->find(v);
    if (at == s.values->end()) {
      s.values->emplace(typename O::Type(v), n);
    } else if ((at->second += n) == 0) {
      s.values->erase(at);
    }
  }
  void Accumulate(State& s, const Input& in, size_t i) const {
    if (!in.column->IsNull(i)) Add(s, O::View(*in.column, i), 1);
  }
  void Retract(State& s, const Input& in, size_t i) const {
    if (!in.column->IsNull(i)) Add(s, O::View(*in.column, i), -1);
  }
  void Write(const State& s, Column& out, size_t i) const {
    if (!s.values) return out.SetNull(i);
    if constexpr (kMax) {
      for (auto at = s.values->rbegin(); at != s.values->rend(); ++at) {
        if (at->second > 0) return O::Write(out, i, at->first);
      }
    } else {
      for (const auto& [v, n] : *s.values) {
        if (n > 0) return O::Write(out, i, v);
      }
    }
    out.SetNull(i);
  }
  void Merge(State& into, const State& from) const {
    if (!from.values) return;
    for (const auto& [v, n] : *from.values) Add(into, v, n);
  }
};

template <bool kMax>
std::unique_ptr<AggregateKernel> Make(const AggregateCallInfo& call) {
  return WithStorageType(call.args[0].physical(), [&]<typename T>(T*) -> std::unique_ptr<AggregateKernel> {
    if (call.retract) return MakeKernel<BestOfAll<T, kMax>>();
    return MakeKernel<Best<T, kMax>>();
  });
}

}  // namespace

Result<std::unique_ptr<AggregateKernel>> MakeMinMax(const AggregateCallInfo& call, bool maximum) {
  return maximum ? Make<true>(call) : Make<false>(call);
}

}  // namespace sluice::engine
