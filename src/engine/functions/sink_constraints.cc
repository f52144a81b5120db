// What a sink's declared types demand of every row: NOT NULL and lengths, as Flink's ConstraintEnforcer. The planner
// puts these calls before a sink; SQL cannot name them.
#include <fmt/format.h>

#include "engine/functions/function.h"
#include "engine/functions/sink_constraints.h"

namespace sluice::engine {

namespace {

using Resolved = Result<std::optional<Signature>>;

/// Characters of text, bytes of binary values.
size_t LengthOf(const DataType& type, std::string_view s) {
  if (type.is_binary()) return s.size();
  size_t count = 0;
  for (char c : s) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

std::string_view Prefix(const DataType& type, std::string_view s, size_t length) {
  if (type.is_binary()) return s.substr(0, length);
  size_t bytes = 0;
  for (size_t characters = 0; bytes < s.size(); ++bytes) {
    if ((static_cast<unsigned char>(s[bytes]) & 0xC0) != 0x80 && characters++ == length) break;
  }
  return s.substr(0, bytes);
}

ScalarFunction Constraint(const char* name, int args, std::string text) {
  ScalarFunction f;
  f.name = name;
  f.family = "sink";
  f.text = std::move(text);
  f.min_args = f.max_args = args;
  f.resolve = [](const CallInfo& call) -> Resolved {
    return std::optional<Signature>(Signature{call.args[0], call.args});
  };
  return f;
}

ScalarFunction RequireNotNull() {
  ScalarFunction f = Constraint(kRequireNotNull, 2, "The value; a NULL fails the job and names the column.");
  f.nulls = NullRule::kCustom;
  f.make = [](const CallInfo& call, const DataType&) -> Result<Kernel> {
    const std::string column = call.literals[1]->as_string();
    return Kernel([column](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      rows.ForEach([&](size_t i) {
        if (!args[0]->IsNull(i)) {
          out.CopyRow(i, *args[0], i);
          return;
        }
        context.Fail(
            i, ErrorCode::kData,
            fmt::format(
                "Column '{}' is NOT NULL, however, a null value is being written into it. You can set job "
                "configuration 'table.exec.sink.not-null-enforcer'='DROP' to suppress this exception and drop such "
                "records silently.",
                column));
      });
    });
  };
  return f;
}

ScalarFunction EnforceLength() {
  ScalarFunction f =
      Constraint(kEnforceLength, 3, "The value cut and padded to its type's length, or an error, by the mode.");
  f.make = [](const CallInfo& call, const DataType& type) -> Result<Kernel> {
    const bool trim = call.literals[1]->as_string() == "TRIM_PAD";
    const std::string column = call.literals[2]->as_string();
    const bool fixed = type.kind() == TypeKind::kChar || type.kind() == TypeKind::kBinary;
    const auto length = static_cast<size_t>(type.length());
    return Kernel([=](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      rows.ForEach([&](size_t i) {
        const std::string_view s = args[0]->string_at(i);
        const size_t has = LengthOf(type, s);
        if (has == length || (has < length && !fixed)) {
          out.SetString(i, s);
        } else if (!trim) {
          context.Fail(
              i, ErrorCode::kData,
              fmt::format("Column '{}' is {}, however, a string of length {} is being written into it. You can set job "
                          "configuration 'table.exec.sink.type-length-enforcer' to control this behaviour.",
                          column, type.ToString(false), has));
        } else if (has > length) {
          out.SetString(i, Prefix(type, s, length));
        } else {
          std::string padded(s);
          padded.append(length - has, type.is_binary() ? '\0' : ' ');
          out.SetString(i, padded);
        }
      });
    });
  };
  return f;
}

ScalarFunction SingleValue() {
  ScalarFunction f = Constraint(kSingleValue, 2, "The value of a sub-query; more than one row fails the job.");
  f.nulls = NullRule::kCustom;
  f.make = [](const CallInfo&, const DataType&) -> Result<Kernel> {
    return Kernel([](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      rows.ForEach([&](size_t i) {
        if (args[1]->at<int64_t>(i) > 1) {
          context.Fail(i, ErrorCode::kData, "SingleValueAggFunction received more than one element.");
          return;
        }
        out.CopyRow(i, *args[0], i);
      });
    });
  };
  return f;
}

}  // namespace

void AddSinkConstraints(FunctionRegistry& r) {
  r.Add(RequireNotNull());
  r.Add(EnforceLength());
  r.Add(SingleValue());
}

}  // namespace sluice::engine
