#include <fmt/format.h>

#include "engine/functions/regex.h"
#include "engine/functions/regex_like.h"
#include "engine/functions/regex_translate.h"
#include "engine/functions/row_call.h"
#include "engine/functions/signature_rules.h"
#include "engine/functions/string_utf.h"

namespace sluice::engine {

namespace {

void FailComplex(const RowCall& call, std::string_view pattern) {
  call.Fail(ErrorCode::kResourceExhausted,
            fmt::format("the regular expression '{}' takes too many steps on a value of {} bytes", pattern,
                        call.string(0).size()));
}

/// The pattern in argument `a`, or nullptr if it is no valid pattern. What we cannot follow fails the row.
const Regex* Pattern(const RowCall& call, RegexCache& cache, size_t a = 1) {
  auto regex = cache.Get(call.string(a));
  if (regex.ok()) return *regex;
  if (regex.error().code() == ErrorCode::kNotSupported) {
    call.Fail(ErrorCode::kNotSupported, "not supported yet: " + regex.error().message());
  }
  return nullptr;
}

bool Find(const RowCall& call, const Regex& regex, std::string_view text, size_t from) {
  const bool found = regex.Find(text, from);
  if (!found && regex.too_complex()) FailComplex(call, call.string(1));
  return found;
}

/// f(begin, end) for each match of Matcher.find() in turn; f answers false to stop.
template <typename F>
void EachMatch(const RowCall& call, const Regex& regex, std::string_view text, F f) {
  for (size_t from = 0; from <= text.size() && Find(call, regex, text, from);) {
    const auto [begin, end] = regex.group(0);
    if (!f(begin, end)) return;
    from = end > begin ? end : end < text.size() ? end + CharacterBytes(text, end) : end + 1;
  }
}

void Regexp(const RowCall& call, RegexCache& cache) {
  const Regex* regex = call.string(1).empty() ? nullptr : Pattern(call, cache);
  call.Set(regex != nullptr && Find(call, *regex, call.string(0), 0));
}

/// The group's number in an optional argument; -1 if the pattern has no such group.
int GroupIndex(const RowCall& call, const Regex& regex, int64_t otherwise) {
  const int64_t group = call.size() > 2 ? call.integer(2) : otherwise;
  return group >= 0 && group <= regex.group_count() ? static_cast<int>(group) : -1;
}

void RegexpExtract(const RowCall& call, RegexCache& cache) {
  const Regex* regex = Pattern(call, cache);
  const int group = regex == nullptr ? -1 : GroupIndex(call, *regex, 0);
  const std::string_view text = call.string(0);
  if (group < 0 || !Find(call, *regex, text, 0)) return call.SetNull();
  const auto [begin, end] = regex->group(group);
  if (begin == std::string_view::npos) return call.SetNull();
  call.SetPart(text.substr(begin, end - begin));
}

void RegexpExtractAll(const RowCall& call, RegexCache& cache) {
  const Regex* regex = Pattern(call, cache);
  const int group = regex == nullptr ? -1 : GroupIndex(call, *regex, 1);
  if (group < 0) return call.SetNull();
  Column& elements = *call.out.child(0);
  const auto offset = static_cast<uint32_t>(elements.size());
  const std::string_view text = call.string(0);
  EachMatch(call, *regex, text, [&](size_t, size_t) {
    const auto [begin, end] = regex->group(group);
    if (begin == std::string_view::npos) {
      elements.AppendNull();
    } else {
      elements.AppendString(text.substr(begin, end - begin));
    }
    return true;
  });
  call.out.data<ListSlice>()[call.row] = {offset, static_cast<uint32_t>(elements.size()) - offset};
}

/// The replacement is literal text: Flink quotes it.
void RegexpReplace(const RowCall& call, RegexCache& cache) {
  const Regex* regex = Pattern(call, cache);
  if (regex == nullptr) return call.SetNull();
  const std::string_view text = call.string(0), replacement = call.string(2);
  std::string out;
  size_t done = 0;
  bool any = false;
  EachMatch(call, *regex, text, [&](size_t begin, size_t end) {
    out.append(text, done, begin - done).append(replacement);
    done = end;
    any = true;
    return true;
  });
  if (!any) return call.SetPart(text);
  out.append(text, done);
  call.Set(std::string_view(out));
}

void RegexpCount(const RowCall& call, RegexCache& cache) {
  const Regex* regex = Pattern(call, cache);
  if (regex == nullptr) return call.SetNull();
  const std::string_view text = call.string(0);
  if (call.string(1).empty()) return call.Set(static_cast<int32_t>(CountUtf16(text)) + 1);  // Java counts the units
  int32_t n = 0;
  EachMatch(call, *regex, text, [&](size_t, size_t) { return ++n, true; });
  call.Set(n);
}

/// The position counts UTF-16 units.
void RegexpInstr(const RowCall& call, RegexCache& cache) {
  const Regex* regex = Pattern(call, cache);
  if (regex == nullptr) return call.SetNull();
  const std::string_view text = call.string(0);
  const bool found = Find(call, *regex, text, 0);
  call.Set(found ? static_cast<int32_t>(CountUtf16(text.substr(0, regex->group(0).first))) + 1 : int32_t{0});
}

template <typename F>
auto MakeRegex(F f) {
  return [f](const CallInfo&, const DataType&) -> Result<Kernel> {
    return EachRowSharing([f, cache = std::make_shared<RegexCache>()](const RowCall& call) { f(call, *cache); });
  };
}

// --- LIKE and SIMILAR TO

/// The escape character of a call; an Error if the text is not exactly one.
Result<std::optional<char32_t>> EscapeOf(std::optional<std::string_view> escape) {
  if (!escape) return std::optional<char32_t>();
  size_t i = 0;
  const char32_t c = escape->empty() ? 0 : NextCodePoint(*escape, i);
  if (escape->empty() || i != escape->size() || c >= 0x10000) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("Invalid escape character '{}'", *escape));
  }
  return std::optional<char32_t>(c);
}

Result<LikePattern> CompileLike(std::string_view pattern, std::optional<std::string_view> escape) {
  SLUICE_ASSIGN_OR_RETURN(const std::optional<char32_t> character, EscapeOf(escape));
  return LikePattern::Compile(pattern, character);
}

struct LikeState {
  std::string pattern, escape;
  std::optional<Result<LikePattern>> compiled;
};

void Like(const RowCall& call, LikeState& state) {
  const std::string_view pattern = call.string(1);
  const auto escape = call.size() > 2 ? std::optional(call.string(2)) : std::nullopt;
  if (!state.compiled || state.pattern != pattern || state.escape != escape.value_or("")) {
    state.pattern = pattern;
    state.escape = escape.value_or("");
    state.compiled.emplace(CompileLike(pattern, escape));
  }
  if (!state.compiled->ok()) return call.Fail(state.compiled->error().code(), state.compiled->error().message());
  call.Set((*state.compiled)->Matches(call.string(0)));
}

/// A literal pattern is compiled here, once, and rows do not even look at it.
Result<Kernel> MakeLike(const CallInfo& info, const DataType&) {
  const std::string* pattern = LiteralText(info, 1);
  const std::string* escape = LiteralText(info, 2);
  if (pattern != nullptr && (info.size() == 2 || escape != nullptr)) {
    auto compiled = CompileLike(*pattern, escape == nullptr ? std::nullopt : std::optional<std::string_view>(*escape));
    if (compiled.ok()) {
      return EachRow([like = std::make_shared<const LikePattern>(std::move(*compiled))](const RowCall& call) {
        call.Set(like->Matches(call.string(0)));
      });
    }
  }
  return EachRow([state = std::make_shared<LikeState>()](const RowCall& call) { Like(call, *state); });
}

void SimilarTo(const RowCall& call, RegexCache& cache) {
  auto escape = EscapeOf(call.size() > 2 ? std::optional(call.string(2)) : std::nullopt);
  if (!escape.ok()) return call.Fail(escape.error().code(), escape.error().message());
  auto pattern = SimilarToRegex(call.string(1), *escape);
  if (!pattern.ok()) return call.Fail(pattern.error().code(), pattern.error().message());
  auto regex = cache.Get(*pattern);
  if (!regex.ok()) {
    return call.Fail(regex.error().code(), fmt::format("SIMILAR TO '{}': {}", call.string(1), regex.error().message()));
  }
  call.Set(Find(call, **regex, call.string(0), 0));
}

}  // namespace

void AddRegexFunctions(FunctionRegistry& r) {
  using enum ArgKind;
  auto add = [&](const char* name, const char* text, std::vector<std::string> examples, std::string supported,
                 std::vector<Form> forms, ResultRule result, auto make, CallStyle style = CallStyle::kCalcite) {
    ScalarFunction f;
    f.name = name;
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
  const Form two{{kCharacter, kCharacter}}, three{{kCharacter, kCharacter, kCharacter}};
  const Form with_group{{kCharacter, kCharacter, kInteger}};
  const ResultRule boolean = Returns(DataType::Boolean());
  const ResultRule nullable_string = ReturnsNullable(DataType::String());
  const ResultRule nullable_int = ReturnsNullable(DataType::Integer());

  add("LIKE", "Whether the whole string fits the pattern: % is any text, _ one character.",
      {"'flink' LIKE 'f%k' = TRUE", "'a%b' LIKE 'a!%b' ESCAPE '!' = TRUE"}, "'LIKE(<STRING>, <STRING>, <STRING>)'",
      {two, three}, boolean, MakeLike);
  add("SIMILAR TO", "Whether the whole string fits the SQL regular expression.", {"'abc' SIMILAR TO '(a|b)%' = TRUE"},
      "'SIMILAR TO(<STRING>, <STRING>, <STRING>)'", {two, three}, boolean, MakeRegex(SimilarTo));
  add("REGEXP", "Whether a part of the string matches the Java regular expression; FALSE if that is empty or invalid.",
      {"REGEXP('foobar', 'o+b') = TRUE"}, "'REGEXP(<CHARACTER>, <CHARACTER>)'", {two}, boolean, MakeRegex(Regexp));
  add("REGEXP_EXTRACT", "A group (0: all) of the first match; NULL if there is none.",
      {"REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2) = bar"},
      "'REGEXP_EXTRACT(<CHARACTER>, <CHARACTER>, <INTEGER>)'\n'REGEXP_EXTRACT(<CHARACTER>, <CHARACTER>)'",
      {two, with_group}, nullable_string, MakeRegex(RegexpExtract));
  add("REGEXP_REPLACE", "The string with every match replaced by a literal text; NULL if the pattern is invalid.",
      {"REGEXP_REPLACE('foobar', 'oo|ar', '') = fb"}, "'REGEXP_REPLACE(<CHARACTER>, <CHARACTER>, <CHARACTER>)'",
      {three}, Returns(DataType::String()), MakeRegex(RegexpReplace));
  add("REGEXP_EXTRACT_ALL", "A group (1 if not given) of every match as an array.",
      {"REGEXP_EXTRACT_ALL('a1b22', '([a-z])(\\d+)', 2) = [1, 22]"}, "'REGEXP_EXTRACT_ALL(<CHARACTER>, <CHARACTER>)'",
      {two, with_group}, ReturnsNullable(DataType::Array(DataType::String())), MakeRegex(RegexpExtractAll),
      CallStyle::kBuiltIn);
  add("REGEXP_COUNT", "How often the pattern matches; NULL if it is invalid.", {"REGEXP_COUNT('a1b22', '\\d+') = 2"},
      "'REGEXP_COUNT(<CHARACTER>, <CHARACTER>)'", {two}, nullable_int, MakeRegex(RegexpCount), CallStyle::kBuiltIn);
  add("REGEXP_INSTR", "The position of the first match, counted from 1; 0 if there is none.",
      {"REGEXP_INSTR('abc123', '\\d') = 4"}, "'REGEXP_INSTR(<CHARACTER>, <CHARACTER>)'", {two}, nullable_int,
      MakeRegex(RegexpInstr), CallStyle::kBuiltIn);
  add("REGEXP_SUBSTR", "The first match; NULL if there is none.", {"REGEXP_SUBSTR('abc123', '\\d+') = 123"},
      "'REGEXP_SUBSTR(<CHARACTER>, <CHARACTER>)'", {two}, nullable_string, MakeRegex(RegexpExtract),
      CallStyle::kBuiltIn);
}

}  // namespace sluice::engine
