#include <algorithm>

#include "engine/functions/string_functions.h"
#include "engine/functions/string_utf.h"

namespace sluice::engine {

namespace {

/// Characters [start, start + length) of `s`.
std::string_view Slice(std::string_view s, size_t start, size_t length) {
  const size_t from = ByteOffset(s, start);
  const std::string_view rest = s.substr(from);
  return rest.substr(0, ByteOffset(rest, length));
}

/// BinaryStringDataUtil.substringSQL: 1-based, negative from the end, 0 as 1; a negative length is NULL.
void Substring(const RowCall& call) {
  const std::string_view s = call.string(0);
  const int64_t position = call.integer(1);
  const int64_t length = call.size() > 2 ? call.integer(2) : kMaxLength;
  if (length < 0) return call.SetNull();
  int64_t start = position > 0 ? position - 1 : 0;
  if (position < 0) {
    start = static_cast<int64_t>(CountCharacters(s)) + position;
    if (start < 0) return call.Set(std::string_view());
  }
  call.SetPart(Slice(s, static_cast<size_t>(start), static_cast<size_t>(length)));
}

void Left(const RowCall& call) {
  const int64_t n = std::max<int64_t>(call.integer(1), 0);
  call.SetPart(Slice(call.string(0), 0, static_cast<size_t>(n)));
}

void Right(const RowCall& call) {
  const std::string_view s = call.string(0);
  const int64_t n = std::max<int64_t>(call.integer(1), 0);
  const auto count = static_cast<int64_t>(CountCharacters(s));
  call.SetPart(s.substr(ByteOffset(s, static_cast<size_t>(std::max<int64_t>(count - n, 0)))));
}

/// Whether the character s[from, from + n) occurs in `set`.
bool InSet(std::string_view set, std::string_view s, size_t from, size_t n) {
  for (size_t i = 0; i < set.size();) {
    const size_t m = CharacterBytes(set, i);
    if (m == n && set.compare(i, m, s, from, n) == 0) return true;
    i += m;
  }
  return false;
}

std::string_view TrimLeft(std::string_view s, std::string_view set) {
  while (!s.empty()) {
    const size_t n = CharacterBytes(s, 0);
    if (!InSet(set, s, 0, n)) break;
    s.remove_prefix(n);
  }
  return s;
}

std::string_view TrimRight(std::string_view s, std::string_view set) {
  while (!s.empty()) {
    size_t at = s.size() - 1;
    while (at > 0 && IsContinuation(s[at])) --at;
    if (!InSet(set, s, at, s.size() - at)) break;
    s.remove_suffix(s.size() - at);
  }
  return s;
}

template <bool left, bool right>
void Trim(const RowCall& call) {
  const std::string_view set = call.size() > 1 ? call.string(1) : std::string_view(" ");
  std::string_view s = call.string(0);
  if (left) s = TrimLeft(s, set);
  if (right) s = TrimRight(s, set);
  call.SetPart(s);
}

/// TRIM(SYMBOL BOTH|LEADING|TRAILING, set, string).
Result<Kernel> MakeTrim(const CallInfo& info, const DataType&) {
  const std::string* where = LiteralText(info, 0);
  const bool left = where == nullptr || *where != "TRAILING";
  const bool right = where == nullptr || *where != "LEADING";
  return EachRowSharing([left, right](const RowCall& call) {
    std::string_view s = call.string(2);
    if (left) s = TrimLeft(s, call.string(1));
    if (right) s = TrimRight(s, call.string(1));
    call.SetPart(s);
  });
}

/// SqlFunctionUtils.overlay: a length that is not positive replaces up to the end. Counts UTF-16 units.
void Overlay(const RowCall& call) {
  const std::u16string s = ToUtf16(call.string(0));
  const std::u16string r = ToUtf16(call.string(1));
  const int64_t start = call.integer(2);
  const int64_t length = call.size() > 3 ? call.integer(3) : static_cast<int64_t>(r.size());
  const auto size = static_cast<int64_t>(s.size());
  if (start <= 0 || start > size) return call.SetPart(call.string(0));
  std::u16string out = s.substr(0, static_cast<size_t>(start - 1)) + r;
  if (length > 0 && length <= size - start) out += s.substr(static_cast<size_t>(start - 1 + length));
  call.Set(std::string_view(FromUtf16(out)));
}

DataType OverlayType(const CallInfo& call) {
  const int64_t sum = int64_t{call.args[0].length()} + call.args[1].length();
  return DataType::Varchar(static_cast<int>(std::min<int64_t>(sum, kMaxLength))).WithNullable(AnyNullable(call));
}

}  // namespace

void AddStringPartFunctions(FunctionRegistry& r) {
  using enum ArgKind;
  auto add = [&](const char* name, std::vector<std::string> aliases, const char* text,
                 std::vector<std::string> examples, std::string supported, std::vector<Form> forms, ResultRule result,
                 auto make, CallStyle style = CallStyle::kCalcite) {
    ScalarFunction f;
    f.name = name;
    f.aliases = std::move(aliases);
    f.family = "string";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = static_cast<int>(forms.front().args.size());
    f.max_args = static_cast<int>(forms.back().args.size());
    f.supported_forms = std::move(supported);
    f.resolve = ResolveForms(name, std::move(forms), std::move(result), style);
    f.make = make;
    r.Add(std::move(f));
  };
  add("SUBSTRING", {"SUBSTR"},
      "Characters from a position (1 is the first, negative counts from the end), at most `length` of them.",
      {"SUBSTRING('hello', 2, 3) = ell", "SUBSTRING('hello', -2) = lo"},
      "'SUBSTRING(<CHARACTER>, <INTEGER>)'\n'SUBSTRING(<CHARACTER>, <INTEGER>, <INTEGER>)'",
      {{{kCharacter, kInteger}}, {{kCharacter, kInteger, kInteger}}}, ReturnsVarcharOf(0, true),
      MakeEachRowSharing(Substring));
  add("LEFT", {}, "The first n characters.", {"LEFT('hello', 2) = he"}, "'LEFT(<CHARACTER>, <INTEGER>)'",
      {{{kCharacter, kInteger}}}, ReturnsVarcharOf(0, true), MakeEachRowSharing(Left));
  add("RIGHT", {}, "The last n characters.", {"RIGHT('hello', 2) = lo"}, "'RIGHT(<CHARACTER>, <INTEGER>)'",
      {{{kCharacter, kInteger}}}, ReturnsVarcharOf(0, true), MakeEachRowSharing(Right));
  add("TRIM", {}, "The string without the characters of a set (blank if not given) at its ends.",
      {"TRIM('  ab ') = ab", "TRIM(LEADING 'x' FROM 'xxax') = ax"},
      "'TRIM([BOTH|LEADING|TRAILING] <ANY> FROM <STRING>)'", {{{kSymbol, kCharacter, kCharacter}}},
      ReturnsVarcharOf(2, false), MakeTrim);
  add("LTRIM", {}, "The string without the characters of a set (blank if not given) at its start.",
      {"LTRIM('  ab') = ab", "LTRIM('xyab', 'yx') = ab"}, "'LTRIM(<CHARACTER>)'\n'LTRIM(<CHARACTER>, <CHARACTER>)'",
      {{{kCharacter}}, {{kCharacter, kCharacter}}}, ReturnsVarcharOf(0, false), MakeEachRowSharing(Trim<true, false>));
  add("RTRIM", {}, "The string without the characters of a set (blank if not given) at its end.",
      {"RTRIM('ab  ') = ab", "RTRIM('abxy', 'yx') = ab"}, "'RTRIM(<CHARACTER>)'\n'RTRIM(<CHARACTER>, <CHARACTER>)'",
      {{{kCharacter}}, {{kCharacter, kCharacter}}}, ReturnsVarcharOf(0, false), MakeEachRowSharing(Trim<false, true>));
  add("BTRIM", {}, "The string without the characters of a set (blank if not given) at both ends.",
      {"BTRIM(' ab ') = ab", "BTRIM('www.a.ww', 'w.') = a"}, "'BTRIM(<CHARACTER>)'\n'BTRIM(<CHARACTER>, <CHARACTER>)'",
      {{{kCharacter}}, {{kCharacter, kCharacter}}}, Returns(DataType::String()), MakeEachRowSharing(Trim<true, true>),
      CallStyle::kBuiltIn);
  add("OVERLAY", {}, "The string with `length` characters from a position on replaced by another string.",
      {"OVERLAY('xxxxxtest' PLACING 'xxxx' FROM 6) = xxxxxxxxx"},
      "'OVERLAY(<STRING> PLACING <STRING> FROM <INTEGER>)'\n'OVERLAY(<STRING> PLACING <STRING> FROM <INTEGER> FOR "
      "<INTEGER>)'",
      {{{kCharacter, kCharacter, kInteger}}, {{kCharacter, kCharacter, kInteger, kInteger}}}, OverlayType,
      MakeEachRowSharing(Overlay));
}

}  // namespace sluice::engine
