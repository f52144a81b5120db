#include "engine/functions/comparison.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "engine/columnar/copy_rows.h"
#include "engine/columnar/row_ops.h"
#include "engine/functions/kernel_templates.h"
#include "engine/functions/type_rules.h"
#include "engine/types/decimal.h"
#include "engine/types/structured_type.h"

namespace sluice::engine {

namespace {

template <typename T>
Kernel NumberCompare(CompareOp op) {
  switch (op) {
    case CompareOp::kEqual: return BinaryKernel<T, T, uint8_t>([](const T& a, const T& b) { return uint8_t{a == b}; });
    case CompareOp::kNotEqual:
      return BinaryKernel<T, T, uint8_t>([](const T& a, const T& b) { return uint8_t{!(a == b)}; });
    case CompareOp::kLess: return BinaryKernel<T, T, uint8_t>([](const T& a, const T& b) { return uint8_t{a < b}; });
    case CompareOp::kLessOrEqual:
      return BinaryKernel<T, T, uint8_t>([](const T& a, const T& b) { return uint8_t{a <= b}; });
    case CompareOp::kGreater: return BinaryKernel<T, T, uint8_t>([](const T& a, const T& b) { return uint8_t{a > b}; });
    case CompareOp::kGreaterOrEqual:
      return BinaryKernel<T, T, uint8_t>([](const T& a, const T& b) { return uint8_t{a >= b}; });
  }
  return {};
}

bool Holds(CompareOp op, int order) {
  switch (op) {
    case CompareOp::kEqual: return order == 0;
    case CompareOp::kNotEqual: return order != 0;
    case CompareOp::kLess: return order < 0;
    case CompareOp::kLessOrEqual: return order <= 0;
    case CompareOp::kGreater: return order > 0;
    case CompareOp::kGreaterOrEqual: return order >= 0;
  }
  return false;
}

Kernel StringEquals(bool negate) {
  return BinaryKernel<StringRef, StringRef, uint8_t>(
      [negate](const StringRef& a, const StringRef& b) { return static_cast<uint8_t>((a == b) != negate); });
}

Kernel OrderedCompare(CompareOp op) {
  return [op](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    uint8_t* to = out.data<uint8_t>();
    rows.ForEach([&](size_t i) { to[i] = Holds(op, CompareAt(*args[0], i, *args[1], i)); });
  };
}

/// NULLs inside of rows are values like others, equal to each other.
Kernel NestedEquals(bool negate) {
  return [negate](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    uint8_t* to = out.data<uint8_t>();
    rows.ForEach([&](size_t i) {
      if (negate) {
        to[i] = args[0]->physical() == PhysicalType::kMap ? SqlEqualsAt(*args[0], i, *args[1], i) == 0
                                                          : !EqualsAt(*args[0], i, *args[1], i);
        return;
      }
      const int equal = SqlEqualsAt(*args[0], i, *args[1], i);
      to[i] = equal == 1;
      if (equal < 0) out.SetNull(i);
    });
  };
}

/// The entries' places by the hash of their key.
std::vector<std::pair<uint64_t, uint32_t>> EntriesByHash(const Column& map, ListSlice slice) {
  std::vector<std::pair<uint64_t, uint32_t>> out;
  out.reserve(slice.length);
  for (uint32_t k = 0; k < slice.length; ++k) {
    out.emplace_back(HashAt(*map.child(0), slice.offset + k), slice.offset + k);
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// The same entries, in whatever order; a value that is NULL equals none.
bool MapsEqual(const Column& a, ListSlice x, const Column& b, ListSlice y) {
  if (x.length != y.length) return false;
  const auto left = EntriesByHash(a, x), right = EntriesByHash(b, y);
  return std::all_of(left.begin(), left.end(), [&](const auto& entry) {
    auto other = std::lower_bound(right.begin(), right.end(), std::pair(entry.first, uint32_t{0}));
    for (; other != right.end() && other->first == entry.first; ++other) {
      if (EqualsAt(*a.child(0), entry.second, *b.child(0), other->second) && !a.child(1)->IsNull(entry.second) &&
          EqualsAt(*a.child(1), entry.second, *b.child(1), other->second)) {
        return true;
      }
    }
    return false;
  });
}

}  // namespace

int SqlEqualsAt(const Column& a, size_t i, const Column& b, size_t j) {
  if (a.physical() == PhysicalType::kMap) return MapsEqual(a, a.at<ListSlice>(i), b, b.at<ListSlice>(j));
  if (a.physical() != PhysicalType::kRow) {
    if (a.physical() == PhysicalType::kDouble) return a.at<double>(i) == b.at<double>(j);
    if (a.physical() == PhysicalType::kFloat) return a.at<float>(i) == b.at<float>(j);
    return EqualsAt(a, i, b, j);
  }
  for (size_t c = 0; c < a.child_count(); ++c) {
    const Column& x = *a.child(c);
    const Column& y = *b.child(c);
    const size_t xi = a.index(i), yj = b.index(j);
    const bool same = x.IsNull(xi) || y.IsNull(yj) ? x.IsNull(xi) == y.IsNull(yj) : SqlEqualsAt(x, xi, y, yj) == 1;
    if (!same) return 0;
  }
  return 1;
}

Kernel CompareKernel(CompareOp op, const DataType& a, const DataType& b) {
  const bool equality = op == CompareOp::kEqual || op == CompareOp::kNotEqual;
  switch (a.physical()) {
    case PhysicalType::kBool: return NumberCompare<uint8_t>(op);
    case PhysicalType::kInt8: return NumberCompare<int8_t>(op);
    case PhysicalType::kInt16: return NumberCompare<int16_t>(op);
    case PhysicalType::kInt32: return NumberCompare<int32_t>(op);
    case PhysicalType::kInt64: return NumberCompare<int64_t>(op);
    case PhysicalType::kFloat: return NumberCompare<float>(op);
    case PhysicalType::kDouble: return NumberCompare<double>(op);
    case PhysicalType::kTimestamp: return NumberCompare<Timestamp>(op);
    case PhysicalType::kInt128:
      if (a.scale() == b.scale()) return NumberCompare<int128_t>(op);
      return BinaryKernel<int128_t, int128_t, uint8_t>([op, sa = a.scale(), sb = b.scale()](int128_t x, int128_t y) {
        return static_cast<uint8_t>(Holds(op, CompareDecimals(x, sa, y, sb)));
      });
    case PhysicalType::kString: return equality ? StringEquals(op == CompareOp::kNotEqual) : OrderedCompare(op);
    case PhysicalType::kArray:
    case PhysicalType::kMap:
    case PhysicalType::kRow: return equality ? NestedEquals(op == CompareOp::kNotEqual) : OrderedCompare(op);
  }
  return {};
}

namespace {

/// Whether a comparison with the type can be unknown: by a NULL, or by one in a field of a row.
bool CanBeUnknown(const DataType& t) {
  if (t.nullable()) return true;
  if (t.kind() != TypeKind::kRow) return false;
  for (size_t i = 0; i < t.child_count(); ++i) {
    if (CanBeUnknown(t.child(i))) return true;
  }
  return false;
}

bool AnyNullableArg(const CallInfo& call) { return std::any_of(call.args.begin(), call.args.end(), CanBeUnknown); }

/// What both sides become: each keeps its own type where the kernel can compare it as it is.
std::optional<std::vector<DataType>> ComparedTypes(const DataType& a, const DataType& b) {
  auto common = ComparisonType(a, b);
  // A text beside a decimal may have more digits than the decimal.
  if (common && common->kind() == TypeKind::kDecimal && a.is_character() != b.is_character()) {
    common = DataType::Decimal(38, 18);
  }
  if (!common) {
    if (a.kind() != TypeKind::kNull || b.kind() != TypeKind::kNull) return std::nullopt;
    return std::vector<DataType>{DataType::Boolean(), DataType::Boolean()};
  }
  auto keep = [&](const DataType& t) {
    const bool same_family = (t.is_character() && common->is_character()) || (t.is_binary() && common->is_binary()) ||
                             (t.kind() == common->kind() && t.physical() == common->physical() && !t.is_nested());
    return same_family ? t : common->WithNullable(t.nullable());
  };
  return std::vector<DataType>{keep(a), keep(b)};
}

std::string_view RootName(const DataType& t) {
  switch (t.kind()) {
    case TypeKind::kChar: return "CHAR";
    case TypeKind::kVarchar: return "VARCHAR";
    case TypeKind::kBoolean: return "BOOLEAN";
    case TypeKind::kTinyint: return "TINYINT";
    case TypeKind::kSmallint: return "SMALLINT";
    case TypeKind::kInteger: return "INTEGER";
    case TypeKind::kBigint: return "BIGINT";
    case TypeKind::kFloat: return "FLOAT";
    case TypeKind::kDouble: return "DOUBLE";
    default: return "DECIMAL";
  }
}

/// Flink compares a BOOLEAN with a text as they are, and they are never equal.
bool BooleanAndText(const DataType& a, const DataType& b) {
  return (a.kind() == TypeKind::kBoolean && b.is_character()) || (b.kind() == TypeKind::kBoolean && a.is_character());
}

/// What Flink refuses with words of its own: = converts text to dates and times, but not to numbers (< and IN do).
std::optional<Error> RefusedComparison(const DataType& a, const DataType& b, bool ordered) {
  if ((IsStructured(a) || IsStructured(b)) && !a.SameIgnoringNullability(b) && a.kind() == b.kind()) {
    const bool both = IsStructured(a) && IsStructured(b);
    return Error(ErrorCode::kValidation,
                 std::string(both ? "Incompatible structured types: " : "Incompatible types: ") + a.ToString() +
                     " and " + b.ToString() + ".");
  }
  auto is_number = [&](const DataType& t) { return (t.is_numeric() && !ordered) || t.kind() == TypeKind::kBoolean; };
  if ((a.is_character() && is_number(b)) || (b.is_character() && is_number(a))) {
    return Error(ErrorCode::kValidation, "implicit type conversion between " + std::string(RootName(a)) + " and " +
                                             std::string(RootName(b)) + " is not supported now");
  }
  const bool alike = !a.is_nested() || !b.is_nested() ? a.is_nested() == b.is_nested() : a.kind() == b.kind();
  for (const DataType* t : {&a, &b}) {
    if (ordered && alike && t->kind() != TypeKind::kNull && !IsOrderable(*t)) {
      return Error(ErrorCode::kValidation, "Comparable type expected, but was '" + t->ToString() + "'.");
    }
  }
  return std::nullopt;
}

bool TimestampAndLtz(const DataType& a, const DataType& b) {
  return a.is_timestamp() && b.is_timestamp() && a.kind() != b.kind();
}

/// TIMESTAMP beside TIMESTAMP_LTZ: for = the right side becomes what the left one is, for < both are local times, but
/// moments if one is a literal.
std::vector<DataType> ZonedTypes(const CallInfo& call, size_t right, bool ordered) {
  const DataType &a = call.args[0], &b = call.args[right];
  const int precision = std::max(a.precision(), b.precision());
  const bool literal = call.literals[0] != nullptr || call.literals[right] != nullptr;
  const bool local = ordered ? !literal : a.kind() == TypeKind::kTimestamp;
  const DataType type = local ? DataType::TimestampType(precision) : DataType::TimestampLtz(precision);
  return {type.WithNullable(a.nullable()), type.WithNullable(b.nullable())};
}

ScalarFunction Comparison(const char* name, CompareOp op, const char* text) {
  ScalarFunction f;
  f.name = name;
  f.family = "comparison";
  f.text = text;
  f.min_args = f.max_args = 2;
  f.supported_forms = "'<COMPARABLE_TYPE> " + f.name + " <COMPARABLE_TYPE>'";
  const bool ordered = op != CompareOp::kEqual && op != CompareOp::kNotEqual;
  f.total = true;
  f.resolve = [ordered](const CallInfo& call) -> Result<std::optional<Signature>> {
    if (BooleanAndText(call.args[0], call.args[1])) {
      return std::optional(Signature{DataType::Boolean().WithNullable(AnyNullableArg(call)), call.args});
    }
    if (auto refused = RefusedComparison(call.args[0], call.args[1], ordered)) return *refused;
    auto types = ComparedTypes(call.args[0], call.args[1]);
    if (TimestampAndLtz(call.args[0], call.args[1])) types = ZonedTypes(call, 1, ordered);
    if (!types) return std::optional<Signature>();
    return std::optional(Signature{DataType::Boolean().WithNullable(AnyNullableArg(call)), std::move(*types)});
  };
  f.make = [op](const CallInfo& call, const DataType&) -> Result<Kernel> {
    if (BooleanAndText(call.args[0], call.args[1])) {
      return Kernel([differ = op == CompareOp::kNotEqual](EvalContext&, std::span<const ColumnPtr>, const Rows& rows,
                                                          Column& out) {
        rows.ForEach([&](size_t i) { out.data<uint8_t>()[i] = differ ? 1 : 0; });
      });
    }
    return CompareKernel(op, call.args[0], call.args[1]);
  };
  return f;
}

/// Rows with a NULL in them are never distinct from another to Flink.
bool HasNullField(const Column& column, size_t i) {
  if (column.physical() != PhysicalType::kRow) return false;
  for (size_t c = 0; c < column.child_count(); ++c) {
    if (column.child(c)->IsNull(column.index(i))) return true;
  }
  return false;
}

ScalarFunction Distinct(bool negate) {
  ScalarFunction f;
  f.name = negate ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM";
  f.family = "comparison";
  f.text = negate ? "Whether two values are equal, with NULL equal to NULL."
                  : "Whether two values differ, NULL being a value.";
  f.min_args = f.max_args = 2;
  f.nulls = NullRule::kCustom;
  f.supported_forms = "'<COMPARABLE_TYPE> " + f.name + " <COMPARABLE_TYPE>'";
  f.resolve = [](const CallInfo& call) -> Result<std::optional<Signature>> {
    auto types = ComparedTypes(call.args[0], call.args[1]);
    if (!types) return std::optional<Signature>();
    return std::optional(Signature{DataType::Boolean().NotNull(), std::move(*types)});
  };
  f.make = [negate](const CallInfo& call, const DataType&) -> Result<Kernel> {
    const bool decimals = call.args[0].kind() == TypeKind::kDecimal;
    return Kernel([negate, decimals](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      uint8_t* to = out.data<uint8_t>();
      const Column& a = *args[0];
      const Column& b = *args[1];
      rows.ForEach([&](size_t i) {
        const bool null = a.IsNull(i) || b.IsNull(i);
        if (null || decimals) {
          to[i] = (null ? a.IsNull(i) == b.IsNull(i) : CompareAt(a, i, b, i) == 0) == negate;
        } else {
          to[i] = negate ? SqlEqualsAt(a, i, b, i) == 1
                         : SqlEqualsAt(a, i, b, i) == 0 && !HasNullField(a, i) && !HasNullField(b, i);
        }
      });
    });
  };
  return f;
}

ScalarFunction NullTest(bool negate) {
  ScalarFunction f;
  f.name = negate ? "IS NOT NULL" : "IS NULL";
  f.family = "comparison";
  f.text = negate ? "Whether a value is not NULL." : "Whether a value is NULL.";
  f.min_args = f.max_args = 1;
  f.nulls = NullRule::kCustom;
  f.resolve = [](const CallInfo& call) -> Result<std::optional<Signature>> {
    return std::optional(Signature{DataType::Boolean().NotNull(), call.args});
  };
  f.make = [negate](const CallInfo&, const DataType&) -> Result<Kernel> {
    return Kernel([negate](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      uint8_t* to = out.data<uint8_t>();
      rows.ForEach([&](size_t i) { to[i] = args[0]->IsNull(i) != negate; });
    });
  };
  return f;
}

// --- IN

/// Items that are all literals of an integer or text: one look-up a row. `has_null`: a NULL is among them.
template <typename T>
struct ItemSet {
  std::unordered_set<T> values;
  bool has_null = false;
};

template <typename Item, typename Read>
Kernel InSetKernel(std::shared_ptr<const ItemSet<Item>> set, Read read) {
  return [set, read](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    uint8_t* to = out.data<uint8_t>();
    const Column& a = *args[0];
    rows.ForEach([&](size_t i) {
      const bool null = a.IsNull(i);
      const bool found = !null && set->values.contains(read(a, i));
      to[i] = found;
      if (null || (!found && set->has_null)) out.SetNull(i);
    });
  };
}

template <typename T>
Kernel IntegerInKernel(const CallInfo& call) {
  auto set = std::make_shared<ItemSet<int64_t>>();
  for (size_t a = 1; a < call.size(); ++a) {
    if (call.literals[a]->is_null()) {
      set->has_null = true;
    } else {
      set->values.insert(call.literals[a]->as_int());
    }
  }
  return InSetKernel<int64_t>(std::shared_ptr<const ItemSet<int64_t>>(set),
                              [](const Column& c, size_t i) { return int64_t{c.at<T>(i)}; });
}

Kernel StringInKernel(const CallInfo& call) {
  auto strings = std::make_shared<std::vector<std::string>>();
  auto set = std::make_shared<ItemSet<std::string_view>>();
  for (size_t a = 1; a < call.size(); ++a) {
    if (call.literals[a]->is_null()) {
      set->has_null = true;
    } else {
      strings->push_back(call.literals[a]->as_string());
    }
  }
  for (const std::string& s : *strings) set->values.insert(s);
  return InSetKernel<std::string_view>(std::shared_ptr<const ItemSet<std::string_view>>(set),
                                       [strings](const Column& c, size_t i) { return c.string_at(i); });
}

Kernel GeneralInKernel() {
  return [](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    uint8_t* to = out.data<uint8_t>();
    const Column& a = *args[0];
    rows.ForEach([&](size_t i) {
      bool found = false, unknown = a.IsNull(i);
      for (size_t k = 1; k < args.size() && !found && !a.IsNull(i); ++k) {
        if (args[k]->IsNull(i)) {
          unknown = true;
        } else if (a.physical() == PhysicalType::kInt128) {
          found = CompareAt(a, i, *args[k], i) == 0;
        } else if (a.physical() == PhysicalType::kDouble || a.physical() == PhysicalType::kFloat) {
          found = EqualsAt(a, i, *args[k], i);  // IN looks values up in a set: -0.0 is not 0.0 there
        } else {
          const int equal = SqlEqualsAt(a, i, *args[k], i);
          found = equal == 1;
          unknown |= equal < 0;
        }
      }
      to[i] = found;
      if (!found && unknown) out.SetNull(i);
    });
  };
}

ScalarFunction In() {
  ScalarFunction f;
  f.name = "IN";
  f.family = "comparison";
  f.text = "Whether the first value equals one of the others.";
  f.min_args = 2;
  f.max_args = -1;
  f.nulls = NullRule::kCustom;
  f.resolve = [](const CallInfo& call) -> Result<std::optional<Signature>> {
    std::optional<DataType> common = call.args[0];
    for (size_t a = 1; a < call.size() && common; ++a) {
      // A decimal literal beside an integer becomes that integer: 2 IN (2.5) is TRUE in Flink.
      const bool cut =
          call.args[0].is_exact_integer() && call.args[a].kind() == TypeKind::kDecimal && call.literals[a] != nullptr;
      if (!cut) common = ComparisonType(*common, call.args[a]);
      // A text is looked for among the texts of numbers, a local time among local times.
      if (call.args[0].is_character() && call.args[a].is_numeric()) common = DataType::String();
      if (TimestampAndLtz(call.args[0], call.args[a])) common = ZonedTypes(call, a, false)[0];
    }
    if (!common && call.args[0].kind() == TypeKind::kNull) common = CommonType(std::span(call.args).subspan(1));
    if (!common) return std::optional<Signature>();
    Signature s{DataType::Boolean().WithNullable(AnyNullableArg(call)), {}};
    for (const DataType& t : call.args) {
      s.args.push_back(t.is_character() && common->is_character() ? t : common->WithNullable(t.nullable()));
    }
    return std::optional(std::move(s));
  };
  f.make = [](const CallInfo& call, const DataType&) -> Result<Kernel> {
    bool literals = true;
    for (size_t a = 1; a < call.size(); ++a) literals &= call.literals[a] != nullptr;
    if (literals) {
      switch (call.args[0].physical()) {
        case PhysicalType::kInt8: return IntegerInKernel<int8_t>(call);
        case PhysicalType::kInt16: return IntegerInKernel<int16_t>(call);
        case PhysicalType::kInt32: return IntegerInKernel<int32_t>(call);
        case PhysicalType::kInt64: return IntegerInKernel<int64_t>(call);
        case PhysicalType::kString: return StringInKernel(call);
        default: break;
      }
    }
    return GeneralInKernel();
  };
  return f;
}

ScalarFunction Extreme(const char* name, bool greatest) {
  ScalarFunction f;
  f.name = name;
  f.family = "comparison";
  f.text = greatest ? "The greatest of the arguments; NULL if one is NULL."
                    : "The least of the arguments; NULL if one is NULL.";
  f.examples = {greatest ? "GREATEST(1, 3, 2) = 3" : "LEAST(1, 3, 2) = 1"};
  f.min_args = 1;
  f.max_args = -1;
  f.supported_forms = std::string(name) + "(<COMPARABLE>...)";
  f.resolve = [](const CallInfo& call) -> Result<std::optional<Signature>> {
    for (const DataType& t : call.args) {
      if (t.kind() == TypeKind::kNull) {
        const auto common = CommonType(call.args);
        return Error(ErrorCode::kValidation,
                     "Unsupported casting from NULL to " + (common ? common->ToString(false) : "a type") + ".");
      }
      if (!IsOrderable(t)) {
        return Error(ErrorCode::kValidation, "Comparable type expected, but was '" + t.ToString() + "'.");
      }
    }
    for (size_t a = 1; a < call.size(); ++a) {
      if (!CommonType({call.args[0], call.args[a]})) {
        return Error(ErrorCode::kValidation,
                     "All types in a comparison should support both 'EQUALS' and 'ORDER' comparison with each other. "
                     "Can not compare " +
                         call.args[0].ToString() + " with " + call.args[a].ToString());
      }
    }
    auto common = CommonType(call.args);
    if (!common) return std::optional<Signature>();
    Signature s{common->WithTimeAttribute(TimeAttribute::kNone), {}};
    for (const DataType& t : call.args) s.args.push_back(s.result.WithNullable(t.nullable()));
    return std::optional(std::move(s));
  };
  f.make = [greatest](const CallInfo&, const DataType&) -> Result<Kernel> {
    return Kernel([greatest](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      CopyRows(out, *args[0], rows);
      for (size_t k = 1; k < args.size(); ++k) {
        std::vector<uint32_t> better;
        rows.ForEach([&](size_t i) {
          const int order = CompareAt(*args[k], i, out, i);
          if (greatest ? order > 0 : order < 0) better.push_back(static_cast<uint32_t>(i));
        });
        CopyRows(out, *args[k], Rows{better.data(), better.size()});
      }
    });
  };
  return f;
}

}  // namespace

void AddComparisonFunctions(FunctionRegistry& r) {
  r.Add(Comparison("=", CompareOp::kEqual, "Whether two values are equal."));
  r.Add(Comparison("<>", CompareOp::kNotEqual, "Whether two values differ."));
  r.Add(Comparison("<", CompareOp::kLess, "Whether the first value is less than the second."));
  r.Add(Comparison("<=", CompareOp::kLessOrEqual, "Whether the first value is at most the second."));
  r.Add(Comparison(">", CompareOp::kGreater, "Whether the first value is greater than the second."));
  r.Add(Comparison(">=", CompareOp::kGreaterOrEqual, "Whether the first value is at least the second."));
  r.Add(Distinct(false));
  r.Add(Distinct(true));
  r.Add(NullTest(false));
  r.Add(NullTest(true));
  r.Add(In());
  r.Add(Extreme("GREATEST", true));
  r.Add(Extreme("LEAST", false));
}

}  // namespace sluice::engine
