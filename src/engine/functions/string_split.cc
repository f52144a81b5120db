#include <algorithm>

#include "engine/functions/regex.h"
#include "engine/functions/string_functions.h"
#include "engine/functions/string_utf.h"

namespace sluice::engine {

namespace {

/// commons-lang's splitByWholeSeparatorPreserveAllTokens, which works on runs of whitespace without a separator.
std::vector<std::string_view> SplitWhole(std::string_view s, std::string_view separator) {
  std::vector<std::string_view> out;
  if (s.empty()) return out;
  const bool blanks = separator.empty();
  size_t start = 0;
  for (;;) {
    const size_t at = blanks ? s.find_first_of(" \t\n\v\f\r", start) : s.find(separator, start);
    out.push_back(s.substr(start, at == std::string_view::npos ? at : at - start));
    if (at == std::string_view::npos) return out;
    start = at + (blanks ? 1 : separator.size());
  }
}

void SetPiece(const RowCall& call, std::string_view separator, int64_t index) {
  if (index < 0) return call.SetNull();
  const auto pieces = SplitWhole(call.string(0), separator);
  if (static_cast<uint64_t>(index) >= pieces.size()) return call.SetNull();
  call.SetPart(pieces[static_cast<size_t>(index)]);
}

void SplitIndex(const RowCall& call) { SetPiece(call, call.string(1), call.integer(2)); }

/// The separator is a character code 1..255.
void SplitIndexByCode(const RowCall& call) {
  const int64_t code = call.integer(1);
  if (code < 1 || code > 255) return call.SetNull();
  std::string separator;
  AppendUtf8(separator, static_cast<char32_t>(code));
  SetPiece(call, separator, call.integer(2));
}

Result<Kernel> MakeSplitIndex(const CallInfo& info, const DataType&) {
  return info.args[1].is_character() ? EachRowSharing(SplitIndex) : EachRowSharing(SplitIndexByCode);
}

void Split(const RowCall& call) {
  const std::string_view s = call.string(0), separator = call.string(1);
  Column& elements = *call.out.child(0);
  const auto offset = static_cast<uint32_t>(elements.size());
  if (!separator.empty()) {
    for (std::string_view piece : SplitWhole(s, separator)) elements.AppendString(piece);
  } else {
    for (char16_t unit : ToUtf16(s)) elements.AppendString(FromUtf16({&unit, 1}));
  }
  call.out.data<ListSlice>()[call.row] = {offset, static_cast<uint32_t>(elements.size()) - offset};
}

int32_t JavaHash(std::string_view s) {
  uint32_t h = 0;
  for (char16_t unit : ToUtf16(s)) h = 31 * h + unit;
  return static_cast<int32_t>(h);
}

struct MapEntry {
  std::string key;
  std::optional<std::string> value;
};

/// The order in which a java.util.HashMap<String, …>(expected) lists the entries: Flink shows maps in that order.
void OrderAsHashMap(std::vector<MapEntry>& entries, size_t expected) {
  size_t capacity = 1;
  while (capacity < expected) capacity *= 2;
  while (entries.size() * 4 > capacity * 3) capacity *= 2;
  auto bucket = [&](const MapEntry& e) {
    const auto h = static_cast<uint32_t>(JavaHash(e.key));
    return (h ^ h >> 16) & (capacity - 1);
  };
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const MapEntry& a, const MapEntry& b) { return bucket(a) < bucket(b); });
}

/// java.lang.String.split(regex): trailing empty pieces are dropped; a match of nothing at the start makes no piece.
Result<std::vector<std::string_view>> SplitByRegex(RegexCache& cache, std::string_view s, std::string_view pattern) {
  SLUICE_ASSIGN_OR_RETURN(const Regex* regex, cache.Get(pattern));
  std::vector<std::string_view> out;
  size_t done = 0, from = 0;
  while (regex->Find(s, from)) {
    const auto [begin, end] = regex->group(0);
    if (end > 0) out.push_back(s.substr(done, begin - done));
    if (end > 0) done = end;
    if (begin == end && end >= s.size()) break;
    from = begin == end ? end + CharacterBytes(s, end) : end;
  }
  if (out.empty()) return std::vector<std::string_view>{s};
  out.push_back(s.substr(done));
  while (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

void StrToMap(const RowCall& call, RegexCache& lists, RegexCache& pairs) {
  const std::string_view s = call.string(0);
  const std::string_view list_separator = call.size() > 1 ? call.string(1) : std::string_view(",");
  const std::string_view pair_separator = call.size() > 2 ? call.string(2) : std::string_view("=");
  std::vector<MapEntry> entries;
  size_t pieces_found = 0;
  if (!s.empty()) {
    auto pieces = SplitByRegex(lists, s, list_separator);
    if (!pieces.ok()) return call.Fail(pieces.error().code(), pieces.error().message());
    auto regex = pairs.Get(pair_separator);
    if (!regex.ok()) return call.Fail(regex.error().code(), regex.error().message());
    pieces_found = pieces->size();
    for (std::string_view piece : *pieces) {
      MapEntry entry{std::string(piece), std::nullopt};
      if ((*regex)->Find(piece, 0)) {
        const auto [begin, end] = (*regex)->group(0);
        entry = {std::string(piece.substr(0, begin)), std::string(piece.substr(end))};
      }
      auto same = std::find_if(entries.begin(), entries.end(), [&](const MapEntry& e) { return e.key == entry.key; });
      if (same == entries.end()) {
        entries.push_back(std::move(entry));
      } else {
        same->value = std::move(entry.value);
      }
    }
  }
  OrderAsHashMap(entries, pieces_found);
  Column& keys = *call.out.child(0);
  Column& values = *call.out.child(1);
  const auto offset = static_cast<uint32_t>(keys.size());
  for (const MapEntry& e : entries) {
    keys.AppendString(e.key);
    if (e.value) {
      values.AppendString(*e.value);
    } else {
      values.AppendNull();
    }
  }
  call.out.data<ListSlice>()[call.row] = {offset, static_cast<uint32_t>(entries.size())};
}

Result<Kernel> MakeStrToMap(const CallInfo&, const DataType&) {
  auto lists = std::make_shared<RegexCache>();
  auto pairs = std::make_shared<RegexCache>();
  return EachRow([lists, pairs](const RowCall& call) { StrToMap(call, *lists, *pairs); });
}

}  // namespace

void AddStringSplitFunctions(FunctionRegistry& r) {
  using enum ArgKind;
  ScalarFunction split;
  split.name = "SPLIT";
  split.family = "string";
  split.text = "The parts between the separators as an array; without a separator the single characters.";
  split.examples = {"SPLIT('a,b,,c', ',') = [a, b, , c]"};
  split.min_args = split.max_args = 2;
  split.supported_forms = "'SPLIT(<CHARACTER>, <CHARACTER>)'";
  split.resolve = ResolveForms("SPLIT", {{{kCharacter, kCharacter}}}, Returns(DataType::Array(DataType::String())),
                               CallStyle::kBuiltIn);
  split.make = MakeEachRow(Split);
  r.Add(std::move(split));

  ScalarFunction index;
  index.name = "SPLIT_INDEX";
  index.family = "string";
  index.text =
      "The part with this index (from 0) of the string split at a separator or a character code; NULL if there "
      "is none.";
  index.examples = {"SPLIT_INDEX('a,b,c', ',', 1) = b", "SPLIT_INDEX('a;b', 59, 1) = b"};
  index.min_args = index.max_args = 3;
  index.supported_forms =
      "'SPLIT_INDEX(<CHARACTER>, <INTEGER>, <INTEGER>)'\n'SPLIT_INDEX(<CHARACTER>, <CHARACTER>, <INTEGER>)'";
  index.resolve =
      ResolveForms("SPLIT_INDEX", {{{kCharacter, kInteger, kInteger}}, {{kCharacter, kCharacter, kInteger}}},
                   ReturnsNullable(DataType::String()));
  index.make = MakeSplitIndex;
  r.Add(std::move(index));

  ScalarFunction map;
  map.name = "STR_TO_MAP";
  map.family = "string";
  map.text =
      "A map out of 'k1=v1,k2=v2'. The separators of entries and of keys and values may be given as regular "
      "expressions.";
  map.examples = {"STR_TO_MAP('k1=v1,k2=v2') = {k1=v1, k2=v2}", "STR_TO_MAP('k1:v1;k2:v2', ';', ':') = {k1=v1, k2=v2}"};
  map.min_args = 1;
  map.max_args = 3;
  map.supported_forms = "'STR_TO_MAP(<CHARACTER>)'\n'STR_TO_MAP(<CHARACTER>, <CHARACTER>, <CHARACTER>)'";
  map.resolve = ResolveForms("STR_TO_MAP", {{{kCharacter}}, {{kCharacter, kCharacter, kCharacter}}},
                             ReturnsNullable(DataType::Map(DataType::String(), DataType::String())));
  map.make = MakeStrToMap;
  r.Add(std::move(map));
}

}  // namespace sluice::engine
