// BITMAP aggregates. The state counts, for each member, the bitmaps (or numbers) that have it, so that all of them can
// take rows back: a member is in the union if it was counted at all, in the intersection if all bitmaps have it, in the
// symmetric difference if an odd number has.
#include <algorithm>
#include <map>

#include "engine/functions/aggregate_kernel.h"
#include "engine/functions/opaque_types.h"
#include "engine/functions/signature_rules.h"
#include "engine/types/data_type.h"

namespace sluice::engine {

namespace {

enum class Keep : uint8_t { kAny, kAll, kOdd };

struct Counts {
  std::map<uint32_t, int64_t> members;
  int64_t inputs = 0;

  void Save(std::string& out) const {
    auto put = [&](const auto& v) { out.append(reinterpret_cast<const char*>(&v), sizeof(v)); };
    put(inputs);
    for (const auto& [member, count] : members) {
      put(member);
      put(count);
    }
  }
  bool Load(std::string_view in) {
    auto take = [&](auto& v) {
      if (in.size() < sizeof(v)) return false;
      std::memcpy(&v, in.data(), sizeof(v));
      in.remove_prefix(sizeof(v));
      return true;
    };
    if (!take(inputs)) return false;
    while (!in.empty()) {
      uint32_t member = 0;
      int64_t count = 0;
      if (!take(member) || !take(count)) return false;
      members[member] = count;
    }
    return true;
  }
};

/// The argument: an INT, or a bitmap.
struct NumbersOrBitmaps {
  explicit NumbersOrBitmaps(std::span<const ColumnPtr> args) : column(*args[0]) {}
  template <typename F>
  void ForEach(size_t i, F&& f) const {
    if (column.physical() == PhysicalType::kInt32) {
      f(static_cast<uint32_t>(column.at<int32_t>(i)));
    } else {
      for (const uint32_t member : BitmapMembers(column.string_at(i))) f(member);
    }
  }
  const Column& column;
};

struct BitmapAggregate {
  using State = Counts;
  using Input = NumbersOrBitmaps;
  Keep keep = Keep::kAny;
  bool cardinality = false;

  void Accumulate(State& s, const Input& in, size_t i) const { Count(s, in, i, 1); }
  void Retract(State& s, const Input& in, size_t i) const { Count(s, in, i, -1); }
  void Write(const State& s, Column& out, size_t i) const {
    if (s.inputs <= 0) return out.SetNull(i);
    std::vector<uint32_t> members;
    for (const auto& [member, count] : s.members) {
      if (Kept(count, s.inputs)) members.push_back(member);
    }
    if (cardinality) {
      out.data<int64_t>()[i] = static_cast<int64_t>(members.size());
    } else {
      out.SetString(i, BitmapText(members));
    }
  }
  void Merge(State& into, const State& from) const {
    into.inputs += from.inputs;
    for (const auto& [member, count] : from.members) Add(into, member, count);
  }

 private:
  static void Add(State& s, uint32_t member, int64_t by) {
    const auto at = s.members.try_emplace(member, 0).first;
    at->second += by;
    if (at->second == 0) s.members.erase(at);
  }
  static void Count(State& s, const Input& in, size_t i, int64_t by) {
    if (in.column.IsNull(i)) return;
    s.inputs += by;
    in.ForEach(i, [&](uint32_t member) { Add(s, member, by); });
  }
  bool Kept(int64_t count, int64_t inputs) const {
    switch (keep) {
      case Keep::kAny: return count > 0;
      case Keep::kAll: return count == inputs;
      case Keep::kOdd: return count % 2 != 0;
    }
    return false;
  }
};

}  // namespace

void AddBitmapAggregates(FunctionRegistry& r) {
  auto add = [&](const char* name, const char* text, bool numbers, Keep keep, bool cardinality) {
    AggregateFunction f;
    f.name = name;
    f.text = text;
    f.min_args = f.max_args = 1;
    f.supported_forms = "'" + f.name + (numbers ? "(<INTEGER>)'" : "(<BITMAP>)'");
    const DataType result = cardinality ? DataType::Bigint() : BitmapType();
    f.resolve = [=, n = f.name](const CallInfo& call) -> Result<std::optional<Signature>> {
      Signature s{result, call.args};
      DataType& arg = s.args[0];
      if (arg.kind() == TypeKind::kNull) arg = numbers ? DataType::Integer() : BitmapType();
      if (numbers ? arg.kind() == TypeKind::kInteger : IsBitmap(arg)) return std::optional(std::move(s));
      return InvalidCall(n, call,
                         "Unsupported argument type. Expected type root '" +
                             std::string(numbers ? "INTEGER" : "BITMAP") + "' but actual type was '" + arg.ToString() +
                             "'.");
    };
    f.make = [=](const AggregateCallInfo&, const DataType&) -> Result<std::unique_ptr<AggregateKernel>> {
      return MakeKernel(BitmapAggregate{keep, cardinality});
    };
    r.Add(std::move(f));
  };
  add("BITMAP_BUILD_AGG", "The set of the numbers.", true, Keep::kAny, false);
  add("BITMAP_BUILD_CARDINALITY_AGG", "How many different numbers there are.", true, Keep::kAny, true);
  add("BITMAP_OR_AGG", "The members of any of the bitmaps.", false, Keep::kAny, false);
  add("BITMAP_OR_CARDINALITY_AGG", "How many members the union of the bitmaps has.", false, Keep::kAny, true);
  add("BITMAP_AND_AGG", "The members that all bitmaps have.", false, Keep::kAll, false);
  add("BITMAP_AND_CARDINALITY_AGG", "How many members all bitmaps have.", false, Keep::kAll, true);
  add("BITMAP_XOR_AGG", "The members that an odd number of the bitmaps has.", false, Keep::kOdd, false);
  add("BITMAP_XOR_CARDINALITY_AGG", "How many members an odd number of the bitmaps has.", false, Keep::kOdd, true);
}

}  // namespace sluice::engine
