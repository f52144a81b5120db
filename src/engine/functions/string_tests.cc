// IS_ALPHA, IS_DECIMAL, IS_DIGIT: what a text consists of. NULL answers FALSE, as Flink's SqlFunctionUtils.
#include <unicode/uchar.h>

#include "engine/functions/string_functions.h"
#include "engine/functions/string_utf.h"
#include "engine/types/number_text.h"

namespace sluice::engine {

namespace {

/// Java looks at UTF-16 units: letters and digits outside of the basic plane do not count.
template <typename Test>
bool AllUnits(std::string_view text, Test test) {
  if (text.empty()) return false;
  for (const char16_t unit : ToUtf16(text)) {
    if (!test(static_cast<UChar32>(unit))) return false;
  }
  return true;
}

bool IsLetter(UChar32 c) { return u_isalpha(c) && !U_IS_SURROGATE(c) && (U_GET_GC_MASK(c) & U_GC_L_MASK) != 0; }
bool IsDigit(UChar32 c) { return u_charType(c) == U_DECIMAL_DIGIT_NUMBER; }

/// Digits of any script as ASCII ones: Java's number classes read them.
std::string WithAsciiDigits(std::string_view s) {
  if (IsAscii(s)) return std::string(s);
  std::string out;
  for (const char16_t unit : ToUtf16(s)) {
    const int digit = IsDigit(unit) ? u_charDigitValue(unit) : -1;
    out += digit >= 0 ? static_cast<char>('0' + digit) : unit < 0x80 ? static_cast<char>(unit) : '?';
  }
  return out;
}

void IsAlpha(const RowCall& call) { call.Set(!call.null(0) && AllUnits(call.string(0), IsLetter)); }
void IsDigits(const RowCall& call) { call.Set(!call.null(0) && AllUnits(call.string(0), IsDigit)); }
void IsDecimal(const RowCall& call) {
  call.Set(!call.null(0) && ParseDouble(WithAsciiDigits(call.string(0))).has_value());
}

/// The answer for a number needs no look at its value.
template <bool answer>
void Always(const RowCall& call) {
  call.Set(answer);
}

}  // namespace

void AddStringTestFunctions(FunctionRegistry& r) {
  using enum ArgKind;
  auto add = [&](const char* name, const char* text, std::vector<std::string> examples, auto of_text, auto of_number) {
    ScalarFunction f;
    f.name = name;
    f.family = "string";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = f.max_args = 1;
    f.nulls = NullRule::kCustom;
    f.supported_forms = "'" + f.name + "(<CHARACTER>)'\n'" + f.name + "(<NUMERIC>)'";
    f.resolve = ResolveForms(f.name, {{{kCharacter}}, {{kNumeric}}},
                             [](const CallInfo&) { return DataType::Boolean().NotNull(); });
    f.make = [of_text, of_number](const CallInfo& call, const DataType&) -> Result<Kernel> {
      return call.args[0].is_character() ? EachRow(of_text) : of_number(call.args[0]);
    };
    r.Add(std::move(f));
  };
  add("IS_ALPHA", "Whether the text is letters only; FALSE for the empty string, numbers and NULL.",
      {"IS_ALPHA('abc') = TRUE", "IS_ALPHA('ab1') = FALSE"}, IsAlpha,
      [](const DataType&) { return EachRow(Always<false>); });
  add("IS_DIGIT", "Whether the text is digits only; TRUE for integers, FALSE for the empty string.",
      {"IS_DIGIT('12') = TRUE", "IS_DIGIT('1.2') = FALSE"}, IsDigits,
      [](const DataType& t) { return t.is_exact_integer() ? EachRow(Always<true>) : EachRow(Always<false>); });
  add("IS_DECIMAL", "Whether the text reads as a number; TRUE for integers and floating-point numbers.",
      {"IS_DECIMAL('-1.5e3') = TRUE", "IS_DECIMAL('a') = FALSE"}, IsDecimal, [](const DataType& t) {
        return t.kind() != TypeKind::kDecimal ? EachRow(Always<true>) : EachRow(Always<false>);
      });
}

}  // namespace sluice::engine
