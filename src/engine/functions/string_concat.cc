#include <algorithm>

#include <fmt/format.h>

#include "engine/functions/string_functions.h"
#include "engine/functions/string_utf.h"

namespace sluice::engine {

namespace {

void SetConcatenation(const RowCall& call, size_t total) {
  char short_copy[StringRef::kInline];
  char* to = total <= StringRef::kInline ? short_copy : call.out.AllocateBytes(total);
  size_t at = 0;
  for (size_t a = 0; a < call.size(); ++a) {
    const std::string_view s = call.string(a);
    s.copy(to + at, s.size());
    at += s.size();
  }
  call.SetPart({to, total});
}

void Concat(const RowCall& call) {
  size_t total = 0;
  for (size_t a = 0; a < call.size(); ++a) total += call.string(a).size();
  SetConcatenation(call, total);
}

void ConcatWs(const RowCall& call) {
  if (call.null(0)) return call.SetNull();
  std::string out;
  bool first = true;
  for (size_t a = 1; a < call.size(); ++a) {
    if (call.null(a)) continue;
    if (!first) out += call.string(0);
    first = false;
    out += call.string(a);
  }
  call.Set(std::string_view(out));
}

/// CHAR(a) || CHAR(b) is CHAR(a + b), with a VARCHAR in it VARCHAR(a + b).
DataType ConcatType(const CallInfo& call) {
  const int64_t sum = int64_t{call.args[0].length()} + call.args[1].length();
  const int length = static_cast<int>(std::min<int64_t>(sum, kMaxLength));
  const bool fixed = call.args[0].kind() == TypeKind::kChar && call.args[1].kind() == TypeKind::kChar;
  return (fixed ? DataType::Char(length) : DataType::Varchar(length)).WithNullable(AnyNullable(call));
}

constexpr size_t kMaxResult = size_t{1} << 30;

void Repeat(const RowCall& call) {
  const std::string_view s = call.string(0);
  const int64_t n = std::max<int64_t>(call.integer(1), 0);
  if (s.size() * static_cast<uint64_t>(n) > kMaxResult) {
    return call.Fail(ErrorCode::kData, fmt::format("REPEAT: a result of {} times {} bytes is too long", n, s.size()));
  }
  std::string out;
  out.reserve(s.size() * static_cast<size_t>(n));
  for (int64_t k = 0; k < n; ++k) out += s;
  call.Set(std::string_view(out));
}

/// Lengths count UTF-16 units, as SqlFunctionUtils.lpad works on java.lang.String.
template <bool left>
void Pad(const RowCall& call) {
  const int64_t length = call.integer(1);
  if (length < 0 || call.string(2).empty()) return call.SetNull();
  if (static_cast<uint64_t>(length) > kMaxResult) {
    return call.Fail(ErrorCode::kData, fmt::format("LPAD/RPAD: a length of {} is too long", length));
  }
  const std::u16string s = ToUtf16(call.string(0));
  const std::u16string pad = ToUtf16(call.string(2));
  const auto wanted = static_cast<size_t>(length);
  std::u16string filling;
  for (size_t k = s.size(); k < wanted; ++k) filling += pad[(k - s.size()) % pad.size()];
  const std::u16string kept = s.substr(0, wanted);
  call.Set(std::string_view(FromUtf16(left ? filling + kept : kept + filling)));
}

void Elt(const RowCall& call) {
  if (call.null(0)) return call.SetNull();
  const int64_t index = call.integer(0);
  if (index < 1 || static_cast<uint64_t>(index) >= call.size()) return call.SetNull();
  const auto a = static_cast<size_t>(index);
  if (call.null(a)) return call.SetNull();
  call.SetPart(call.string(a));
}

Result<std::optional<Signature>> ResolveElt(const CallInfo& call) {
  if (!Fits(call.args[0], ArgKind::kInteger)) {
    return InvalidCall("ELT", call, "Index can only be an INTEGER NUMERIC type.");
  }
  if (!call.literals.empty() && call.literals[0] != nullptr && !call.literals[0]->is_null() &&
      call.literals[0]->as_int() < 0) {
    return InvalidCall(
        "ELT", call,
        fmt::format("Index must be an integer starting from '0', but was '{}'.", call.literals[0]->as_int()));
  }
  int length = 0;
  bool fixed = true, characters = false, bytes = false, seen = false;
  for (size_t a = 1; a < call.size(); ++a) {
    const DataType& t = call.args[a];
    if (t.kind() == TypeKind::kNull) continue;
    characters |= t.is_character();
    bytes |= t.is_binary();
    if ((!t.is_character() && !t.is_binary()) || (characters && bytes)) {
      return InvalidCall("ELT", call, "Could not infer arguments in range: [1, null].");
    }
    fixed &= (t.kind() == TypeKind::kChar || t.kind() == TypeKind::kBinary) && (!seen || t.length() == length);
    length = std::max(length, t.length());
    seen = true;
  }
  if (!seen) length = kMaxLength;
  const DataType type = bytes ? (fixed ? DataType::Binary(length) : DataType::Varbinary(length))
                              : (fixed && seen ? DataType::Char(length) : DataType::Varchar(length));
  Signature s{type.Nullable(), call.args};
  for (DataType& t : s.args) {
    if (t.kind() == TypeKind::kNull) t = type.Nullable();
  }
  return std::optional<Signature>(std::move(s));
}

}  // namespace

void AddStringConcatFunctions(FunctionRegistry& r) {
  using enum ArgKind;
  ScalarFunction concat2;
  concat2.name = "||";
  concat2.family = "string";
  concat2.text = "The two strings one after the other.";
  concat2.examples = {"'ab' || 'c' = abc"};
  concat2.min_args = concat2.max_args = 2;
  concat2.supported_forms = "'<STRING> || <STRING>'\n'<EQUIVALENT_TYPE> || <EQUIVALENT_TYPE>'";
  concat2.resolve = ResolveForms("||", {{{kCharacter, kCharacter}}}, ConcatType);
  concat2.make = MakeEachRow(Concat);
  r.Add(std::move(concat2));

  ScalarFunction concat;
  concat.name = "CONCAT";
  concat.family = "string";
  concat.text = "All strings one after the other; NULL if one of them is NULL.";
  concat.examples = {"CONCAT('AA', 'BB', 'CC') = AABBCC"};
  concat.min_args = 1;
  concat.max_args = -1;
  concat.supported_forms = "'CONCAT(<CHARACTER>)'";
  concat.resolve = ResolveForms("CONCAT", {{{kCharacter}, true}}, Returns(DataType::String()));
  concat.make = MakeEachRow(Concat);
  r.Add(std::move(concat));

  ScalarFunction concat_ws;
  concat_ws.name = "CONCAT_WS";
  concat_ws.family = "string";
  concat_ws.text = "The strings after the first with the first between them. NULLs are left out; NULL if the first is.";
  concat_ws.examples = {"CONCAT_WS('~', 'AA', CAST(NULL AS STRING), 'BB') = AA~BB"};
  concat_ws.min_args = 1;
  concat_ws.max_args = -1;
  concat_ws.nulls = NullRule::kCustom;
  concat_ws.supported_forms = "'CONCAT_WS(<CHARACTER>)'";
  concat_ws.resolve = ResolveForms("CONCAT_WS", {{{kCharacter}, true}}, Returns(DataType::String()));
  concat_ws.make = MakeEachRow(ConcatWs);
  r.Add(std::move(concat_ws));

  ScalarFunction repeat;
  repeat.name = "REPEAT";
  repeat.family = "string";
  repeat.text = "The string n times; the empty string if n is not positive.";
  repeat.examples = {"REPEAT('ab', 3) = ababab"};
  repeat.min_args = repeat.max_args = 2;
  repeat.supported_forms = "'REPEAT(<CHARACTER>, <INTEGER>)'";
  repeat.resolve = ResolveForms("REPEAT", {{{kCharacter, kInteger}}}, Returns(DataType::String()));
  repeat.make = MakeEachRow(Repeat);
  r.Add(std::move(repeat));

  for (const bool left : {true, false}) {
    ScalarFunction pad;
    pad.name = left ? "LPAD" : "RPAD";
    pad.family = "string";
    pad.text = std::string("The string filled up on the ") + (left ? "left" : "right") +
               " with the third argument to the given length, or cut to it. NULL if the length is negative or the "
               "filling is empty.";
    pad.examples = {left ? "LPAD('hi', 4, '-') = --hi" : "RPAD('hi', 4, '-') = hi--"};
    pad.min_args = pad.max_args = 3;
    pad.supported_forms = "'" + pad.name + "(<CHARACTER>, <INTEGER>, <CHARACTER>)'";
    pad.resolve = ResolveForms(pad.name, {{{kCharacter, kInteger, kCharacter}}}, Returns(DataType::String()));
    if (left) {
      pad.make = MakeEachRow(Pad<true>);
    } else {
      pad.make = MakeEachRow(Pad<false>);
    }
    r.Add(std::move(pad));
  }

  ScalarFunction elt;
  elt.name = "ELT";
  elt.family = "string";
  elt.text = "The n-th of the following strings, counted from 1; NULL if there is none.";
  elt.examples = {"ELT(2, 'scala', 'java') = java"};
  elt.min_args = 2;
  elt.max_args = -1;
  elt.nulls = NullRule::kCustom;
  elt.supported_forms = "'ELT(<INTEGER>, <STRING>, ...)'";
  elt.resolve = ResolveElt;
  elt.make = MakeEachRowSharing(Elt);
  r.Add(std::move(elt));
}

}  // namespace sluice::engine
