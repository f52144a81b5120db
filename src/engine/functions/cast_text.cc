#include "engine/columnar/copy_rows.h"
#include "engine/columnar/display.h"
#include "engine/functions/cast_kernels.h"
#include "engine/types/time_zone.h"

namespace sluice::engine {

namespace {

/// Bytes of the first `count` code points of UTF-8 text, and how many there are (at most `count`).
size_t PrefixBytes(std::string_view text, size_t count, size_t* found) {
  size_t i = 0, n = 0;
  while (i < text.size() && n < count) {
    ++i;
    while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) ++i;
    ++n;
  }
  *found = n;
  return i;
}

/// Cuts text to the type's length and fills CHAR with blanks.
void FitText(std::string& text, const DataType& to) {
  if (to.length() == kMaxLength) return;
  const auto length = static_cast<size_t>(to.length());
  if (to.kind() == TypeKind::kVarchar && text.size() <= length) return;
  size_t found = 0;
  text.resize(PrefixBytes(text, length, &found));
  if (to.kind() == TypeKind::kChar && found < length) text.append(length - found, ' ');
}

/// Legacy casts fill CHAR but cut nothing.
void PadText(std::string& text, const DataType& to) {
  size_t found = 0;
  PrefixBytes(text, static_cast<size_t>(to.length()), &found);
  text.append(static_cast<size_t>(to.length()) - found, ' ');
}

/// Text to text that needs no change, whatever the values.
bool AlwaysFits(const DataType& from, const DataType& to, bool legacy) {
  if (!from.is_character()) return false;
  if (legacy) return to.kind() == TypeKind::kVarchar;
  if (to.kind() == TypeKind::kVarchar) return from.length() <= to.length();
  return from.kind() == TypeKind::kChar && from.length() == to.length();
}

}  // namespace

Kernel CastToText(const DataType& from, const DataType& to, const SessionFacts& facts) {
  const bool legacy = facts.legacy_cast;
  if (AlwaysFits(from, to, legacy) || (from.is_binary() && to.length() == kMaxLength)) {
    return [](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      CopyRows(out, *args[0], rows);
    };
  }
  const TimeZonePtr zone = TimeZone::FindOrGmt(facts.time_zone);
  return [zone, to, legacy](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    const Column& a = *args[0];
    std::string text;
    rows.ForEach([&](size_t i) {
      text.clear();
      AppendText(text, a, i, *zone, legacy ? TextStyle::kLegacyCast : TextStyle::kCast);
      if (!legacy) FitText(text, to);
      if (legacy && to.kind() == TypeKind::kChar && !text.empty() && !a.type().is_nested()) PadText(text, to);
      out.SetString(i, text);
    });
  };
}

Kernel CastToBytes(const DataType& to) {
  if (to.length() == kMaxLength) {
    return [](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      CopyRows(out, *args[0], rows);
    };
  }
  return [length = static_cast<size_t>(to.length()), fixed = to.kind() == TypeKind::kBinary](
             EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    std::string bytes;
    rows.ForEach([&](size_t i) {
      bytes = args[0]->string_at(i);
      if (!context.facts().legacy_cast && (fixed || bytes.size() > length)) bytes.resize(length, '\0');
      out.SetString(i, bytes);
    });
  };
}

}  // namespace sluice::engine
