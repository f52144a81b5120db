#include "engine/formats/csv/csv_options.h"

#include "engine/formats/text/option_text.h"
#include "engine/formats/text/scalar_text.h"
#include "engine/formats/text/utf8.h"

namespace sluice::engine::csv {
namespace {

/// StringEscapeUtils.unescapeJava, as far as one character needs it.
std::string UnescapeJava(const std::string& s) {
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '\\' || i + 1 == s.size()) {
      out.push_back(s[i]);
      continue;
    }
    const char c = s[++i];
    if (c == 'u' && i + 4 < s.size()) {
      text::AppendUtf8(out, static_cast<int>(std::strtol(s.substr(i + 1, 4).c_str(), nullptr, 16)));
      i += 4;
    } else {
      constexpr std::string_view kFrom = "tnrbf", kTo = "\t\n\r\b\f";
      const size_t at = kFrom.find(c);
      out.push_back(at == std::string_view::npos ? c : kTo[at]);
    }
  }
  return out;
}

Error NotOneCharacter(const std::string& name, const std::string& value) {
  return Error(ErrorCode::kOption,
               "Option 'csv." + name + "' must be a string with single character, but was: " + value);
}

/// The option's one character; nullopt if it is not set.
Result<std::optional<char>> CharacterOption(const OptionMap& options, const std::string& name, bool unescape) {
  auto it = options.find(name);
  if (it == options.end()) return std::optional<char>();
  const std::string value = unescape ? UnescapeJava(it->second) : it->second;
  if (value.size() == 1) return std::optional<char>(value[0]);
  int point = 0;
  if (value.size() > 1 && text::ReadUtf8Loosely(value.data(), value.data() + value.size(), &point) == value.size()) {
    return Error(ErrorCode::kNotSupported,
                 "not supported yet: the character '" + value + "' outside ASCII for 'csv." + name + "'");
  }
  return NotOneCharacter(name, it->second);
}

bool IsSupported(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kMap:
    case TypeKind::kMultiset:
    case TypeKind::kIntervalDayTime:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kRaw: return false;
    default: return true;
  }
}

}  // namespace

Result<CsvOptions> ReadCsvOptions(const OptionMap& options) {
  CsvOptions o;
  SLUICE_ASSIGN_OR_RETURN(const auto delimiter, CharacterOption(options, "field-delimiter", true));
  if (delimiter) o.delimiter = *delimiter;
  SLUICE_ASSIGN_OR_RETURN(const bool no_quote, text::BoolOption(options, "disable-quote-character", false));
  SLUICE_ASSIGN_OR_RETURN(const auto quote, CharacterOption(options, "quote-character", false));
  if (no_quote && quote) {
    return Error(ErrorCode::kOption,
                 "Format cannot define a quote character and disabled quote character at the same time.");
  }
  if (quote) o.quote = quote;
  if (no_quote) o.quote.reset();
  SLUICE_ASSIGN_OR_RETURN(o.escape, CharacterOption(options, "escape-character", false));
  SLUICE_ASSIGN_OR_RETURN(o.allow_comments, text::BoolOption(options, "allow-comments", false));
  SLUICE_ASSIGN_OR_RETURN(o.ignore_parse_errors, text::BoolOption(options, "ignore-parse-errors", false));
  SLUICE_RETURN_IF_ERROR(text::BoolOption(options, "write-bigdecimal-in-scientific-notation", true));
  o.array_delimiter = text::StringOption(options, "array-element-delimiter", ";");
  if (o.array_delimiter.empty()) return NotOneCharacter("array-element-delimiter", o.array_delimiter);
  if (auto it = options.find("null-literal"); it != options.end()) o.null_literal = it->second;
  return o;
}

Status CheckCsvSchema(const Schema& schema) {
  for (const RowField& f : schema) {
    if (!IsSupported(f.type)) {
      return Error(ErrorCode::kValidation, "Unsupported type '" + f.type.ToString() + "' for field '" + f.name + "'.");
    }
    for (size_t i = 0; i < f.type.child_count(); ++i) {
      const DataType& child = f.type.child(i);
      if (IsSupported(child) && !child.is_nested()) continue;
      return Error(ErrorCode::kValidation, "Only simple types are supported in the second level nesting of fields '" +
                                               f.name + "' but was: " + child.ToString());
    }
  }
  return {};
}

}  // namespace sluice::engine::csv
