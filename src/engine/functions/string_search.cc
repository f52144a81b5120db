#include <unordered_map>

#include "engine/functions/string_functions.h"
#include "engine/functions/string_utf.h"

namespace sluice::engine {

namespace {

/// 1-based character position of `needle` in `s` at or behind character `from` (0-based); 0 if there is none.
int32_t PositionFrom(std::string_view needle, std::string_view s, int64_t from) {
  if (needle.empty()) return 1;
  const size_t start = from > 0 ? ByteOffset(s, static_cast<size_t>(from)) : 0;
  const size_t at = s.find(needle, start);
  return at == std::string_view::npos ? 0 : static_cast<int32_t>(CountCharacters(s.substr(0, at))) + 1;
}

/// POSITION and LOCATE: (needle, string[, start]).
void Position(const RowCall& call) {
  call.Set(PositionFrom(call.string(0), call.string(1), call.size() > 2 ? call.integer(2) - 1 : 0));
}

/// INSTR(string, needle[, start[, nth]]): a negative start searches backwards for occurrences that end at or before
/// that character from the end.
void Instr(const RowCall& call) {
  const std::string_view s = call.string(0);
  const std::string_view needle = call.string(1);
  if (call.size() == 2) return call.Set(PositionFrom(needle, s, 0));
  const int64_t start = call.integer(2);
  const int64_t nth = call.size() > 3 ? call.integer(3) : 1;
  if (nth <= 0) return call.Fail(ErrorCode::kInvalidArgument, "INSTR: nthAppearance must be positive!");
  if (start == 0) return call.Set(int32_t{0});
  const auto count = static_cast<int64_t>(CountCharacters(s));
  size_t at = std::string_view::npos;
  if (start > 0) {
    if (start > count) return call.Set(needle.empty() ? int32_t{1} : int32_t{0});
    at = s.find(needle, ByteOffset(s, static_cast<size_t>(start - 1)));
    for (int64_t k = 1; k < nth && at != std::string_view::npos; ++k) at = s.find(needle, at + 1);
  } else {
    const int64_t end = count + start + 1;  // characters before the end of the last match allowed
    const size_t end_byte = end > 0 ? ByteOffset(s, static_cast<size_t>(end)) : 0;
    if (end > 0 && end_byte >= needle.size()) {
      at = s.rfind(needle, end_byte - needle.size());
      for (int64_t k = 1; k < nth && at != std::string_view::npos; ++k) {
        at = at == 0 ? std::string_view::npos : s.rfind(needle, at - 1);
      }
    }
  }
  call.Set(at == std::string_view::npos ? int32_t{0} : static_cast<int32_t>(CountCharacters(s.substr(0, at))) + 1);
}

void StartsWith(const RowCall& call) { call.Set(call.string(0).starts_with(call.string(1))); }
void EndsWith(const RowCall& call) { call.Set(call.string(0).ends_with(call.string(1))); }

/// java.lang.String.replace with an empty search string: between all UTF-16 units, so also inside of surrogate pairs.
std::string InsertEverywhere(std::string_view s, std::string_view with) {
  const std::u16string units = ToUtf16(s);
  const std::u16string insert = ToUtf16(with);
  std::u16string out = insert;
  for (char16_t c : units) (out += c) += insert;
  return FromUtf16(out);
}

void Replace(const RowCall& call) {
  const std::string_view s = call.string(0), search = call.string(1), with = call.string(2);
  if (search.empty()) return call.Set(std::string_view(InsertEverywhere(s, with)));
  size_t at = s.find(search);
  if (at == std::string_view::npos) return call.SetPart(s);
  std::string out;
  size_t done = 0;
  for (; at != std::string_view::npos; at = s.find(search, done)) {
    out.append(s, done, at - done).append(with);
    done = at + search.size();
  }
  out.append(s, done);
  call.Set(std::string_view(out));
}

/// TRANSLATE(string, from, to): only a NULL string makes NULL; a NULL `from` changes nothing, a NULL `to` deletes.
void Translate(const RowCall& call) {
  if (call.null(0)) return call.SetNull();
  const std::string_view s = call.string(0);
  if (call.null(1) || call.string(1).empty()) return call.SetPart(s);
  const std::string_view from = call.string(1);
  const std::string_view to = call.null(2) ? std::string_view() : call.string(2);
  std::unordered_map<std::string_view, std::string_view> map;
  for (size_t i = 0, j = 0; i < from.size();) {
    const size_t n = CharacterBytes(from, i);
    const size_t m = j < to.size() ? CharacterBytes(to, j) : 0;
    map.try_emplace(from.substr(i, n), to.substr(std::min(j, to.size()), m));
    i += n;
    j += m;
  }
  std::string out;
  for (size_t i = 0; i < s.size();) {
    const size_t n = CharacterBytes(s, i);
    const auto found = map.find(s.substr(i, n));
    out += found == map.end() ? s.substr(i, n) : found->second;
    i += n;
  }
  call.Set(std::string_view(out));
}

}  // namespace

void AddStringSearchFunctions(FunctionRegistry& r) {
  using enum ArgKind;
  auto add = [&](const char* name, std::vector<std::string> aliases, const char* text,
                 std::vector<std::string> examples, std::string supported, std::vector<Form> forms, ResultRule result,
                 auto make, CallStyle style = CallStyle::kCalcite, NullRule nulls = NullRule::kPropagate) {
    ScalarFunction f;
    f.name = name;
    f.aliases = std::move(aliases);
    f.family = "string";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = static_cast<int>(forms.front().args.size());
    f.max_args = static_cast<int>(forms.back().args.size());
    f.nulls = nulls;
    f.supported_forms = std::move(supported);
    f.resolve = ResolveForms(name, std::move(forms), std::move(result), style);
    f.make = make;
    r.Add(std::move(f));
  };
  const ResultRule integer = Returns(DataType::Integer());
  const ResultRule boolean = Returns(DataType::Boolean());
  const ResultRule string = Returns(DataType::String());
  add("POSITION", {}, "The position of the first string in the second, counted from 1; 0 if it is not there.",
      {"POSITION('lo' IN 'hello') = 4"},
      "'POSITION(<STRING> IN <STRING>)'\n'POSITION(<STRING> IN <STRING> FROM <INTEGER>)'",
      {{{kCharacter, kCharacter}}, {{kCharacter, kCharacter, kInteger}}}, integer, MakeEachRow(Position));
  add("LOCATE", {}, "The position of the first string in the second at or after `start`; 0 if it is not there.",
      {"LOCATE('b', 'abcb', 3) = 4"},
      "'LOCATE(<CHARACTER>, <CHARACTER>)'\n'LOCATE(<CHARACTER>, <CHARACTER>, <INTEGER>)'",
      {{{kCharacter, kCharacter}}, {{kCharacter, kCharacter, kInteger}}}, integer, MakeEachRow(Position));
  add("INSTR", {},
      "The position of the n-th occurrence of the second string in the first from `start` on; a negative "
      "start searches backwards. 0 if it is not there.",
      {"INSTR('hello', 'l') = 3", "INSTR('Corporate Floor', 'or', 3, 2) = 14"},
      "'INSTR(<CHARACTER>, <CHARACTER>)'\n'INSTR(<STRING>, <STRING>, <INTEGER>, <INTEGER>)'",
      {{{kCharacter, kCharacter}},
       {{kCharacter, kCharacter, kInteger}},
       {{kCharacter, kCharacter, kInteger, kInteger}}},
      integer, MakeEachRow(Instr));
  add("STARTSWITH", {}, "Whether the first string starts with the second.", {"STARTSWITH('flink', 'fl') = TRUE"},
      "'STARTSWITH(<STRING>, <STRING>)'", {{{kCharacter, kCharacter}}, {{kBinary, kBinary}}}, boolean,
      MakeEachRow(StartsWith), CallStyle::kBuiltIn);
  add("ENDSWITH", {}, "Whether the first string ends with the second.", {"ENDSWITH('flink', 'nk') = TRUE"},
      "'ENDSWITH(<STRING>, <STRING>)'", {{{kCharacter, kCharacter}}, {{kBinary, kBinary}}}, boolean,
      MakeEachRow(EndsWith), CallStyle::kBuiltIn);
  add("REPLACE", {}, "The string with every occurrence of the second replaced by the third.",
      {"REPLACE('hello world', 'world', 'flink') = hello flink"}, "'REPLACE(<CHARACTER>, <CHARACTER>, <CHARACTER>)'",
      {{{kCharacter, kCharacter, kCharacter}}}, string, MakeEachRowSharing(Replace));
  add(
      "TRANSLATE", {"TRANSLATE3"},
      "The string with each character of the second replaced by the one at the same place of the third, or dropped.",
      {"TRANSLATE('www.apache.org', 'wapcheorg', ' APCHEFG') =    .APACHE.FG"},
      "'TRANSLATE(<CHARACTER>, <CHARACTER>, <CHARACTER>)'", {{{kCharacter, kCharacter, kCharacter}}},
      [](const CallInfo& call) { return DataType::String().WithNullable(call.args[0].nullable()); },
      MakeEachRowSharing(Translate), CallStyle::kBuiltIn, NullRule::kCustom);
}

}  // namespace sluice::engine
