// AND, OR, NOT, IS TRUE …, CASE, IF, COALESCE, NULLIF. AND, OR, CASE, IF, COALESCE and IFNULL are run by Program itself
// (they must not evaluate arguments that no row needs); here is only what the binder needs to know about them.
#include <algorithm>

#include "engine/functions/cast.h"
#include "engine/functions/comparison.h"
#include "engine/functions/kernel_templates.h"
#include "engine/functions/type_rules.h"

namespace sluice::engine {

namespace {

using Resolved = Result<std::optional<Signature>>;

Result<Kernel> RunByProgram(const CallInfo&, const DataType&) {
  return Error(ErrorCode::kInternal, "a lazy function has no kernel");
}

bool IsCondition(const DataType& t) { return t.kind() == TypeKind::kBoolean || t.kind() == TypeKind::kNull; }
DataType AsCondition(const DataType& t) { return DataType::Boolean().WithNullable(t.nullable()); }

ScalarFunction Named(const char* name, const char* text, int min_args, int max_args) {
  ScalarFunction f;
  f.name = name;
  f.family = "logic";
  f.text = text;
  f.min_args = min_args;
  f.max_args = max_args;
  f.nulls = NullRule::kCustom;
  f.make = RunByProgram;
  return f;
}

ScalarFunction Connective(const char* name, const char* text) {
  ScalarFunction f = Named(name, text, 2, -1);
  f.supported_forms = "'<BOOLEAN> " + f.name + " <BOOLEAN>'";
  f.resolve = [](const CallInfo& call) -> Resolved {
    Signature s{DataType::Boolean().NotNull(), {}};
    for (const DataType& t : call.args) {
      if (!IsCondition(t)) return std::optional<Signature>();
      s.args.push_back(AsCondition(t));
      if (t.nullable()) s.result = DataType::Boolean();
    }
    return std::optional(std::move(s));
  };
  return f;
}

ScalarFunction Not() {
  ScalarFunction f = Named("NOT", "The opposite truth value; unknown stays unknown.", 1, 1);
  f.supported_forms = "'NOT<BOOLEAN>'";
  f.nulls = NullRule::kPropagate;
  f.total = true;
  f.resolve = [](const CallInfo& call) -> Resolved {
    if (!IsCondition(call.args[0])) return std::optional<Signature>();
    return std::optional(Signature{AsCondition(call.args[0]), {AsCondition(call.args[0])}});
  };
  f.make = [](const CallInfo&, const DataType&) -> Result<Kernel> {
    return UnaryKernel<uint8_t, uint8_t>([](uint8_t v) { return static_cast<uint8_t>(v ^ 1); });
  };
  return f;
}

/// IS [NOT] TRUE/FALSE/UNKNOWN: `truth` 1, 0 or -1 for unknown.
ScalarFunction TruthTest(const char* name, int truth, bool negate) {
  ScalarFunction f = Named(name, "Tests a truth value; never unknown itself.", 1, 1);
  f.supported_forms = "'<BOOLEAN> " + f.name + "'";
  f.resolve = [](const CallInfo& call) -> Resolved {
    if (!IsCondition(call.args[0])) return std::optional<Signature>();
    return std::optional(Signature{DataType::Boolean().NotNull(), {AsCondition(call.args[0])}});
  };
  f.make = [truth, negate](const CallInfo&, const DataType&) -> Result<Kernel> {
    return Kernel([truth, negate](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      uint8_t* to = out.data<uint8_t>();
      const Column& a = *args[0];
      rows.ForEach([&](size_t i) {
        const int v = a.IsNull(i) ? -1 : a.at<uint8_t>(i);
        to[i] = (v == truth) != negate;
      });
    });
  };
  return f;
}

ScalarFunction Case() {
  ScalarFunction f = Named("CASE", "The value behind the first condition that holds.", 2, -1);
  f.resolve = [](const CallInfo& call) -> Resolved {
    std::vector<DataType> values;
    const size_t pairs = call.size() / 2;
    for (size_t k = 0; k < pairs; ++k) {
      if (!IsCondition(call.args[2 * k])) return std::optional<Signature>();
      values.push_back(call.args[2 * k + 1]);
    }
    const bool has_else = call.size() % 2 == 1;
    if (has_else) values.push_back(call.args.back());
    if (std::all_of(values.begin(), values.end(), [](const DataType& t) { return t.kind() == TypeKind::kNull; })) {
      return Error(ErrorCode::kValidation, "ELSE clause or at least one THEN clause must be non-NULL");
    }
    auto common = CommonType(values);
    if (!common) {
      // Beside a date or time a whole number or decimal takes its type for Calcite, and then no cast leads there.
      std::string reason = "Illegal mixing of types in CASE or COALESCE statement";
      const auto number = std::find_if(values.begin(), values.end(), [](auto& t) { return t.is_exact_numeric(); });
      const auto time = std::find_if(values.begin(), values.end(), [](auto& t) { return t.is_datetime(); });
      if (number != values.end() && time != values.end()) CastAllowed(*number, *time, false, &reason);
      return Error(ErrorCode::kValidation, reason);
    }
    if (!has_else) common = common->Nullable();
    Signature s{common->WithTimeAttribute(TimeAttribute::kNone), {}};
    for (size_t a = 0; a < call.size(); ++a) {
      const bool condition = a % 2 == 0 && a / 2 < pairs;
      s.args.push_back(condition ? AsCondition(call.args[a]) : s.result.WithNullable(call.args[a].nullable()));
    }
    return std::optional(std::move(s));
  };
  return f;
}

ScalarFunction If() {
  ScalarFunction f = Named("IF", "The second argument where the condition holds, else the third.", 3, 3);
  f.examples = {"IF(1 > 0, 'a', 'b') = a"};
  f.supported_forms =
      "'IF(<ANY_TYPE>, <NUMERIC_TYPE>, <NUMERIC_TYPE>)'\n'IF(<BOOLEAN>, <CHARACTER>, <CHARACTER>)'\n'IF(<BOOLEAN>, "
      "<BOOLEAN>, <BOOLEAN>)'\n'IF(<BOOLEAN>, <CHARACTER>, <CHARACTER>)'\n'IF(<BOOLEAN>, <BINARY>, <BINARY>)'\n'IF("
      "<BOOLEAN>, <DATE>, <DATE>)'\n'IF(<BOOLEAN>, <TIMESTAMP>, <TIMESTAMP>)'\n'IF(<BOOLEAN>, <TIME>, <TIME>)'";
  f.resolve = [](const CallInfo& call) -> Resolved {
    if (!IsCondition(call.args[0])) return std::optional<Signature>();
    for (size_t a = 1; a < 3; ++a) {
      const DataType& t = call.args[a];
      if (t.kind() == TypeKind::kNull) return Error(ErrorCode::kValidation, "Illegal use of 'NULL'");
      if (t.is_nested() || t.is_interval()) return std::optional<Signature>();
    }
    auto common = CommonType({call.args[1], call.args[2]});
    if (!common) return std::optional<Signature>();
    const bool nullable = common->nullable() || call.args[0].nullable();
    Signature s{common->WithNullable(nullable).WithTimeAttribute(TimeAttribute::kNone), {AsCondition(call.args[0])}};
    for (size_t a = 1; a < 3; ++a) s.args.push_back(s.result.WithNullable(call.args[a].nullable()));
    return std::optional(std::move(s));
  };
  return f;
}

ScalarFunction Coalesce(const char* name, int min_args, int max_args, const char* example) {
  ScalarFunction f = Named(name, "The first argument that is not NULL.", min_args, max_args);
  f.examples = {example};
  f.supported_forms =
      max_args < 0 ? f.name + "(<COMMON>, <COMMON>...)" : f.name + "(input <COMMON>, replacement <COMMON>)";
  f.resolve = [](const CallInfo& call) -> Resolved {
    auto common = CommonType(call.args);
    if (!common && std::all_of(call.args.begin(), call.args.end(), [](const DataType& t) {
          return t.kind() == TypeKind::kDate || t.kind() == TypeKind::kTimestamp;
        })) {
      common = DataType::Date();
    }
    const bool local = std::any_of(call.args.begin(), call.args.end(),
                                   [](const DataType& t) { return t.kind() == TypeKind::kTimestampLtz; });
    if (common && local) common = DataType::TimestampLtz(common->precision());
    const bool all_null =
        std::all_of(call.args.begin(), call.args.end(), [](const DataType& t) { return t.kind() == TypeKind::kNull; });
    if (all_null) return Error(ErrorCode::kValidation, "Illegal use of 'NULL'");
    if (!common) return Error(ErrorCode::kValidation, "Invalid input arguments.");
    bool nullable = true;
    for (const DataType& t : call.args) nullable &= t.nullable();
    Signature s{common->WithNullable(nullable), {}};
    for (const DataType& t : call.args) s.args.push_back(s.result.WithNullable(t.nullable()));
    return std::optional(std::move(s));
  };
  return f;
}

ScalarFunction NullIf() {
  ScalarFunction f = Named("NULLIF", "The first argument, or NULL where it equals the second.", 2, 2);
  f.examples = {"NULLIF(1, 2) = 1"};
  f.supported_forms = "'NULLIF(<COMPARABLE>, <COMPARABLE>)'";
  f.resolve = [](const CallInfo& call) -> Resolved {
    const DataType& a = call.args[0];
    const DataType& b = call.args[1];
    // NULLIF is a CASE to Flink, whose implicit conversions come too late for the comparison in it.
    if (a.kind() == TypeKind::kNull) {
      return Error(ErrorCode::kValidation, "ELSE clause or at least one THEN clause must be non-NULL");
    }
    if (a.is_character() != b.is_character() && (a.is_numeric() || b.is_numeric())) {
      auto root = [](const DataType& t) {
        const std::string name = t.ToCalciteString();
        return name.substr(0, name.find('('));
      };
      return Error(ErrorCode::kValidation,
                   "implicit type conversion between " + root(a) + " and " + root(b) + " is not supported now");
    }
    if (!ComparisonType(a, b)) {
      return Error(ErrorCode::kValidation, "Cannot apply '=' to arguments of type '<" + a.ToCalciteString() + "> = <" +
                                               b.ToCalciteString() +
                                               ">'. Supported form(s): '<COMPARABLE_TYPE> = <COMPARABLE_TYPE>'");
    }
    return std::optional(Signature{call.args[0].Nullable(), call.args});
  };
  f.make = [](const CallInfo& call, const DataType& result) -> Result<Kernel> {
    const auto common = ComparisonType(call.args[0], call.args[1]);
    if (!common) return Error(ErrorCode::kInternal, "NULLIF of types that cannot be compared");
    SLUICE_ASSIGN_OR_RETURN(Kernel cast_a, CastKernel(call.args[0], *common, *call.facts));
    SLUICE_ASSIGN_OR_RETURN(Kernel cast_b, CastKernel(call.args[1], *common, *call.facts));
    SLUICE_ASSIGN_OR_RETURN(Kernel copy, CastKernel(call.args[0], result, *call.facts));
    return Kernel([common = *common, cast_a, cast_b, copy](EvalContext& context, std::span<const ColumnPtr> args,
                                                           const Rows& rows, Column& out) {
      std::vector<uint32_t> both, valid;
      rows.ForEach([&](size_t i) {
        if (args[0]->IsNull(i)) {
          out.SetNull(i);
          return;
        }
        valid.push_back(static_cast<uint32_t>(i));
        if (!args[1]->IsNull(i)) both.push_back(static_cast<uint32_t>(i));
      });
      copy(context, args.subspan(0, 1), Rows{valid.data(), valid.size()}, out);
      ColumnPtr a = Column::Make(common, args[0]->size()), b = Column::Make(common, args[0]->size());
      const Rows compared{both.data(), both.size()};
      EvalContext trying(context.facts());  // text that is no time equals no time
      trying.trying = common.is_datetime();
      cast_a(trying, args.subspan(0, 1), compared, *a);
      cast_b(trying, args.subspan(1, 1), compared, *b);
      for (const uint32_t i : trying.failed_rows) a->SetNull(i);
      if (trying.failed()) context.Fail(0, trying.error().code(), trying.error().message());
      for (uint32_t i : both) {
        if (!a->IsNull(i) && !b->IsNull(i) && SqlEqualsAt(*a, i, *b, i) == 1) out.SetNull(i);
      }
    });
  };
  return f;
}

}  // namespace

void AddLogicFunctions(FunctionRegistry& r) {
  r.Add(Connective("AND", "TRUE if all arguments are TRUE; FALSE if one is FALSE; else unknown."));
  r.Add(Connective("OR", "TRUE if one argument is TRUE; FALSE if all are FALSE; else unknown."));
  r.Add(Not());
  r.Add(TruthTest("IS TRUE", 1, false));
  r.Add(TruthTest("IS NOT TRUE", 1, true));
  r.Add(TruthTest("IS FALSE", 0, false));
  r.Add(TruthTest("IS NOT FALSE", 0, true));
  r.Add(TruthTest("IS UNKNOWN", -1, false));
  r.Add(TruthTest("IS NOT UNKNOWN", -1, true));
  r.Add(Case());
  r.Add(If());
  r.Add(Coalesce("COALESCE", 1, -1, "COALESCE(CAST(NULL AS INT), 5) = 5"));
  r.Add(Coalesce("IFNULL", 2, 2, "IFNULL(CAST(NULL AS INT), 5) = 5"));
  r.Add(NullIf());
}

}  // namespace sluice::engine
