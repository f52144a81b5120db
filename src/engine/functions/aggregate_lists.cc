#include "engine/functions/aggregate_lists.h"

#include <algorithm>

#include "engine/columnar/java_hash_order.h"
#include "engine/columnar/row_encoding.h"
#include "engine/functions/aggregate_kernel.h"
#include "engine/functions/aggregate_owned.h"

namespace sluice::engine {

void SaveStrings(const std::vector<std::string>& values, std::string& out) {
  for (const std::string& v : values) Owned<StringRef>::Save(v, out);
}

bool LoadStrings(std::string_view bytes, std::vector<std::string>& values) {
  values.clear();
  while (!bytes.empty()) {
    if (!Owned<StringRef>::Load(bytes, values.emplace_back())) return false;
  }
  return true;
}

namespace {

struct AllColumns {
  explicit AllColumns(std::span<const ColumnPtr> a) : args(a) {}
  bool IsNull(size_t i) const { return args[0]->IsNull(i); }
  std::span<const ColumnPtr> args;
};

/// Encoded values in order of arrival.
struct ListState {
  std::unique_ptr<std::vector<std::string>> values;

  bool empty() const { return !values || values->empty(); }
  void Add(std::string value) {
    if (!values) values = std::make_unique<std::vector<std::string>>();
    values->push_back(std::move(value));
  }
  void RemoveFirst(const std::string& value) {
    if (!values) return;
    auto at = std::find(values->begin(), values->end(), value);
    if (at != values->end()) values->erase(at);
  }
  void Append(const ListState& from) {
    if (from.empty()) return;
    for (const std::string& v : *from.values) Add(v);
  }
  void Save(std::string& out) const {
    if (values) SaveStrings(*values, out);
  }
  bool Load(std::string_view bytes) {
    values = std::make_unique<std::vector<std::string>>();
    return LoadStrings(bytes, *values);
  }
};

std::string Encoded(const Column& column, size_t i) {
  std::string bytes;
  EncodeField(column, i, bytes);
  return bytes;
}

void WriteEncoded(std::string_view bytes, Column& out, size_t i) {
  ColumnPtr one = Column::Make(out.type(), 0);
  INVARIANT(DecodeField(bytes, *one), "a value in state is malformed");
  out.CopyRow(i, *one, 0);
}

// --- FIRST_VALUE, LAST_VALUE ---------------------------------------------------------------------------------------

template <typename T, bool kLast>
struct OneEnd {
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
  using Input = AllColumns;
  void Accumulate(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i) || (!kLast && s.set)) return;
    s.value = O::Own(O::View(*in.args[0], i));
    s.set = true;
  }
  void Retract(State&, const Input&, size_t) const {}
  void Write(const State& s, Column& out, size_t i) const {
    if (!s.set) return out.SetNull(i);
    O::Write(out, i, s.value);
  }
  void Merge(State& into, const State& from) const {
    if (from.set && (kLast || !into.set)) into = from;
  }
};

/// Of all values that are there; also for nested types.
template <bool kLast>
struct EndOfAll {
  using State = ListState;
  using Input = AllColumns;
  bool keep_all = true;

  void Accumulate(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i) || (!keep_all && !kLast && !s.empty())) return;
    if (!keep_all && !s.empty()) s.values->clear();
    s.Add(Encoded(*in.args[0], i));
  }
  void Retract(State& s, const Input& in, size_t i) const {
    if (!in.IsNull(i)) s.RemoveFirst(Encoded(*in.args[0], i));
  }
  void Write(const State& s, Column& out, size_t i) const {
    if (s.empty()) return out.SetNull(i);
    WriteEncoded(kLast ? s.values->back() : s.values->front(), out, i);
  }
  void Merge(State& into, const State& from) const { into.Append(from); }
};

// --- LISTAGG -------------------------------------------------------------------------------------------------------

/// Values with a fixed separator. The text is kept joined: appending is what every row does.
struct JoinedText {
  struct State {
    std::unique_ptr<std::string> text;
    void Save(std::string& out) const {
      if (text) out += '\1' + *text;
    }
    bool Load(std::string_view in) {
      text = in.empty() ? nullptr : std::make_unique<std::string>(in.substr(1));
      return true;
    }
  };
  using Input = AllColumns;
  std::string separator = ",";

  void Append(State& s, std::string_view v) const {
    if (!s.text) {
      s.text = std::make_unique<std::string>(v);
    } else {
      s.text->append(separator).append(v);
    }
  }
  void Accumulate(State& s, const Input& in, size_t i) const {
    if (!in.IsNull(i)) Append(s, in.args[0]->string_at(i));
  }
  void Retract(State&, const Input&, size_t) const {}
  void Write(const State& s, Column& out, size_t i) const {
    if (!s.text) return out.SetNull(i);
    out.SetString(i, *s.text);
  }
  void Merge(State& into, const State& from) const {
    if (from.text) Append(into, *from.text);
  }
};

struct TextList {
  using State = ListState;
  using Input = AllColumns;
  std::string separator = ",";

  void Accumulate(State& s, const Input& in, size_t i) const {
    if (!in.IsNull(i)) s.Add(std::string(in.args[0]->string_at(i)));
  }
  void Retract(State& s, const Input& in, size_t i) const {
    if (!in.IsNull(i)) s.RemoveFirst(std::string(in.args[0]->string_at(i)));
  }
  void Write(const State& s, Column& out, size_t i) const {
    if (s.empty()) return out.SetNull(i);
    std::string text;
    for (size_t k = 0; k < s.values->size(); ++k) {
      if (k > 0) text += separator;
      text += (*s.values)[k];
    }
    out.SetString(i, text);
  }
  void Merge(State& into, const State& from) const { into.Append(from); }
};

// --- ARRAY_AGG, COLLECT --------------------------------------------------------------------------------------------

void WriteList(const std::vector<std::string>& values, Column& out, size_t i) {
  Column& elements = *out.child(0);
  const auto offset = static_cast<uint32_t>(elements.size());
  for (const std::string& v : values) {
    std::string_view bytes = v;
    INVARIANT(DecodeField(bytes, elements), "a value in state is malformed");
  }
  out.data<ListSlice>()[i] = {offset, static_cast<uint32_t>(values.size())};
}

struct ArrayOf {
  using State = ListState;
  using Input = AllColumns;
  bool ignore_nulls = false;

  void Accumulate(State& s, const Input& in, size_t i) const {
    if (!ignore_nulls || !in.IsNull(i)) s.Add(Encoded(*in.args[0], i));
  }
  void Retract(State& s, const Input& in, size_t i) const {
    if (!ignore_nulls || !in.IsNull(i)) s.RemoveFirst(Encoded(*in.args[0], i));
  }
  void Write(const State& s, Column& out, size_t i) const {
    if (s.empty()) return out.SetNull(i);
    WriteList(*s.values, out, i);
  }
  void Merge(State& into, const State& from) const { into.Append(from); }
};

/// A multiset: elements with counts, in the order of Java's HashMap (of their first arrival where it is not known).
struct Multiset {
  using State = ListState;
  using Input = AllColumns;
  void Accumulate(State& s, const Input& in, size_t i) const {
    if (!in.IsNull(i)) s.Add(Encoded(*in.args[0], i));
  }
  void Retract(State& s, const Input& in, size_t i) const {
    if (!in.IsNull(i)) s.RemoveFirst(Encoded(*in.args[0], i));
  }
  void Write(const State& s, Column& out, size_t i) const {
    std::vector<std::string> distinct;
    std::vector<int32_t> counts;
    std::map<std::string_view, size_t> known;
    for (size_t k = 0; s.values && k < s.values->size(); ++k) {
      auto [at, inserted] = known.emplace((*s.values)[k], distinct.size());
      if (inserted) {
        distinct.push_back((*s.values)[k]);
        counts.push_back(0);
      }
      ++counts[at->second];
    }
    const std::vector<size_t> order = OrderOf(distinct, *out.child(0));
    std::vector<std::string> ordered;
    for (const size_t k : order) ordered.push_back(std::move(distinct[k]));
    WriteList(ordered, out, i);
    for (const size_t k : order) out.child(1)->Append(counts[k]);
  }
  static std::vector<size_t> OrderOf(const std::vector<std::string>& values, const Column& like) {
    std::vector<int32_t> codes(values.size(), 0);
    for (size_t k = 0; k < values.size(); ++k) {
      ColumnPtr one = Column::Make(like.type(), 0);
      std::string_view bytes = values[k];
      INVARIANT(DecodeField(bytes, *one), "a value in state is malformed");
      codes[k] = JavaHashCode(*one, 0).value_or(0);
    }
    return HashMapOrder(codes);
  }
  void Merge(State& into, const State& from) const { into.Append(from); }
};

template <bool kLast>
KernelResult FirstLast(const AggregateCallInfo& call) {
  if (call.retract || call.args[0].is_nested()) return MakeKernel(EndOfAll<kLast>{call.retract});
  return WithStorageType(call.args[0].physical(), []<typename T>(T*) -> std::unique_ptr<AggregateKernel> {
    return MakeKernel<OneEnd<T, kLast>>();
  });
}

}  // namespace

KernelResult MakeFirstLast(const AggregateCallInfo& call, bool last) {
  return last ? FirstLast<true>(call) : FirstLast<false>(call);
}

KernelResult MakeListAgg(const AggregateCallInfo& call) {
  std::string separator = ",";
  if (call.args.size() > 1) {
    if (call.literals.size() < 2 || call.literals[1] == nullptr) {
      return Error(ErrorCode::kNotSupported, "not supported yet: LISTAGG with a separator that is not a literal");
    }
    separator = call.literals[1]->as_string();
  }
  if (call.retract) return MakeKernel(TextList{separator});
  return MakeKernel(JoinedText{separator});
}

KernelResult MakeArrayAgg(const AggregateCallInfo& call) { return MakeKernel(ArrayOf{call.ignore_nulls}); }

KernelResult MakeCollect(const AggregateCallInfo&) { return MakeKernel<Multiset>(); }

}  // namespace sluice::engine
