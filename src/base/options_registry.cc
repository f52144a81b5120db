#include "base/options_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace sluice {
namespace {

std::string FallbackKeys(const OptionSpec& spec) {
  std::string keys;
  for (std::string_view key : spec.fallback_keys) {
    if (key.empty()) continue;
    if (!keys.empty()) keys += ", ";
    keys += key;
  }
  return keys;
}

/// "must be > 0." reads better than ">= 1" for whole numbers, and is what Flink says.
std::string BoundsText(const OptionSpec& spec) {
  const bool whole = spec.type == OptionType::kInt || spec.type == OptionType::kLong;
  const bool has_min = std::isfinite(spec.min);
  const bool has_max = std::isfinite(spec.max);
  if (has_min && has_max) return fmt::format("must be between {} and {}.", spec.min, spec.max);
  if (has_max) return fmt::format("must be <= {}.", spec.max);
  if (whole && spec.min == 1) return "must be > 0.";
  return fmt::format("must be >= {}.", spec.min);
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

Status CheckSpecText(const OptionSpec& spec, std::string_view text) {
  auto status = [](const auto& result) { return result.ok() ? Status() : Status(result.error()); };
  switch (spec.type) {
    case OptionType::kBool: return status(ParseOptionBool(text));
    case OptionType::kInt: return status(ParseOptionInt(text));
    case OptionType::kLong: return status(ParseOptionLong(text));
    case OptionType::kDouble: return status(ParseOptionDouble(text));
    case OptionType::kString: return {};
    case OptionType::kDuration: return status(ParseOptionDuration(text));
    case OptionType::kMemorySize: return status(ParseOptionMemorySize(text));
    case OptionType::kEnum: return status(ParseOptionEnum(spec, text));
    case OptionType::kList: return status(ParseOptionList(text));
    case OptionType::kMap: return status(ParseOptionMap(text));
  }
  return {};
}

std::string EscapeCell(std::string_view text) {
  std::string cell;
  for (char c : text) {
    if (c == '|') cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

std::string ReferenceRow(const OptionSpec& spec) {
  std::string type(OptionTypeName(spec.type));
  if (spec.type == OptionType::kEnum) type += fmt::format(": {}", spec.enum_values);
  if (!spec.unit.empty()) type += fmt::format(" ({})", spec.unit);
  std::string text(spec.text);
  const std::string fallback = FallbackKeys(spec);
  if (!spec.flink_alias.empty()) text += fmt::format(" In Flink: `{}`.", spec.flink_alias);
  if (!fallback.empty()) text += fmt::format(" Also read: `{}`.", fallback);
  if (std::isfinite(spec.min) || std::isfinite(spec.max)) text += fmt::format(" A set value {}", BoundsText(spec));
  const std::string fallback_default = spec.has_default ? fmt::format("`{}`", spec.default_value) : "(none)";
  return fmt::format("| `{}` | {} | {} | {} |\n", spec.key, EscapeCell(type), EscapeCell(fallback_default),
                     EscapeCell(text));
}

}  // namespace

std::string_view OptionTypeName(OptionType type) {
  constexpr std::string_view kNames[] = {"Boolean",  "Integer",    "Long", "Double",       "String",
                                         "Duration", "MemorySize", "Enum", "List<String>", "Map"};
  return kNames[static_cast<size_t>(type)];
}

namespace options_internal {

const std::string* FindText(const OptionValues& values, const OptionSpec& spec, std::string_view prefix) {
  auto look_up = [&](std::string_view key) -> const std::string* {
    if (key.empty()) return nullptr;
    const auto found = prefix.empty() ? values.find(key) : values.find(fmt::format("{}{}", prefix, key));
    return found == values.end() ? nullptr : &found->second;
  };
  if (const std::string* text = look_up(spec.key)) return text;
  if (const std::string* text = look_up(spec.flink_alias)) return text;
  for (std::string_view key : spec.fallback_keys) {
    if (const std::string* text = look_up(key)) return text;
  }
  return nullptr;
}

Status CheckBounds(const OptionSpec& spec, double value) {
  if (!(value < spec.min) && !(value > spec.max)) return {};
  return Error(ErrorCode::kOption,
               fmt::format("Key: '{}' , default: {} (fallback keys: [{}]) {}", spec.key,
                           spec.has_default ? spec.default_value : "null", FallbackKeys(spec), BoundsText(spec)));
}

Error Refused(const OptionSpec& spec, std::string_view prefix, std::string_view text, const Error& why) {
  return why.WithContext(fmt::format("Could not parse value '{}' for key '{}{}'", text, prefix, spec.key));
}

Error Missing(const OptionSpec& spec, std::string_view prefix) {
  return Error(ErrorCode::kOption,
               fmt::format("One or more required options are missing.\n\nMissing required options are:\n\n{}{}", prefix,
                           spec.key));
}

}  // namespace options_internal

void OptionsRegistry::AddSpec(std::string_view section, const OptionSpec& spec) {
  INVARIANT(!spec.has_default || CheckSpecText(spec, spec.default_value).ok(),
            fmt::format("the default of option '{}' cannot be parsed", spec.key));
  const bool fresh = by_key_.emplace(std::string(spec.key), spec).second;
  INVARIANT(fresh, fmt::format("option '{}' is declared twice", spec.key));
  // Other names give way to declared keys: emplace keeps what is there.
  if (!spec.flink_alias.empty()) by_key_.emplace(std::string(spec.flink_alias), spec);
  for (std::string_view key : spec.fallback_keys) {
    if (!key.empty()) by_key_.emplace(std::string(key), spec);
  }
  sections_[std::string(section)].push_back(spec);
}

const OptionSpec* OptionsRegistry::Find(std::string_view key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : &found->second;
}

Status OptionsRegistry::CheckText(std::string_view key, std::string_view text) const {
  const OptionSpec* spec = Find(key);
  if (spec == nullptr) return {};
  Status checked = CheckSpecText(*spec, text);
  if (checked.ok()) return checked;
  return options_internal::Refused(*spec, "", text, checked.error());
}

std::string_view OptionsRegistry::Nearest(std::string_view key) const {
  std::string_view best;
  size_t best_distance = std::max<size_t>(2, key.size() / 4) + 1;
  for (const auto& [known, spec] : by_key_) {
    const size_t distance = EditDistance(key, known);
    if (distance < best_distance) {
      best_distance = distance;
      best = known;
    }
  }
  return best;
}

std::string OptionsRegistry::ReferencePage(std::string_view title) const {
  std::string page = fmt::format("# {}\n\nGenerated from the options registry; do not edit.\n", title);
  for (const auto& [section, specs] : sections_) {
    std::vector<OptionSpec> sorted = specs;
    std::sort(sorted.begin(), sorted.end(), [](const OptionSpec& a, const OptionSpec& b) { return a.key < b.key; });
    page += fmt::format("\n## {}\n\n| key | type | default | meaning |\n|---|---|---|---|\n", section);
    for (const OptionSpec& spec : sorted) page += ReferenceRow(spec);
  }
  return page;
}

}  // namespace sluice
