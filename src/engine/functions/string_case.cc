#include <unicode/ustring.h>

#include "engine/functions/string_functions.h"
#include "engine/functions/string_utf.h"

namespace sluice::engine {

namespace {

/// Full case mapping (one letter may become two), root locale, as java.lang.String.
std::string MapCaseUnicode(std::string_view s, bool upper) {
  const std::u16string from = ToUtf16(s);
  std::u16string to(from.size() * 3 + 1, u'\0');  // no letter becomes more than three units
  UErrorCode status = U_ZERO_ERROR;
  const auto source = static_cast<int32_t>(from.size());
  const auto room = static_cast<int32_t>(to.size());
  const int32_t length = upper ? u_strToUpper(to.data(), room, from.data(), source, "", &status)
                               : u_strToLower(to.data(), room, from.data(), source, "", &status);
  if (U_FAILURE(status)) return std::string(s);
  to.resize(static_cast<size_t>(length));
  return FromUtf16(to);
}

template <bool upper>
void MapCase(const RowCall& call) {
  const std::string_view s = call.string(0);
  if (!IsAscii(s)) return call.Set(MapCaseUnicode(s, upper));
  char short_copy[StringRef::kInline];
  char* to = s.size() <= StringRef::kInline ? short_copy : call.out.AllocateBytes(s.size());
  for (size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    const bool change = upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
    to[i] = static_cast<char>(change ? c ^ 0x20 : c);
  }
  call.SetPart({to, s.size()});
}

/// Only ASCII letters and digits make words; everything else separates them (Calcite's SqlFunctions.initcap).
void InitCap(const RowCall& call) {
  std::string out(call.string(0));
  bool start = true;
  for (char& c : out) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool upper = c >= 'A' && c <= 'Z';
    if ((start && lower) || (!start && upper)) c = static_cast<char>(c ^ 0x20);
    start = !lower && !upper && !(c >= '0' && c <= '9');
  }
  call.Set(std::string_view(out));
}

void Reverse(const RowCall& call) {
  const std::string_view s = call.string(0);
  std::string out(s.size(), '\0');
  size_t end = s.size();
  for (size_t i = 0; i < s.size();) {
    const size_t n = CharacterBytes(s, i);
    end -= n;
    s.copy(out.data() + end, n, i);
    i += n;
  }
  call.Set(std::string_view(out));
}

void CharLength(const RowCall& call) { call.Set(static_cast<int32_t>(CountCharacters(call.string(0)))); }

void Ascii(const RowCall& call) {
  const std::string_view s = call.string(0);
  call.Set(s.empty() ? int32_t{0} : static_cast<int32_t>(static_cast<signed char>(s[0])));
}

void Chr(const RowCall& call) {
  const int64_t n = call.integer(0);
  std::string out;
  if (n >= 0) AppendUtf8(out, static_cast<char32_t>(n & 0xFF));
  call.Set(std::string_view(out));
}

}  // namespace

void AddStringCaseFunctions(FunctionRegistry& r) {
  using enum ArgKind;
  auto one_string = [&](const char* name, std::vector<std::string> aliases, const char* text,
                        std::vector<std::string> examples, ResultRule result, auto make) {
    ScalarFunction f;
    f.name = name;
    f.aliases = std::move(aliases);
    f.family = "string";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = f.max_args = 1;
    f.supported_forms = "'" + f.name + "(<CHARACTER>)'";
    f.resolve = ResolveForms(f.name, {{{kCharacter}}}, std::move(result));
    f.make = make;
    r.Add(std::move(f));
  };
  one_string("UPPER", {}, "The string in upper case.", {"UPPER('flink') = FLINK"}, ReturnsArgument(0),
             MakeEachRow(MapCase<true>));
  one_string("LOWER", {}, "The string in lower case.", {"LOWER('FLINK') = flink"}, ReturnsArgument(0),
             MakeEachRow(MapCase<false>));
  one_string("INITCAP", {},
             "The first letter of each word in upper case, the others in lower case. A word is ASCII "
             "letters and digits.",
             {"INITCAP('hello wORLD') = Hello World"}, ReturnsArgument(0), MakeEachRow(InitCap));
  one_string("REVERSE", {}, "The characters in reverse order.", {"REVERSE('abc') = cba"},
             ReturnsNullable(DataType::String()), MakeEachRow(Reverse));
  one_string("CHAR_LENGTH", {"CHARACTER_LENGTH"}, "The number of characters (Unicode code points).",
             {"CHAR_LENGTH('été') = 3"}, Returns(DataType::Integer()), MakeEachRow(CharLength));
  one_string("ASCII", {}, "The first byte of the string as a signed number; 0 for the empty string.",
             {"ASCII('abc') = 97"}, Returns(DataType::Integer()), MakeEachRow(Ascii));

  ScalarFunction chr;
  chr.name = "CHR";
  chr.family = "string";
  chr.text = "The Latin-1 character with this number modulo 256; the empty string if the number is negative.";
  chr.examples = {"CHR(97) = a", "CHR(353) = a"};
  chr.min_args = chr.max_args = 1;
  chr.supported_forms = "'CHR(<INTEGER>)'";
  chr.resolve = ResolveForms("CHR", {{{kInteger}}}, ReturnsNullable(DataType::String()));
  chr.make = MakeEachRow(Chr);
  r.Add(std::move(chr));
}

}  // namespace sluice::engine
