// How most functions declare their arguments: a few forms of argument kinds and a rule for the result. Used by the
// families' files to build ScalarFunction::resolve.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/functions/function.h"

namespace sluice::engine {

enum class ArgKind : uint8_t {
  kCharacter,          // CHAR, VARCHAR
  kBinary,             // BINARY, VARBINARY
  kCharacterOrBinary,  // Calcite's <STRING>
  kInteger,            // TINYINT … BIGINT; kernels read it by RowCall::integer
  kInt,                // TINYINT … INT (cast to INT)
  kNumeric,
  kBoolean,
  kSymbol,
  kTimestamp,  // TIMESTAMP or TIMESTAMP_LTZ
  kDatetime,   // also DATE and TIME
  kArray,
  kMap,
  kAny,
};

/// One accepted list of arguments; with `repeats` the last kind may occur any number of times more (also not at all).
struct Form {
  std::vector<ArgKind> args;
  bool repeats = false;
};

/// Which of Flink's two families of messages a wrong call gets.
enum class CallStyle : uint8_t {
  kCalcite,  // nullopt, so that the binder says "Cannot apply 'F' to arguments of type …"; bare NULL is refused
  kBuiltIn,  // "Invalid function call: F(INT) …" as BuiltInFunctionDefinitions; bare NULL takes the expected type
};

using Resolver = std::function<Result<std::optional<Signature>>(const CallInfo&)>;
using ResultRule = std::function<DataType(const CallInfo&)>;

bool AnyNullable(const CallInfo& call);
/// Whether an argument of type `t` fits `kind`; the NULL type does not.
bool Fits(const DataType& t, ArgKind kind);

/// `type`, nullable if any argument is.
ResultRule Returns(DataType type);
/// `type`, always nullable.
ResultRule ReturnsNullable(DataType type);
/// The type of argument `i`, nullable if any argument is.
ResultRule ReturnsArgument(size_t i);

/// "F(INT NOT NULL, STRING)"; keyword arguments do not show.
std::string CallText(std::string_view function, const CallInfo& call);
/// Flink's words for a call that a built-in definition refuses.
Error InvalidCall(std::string_view function, const CallInfo& call, std::string_view reason);

/// Accepts the given forms; arguments keep their types, except that kInt is cast to INT and (kBuiltIn) a bare NULL is
/// cast to the kind's plainest type.
Resolver ResolveForms(std::string function, std::vector<Form> forms, ResultRule result,
                      CallStyle style = CallStyle::kCalcite);

}  // namespace sluice::engine
