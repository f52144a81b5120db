// Options, declared once: key, type, unit, default, bounds, fallback keys, Flink alias, text. Parsing, help, validation
// and the reference pages read the declaration.
//
//   inline constexpr Option<int64_t> kMiniBatchSize{
//       .key = "table.exec.mini-batch.size", .default_value = "-1", .min = 1, .unit = "rows", .text = "…"};
//   SLUICE_ASSIGN_OR_RETURN(int64_t size, GetOption(values, kMiniBatchSize));
//
// Texts are parsed by Flink's rules (org.apache.flink.configuration.ConfigurationUtils, TimeUtils, MemorySize) and
// refused with Flink's sentences.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"

namespace sluice {

/// What a user has set: key → text.
using OptionValues = std::map<std::string, std::string, std::less<>>;

/// Bytes.
struct MemorySize {
  int64_t bytes = 0;
  auto operator<=>(const MemorySize&) const = default;
};

enum class OptionType : uint8_t { kBool, kInt, kLong, kDouble, kString, kDuration, kMemorySize, kEnum, kList, kMap };

/// "Boolean", "Integer", "Duration", …: as Flink's reference pages name it.
std::string_view OptionTypeName(OptionType type);

/// The C++ type of an option's value. Durations are milliseconds: finer parts are cut off as Duration.toMillis() does.
template <typename T>
constexpr OptionType OptionTypeOf() {
  if constexpr (std::is_same_v<T, bool>) {
    return OptionType::kBool;
  } else if constexpr (std::is_same_v<T, int32_t>) {
    return OptionType::kInt;
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return OptionType::kLong;
  } else if constexpr (std::is_same_v<T, double>) {
    return OptionType::kDouble;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return OptionType::kString;
  } else if constexpr (std::is_same_v<T, std::chrono::milliseconds>) {
    return OptionType::kDuration;
  } else if constexpr (std::is_same_v<T, MemorySize>) {
    return OptionType::kMemorySize;
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    return OptionType::kList;
  } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
    return OptionType::kMap;
  } else {
    static_assert(std::is_enum_v<T>, "not a type that an option can have");
    return OptionType::kEnum;
  }
}

/// The declaration without its C++ type; what registries and pages work on. All texts are static.
struct OptionSpec {
  std::string_view key;
  OptionType type = OptionType::kString;
  std::string_view default_value;  // parsed like a user's text
  bool has_default = false;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::string_view unit;
  std::string_view enum_class;
  std::string_view enum_values;
  std::array<std::string_view, 3> fallback_keys;
  std::string_view flink_alias;
  std::string_view text;
};

/// A declaration. Bounds are inclusive, in the option's own unit (bytes and milliseconds for sizes and durations), and
/// hold for what users set; a default outside them means "not set".
template <typename T>
struct Option {
  std::string_view key;
  /// Absent if null: GetOption then fails when the user has not set the option.
  std::string_view default_value = {};
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::string_view unit = {};
  /// For enums: Flink's class name, and the values as "A, B, C" in the order of T's enumerators 0, 1, 2.
  std::string_view enum_class = {};
  std::string_view enum_values = {};
  std::array<std::string_view, 3> fallback_keys = {};
  /// Flink's key when ours differs; accepted too.
  std::string_view flink_alias = {};
  std::string_view text = {};

  constexpr OptionSpec spec() const {
    return {key,           OptionTypeOf<T>(),
            default_value, default_value.data() != nullptr,
            min,           max,
            unit,          enum_class,
            enum_values,   fallback_keys,
            flink_alias,   text};
  }
};

/// Parsers of one text each. Errors are kOption with Flink's sentence as the message.
Result<bool> ParseOptionBool(std::string_view text);
Result<int32_t> ParseOptionInt(std::string_view text);
Result<int64_t> ParseOptionLong(std::string_view text);
Result<double> ParseOptionDouble(std::string_view text);
/// "1 s", "200 ms", "1 min", "5" (milliseconds), "PT1S", "P1D".
Result<std::chrono::milliseconds> ParseOptionDuration(std::string_view text);
/// "64 kb", "1g", "1024" (bytes).
Result<MemorySize> ParseOptionMemorySize(std::string_view text);
/// "a;b" or "[a, b]"; quotes keep separators.
Result<std::vector<std::string>> ParseOptionList(std::string_view text);
/// "k1:v1,k2:v2" or "{k1: v1, k2: v2}"; quotes keep separators.
Result<std::map<std::string, std::string>> ParseOptionMap(std::string_view text);
/// The index in `spec.enum_values`, found without regard to case.
Result<int> ParseOptionEnum(const OptionSpec& spec, std::string_view text);
/// As Flink writes a size of so many bytes: "64 kb", "1 gb", "7 bytes".
std::string FormatMemorySize(MemorySize size);

namespace options_internal {
/// The user's text for an option: its key, alias, then fallback keys, each with `prefix` before it.
const std::string* FindText(const OptionValues& values, const OptionSpec& spec, std::string_view prefix);
Status CheckBounds(const OptionSpec& spec, double value);
Error Refused(const OptionSpec& spec, std::string_view prefix, std::string_view text, const Error& why);
Error Missing(const OptionSpec& spec, std::string_view prefix);
}  // namespace options_internal

/// Parses `text` as a value of `option`, without its bounds.
template <typename T>
Result<T> ParseOption(const Option<T>& option, std::string_view text) {
  constexpr OptionType kType = OptionTypeOf<T>();
  if constexpr (kType == OptionType::kBool) {
    return ParseOptionBool(text);
  } else if constexpr (kType == OptionType::kInt) {
    return ParseOptionInt(text);
  } else if constexpr (kType == OptionType::kLong) {
    return ParseOptionLong(text);
  } else if constexpr (kType == OptionType::kDouble) {
    return ParseOptionDouble(text);
  } else if constexpr (kType == OptionType::kString) {
    return std::string(text);
  } else if constexpr (kType == OptionType::kDuration) {
    return ParseOptionDuration(text);
  } else if constexpr (kType == OptionType::kMemorySize) {
    return ParseOptionMemorySize(text);
  } else if constexpr (kType == OptionType::kList) {
    return ParseOptionList(text);
  } else if constexpr (kType == OptionType::kMap) {
    return ParseOptionMap(text);
  } else {
    SLUICE_ASSIGN_OR_RETURN(int index, ParseOptionEnum(option.spec(), text));
    return static_cast<T>(index);
  }
}

/// The user's value, or nothing if it is not set. `prefix` stands before the keys ("json." for a format's options).
/// A bad text or a value outside the bounds is a kOption error that names key and value.
template <typename T>
Result<std::optional<T>> FindOption(const OptionValues& values, const Option<T>& option, std::string_view prefix = "") {
  const OptionSpec spec = option.spec();
  const std::string* text = options_internal::FindText(values, spec, prefix);
  if (text == nullptr) return std::optional<T>();
  Result<T> value = ParseOption(option, *text);
  if (!value.ok()) return options_internal::Refused(spec, prefix, *text, value.error());
  double number = 0;
  if constexpr (std::is_arithmetic_v<T>) number = static_cast<double>(*value);
  if constexpr (std::is_same_v<T, std::chrono::milliseconds>) number = static_cast<double>(value->count());
  if constexpr (std::is_same_v<T, MemorySize>) number = static_cast<double>(value->bytes);
  SLUICE_RETURN_IF_ERROR(options_internal::CheckBounds(spec, number));
  return std::optional<T>(std::move(*value));
}

/// The user's value, else the default; kOption if there is neither.
template <typename T>
Result<T> GetOption(const OptionValues& values, const Option<T>& option, std::string_view prefix = "") {
  SLUICE_ASSIGN_OR_RETURN(std::optional<T> value, FindOption(values, option, prefix));
  if (value.has_value()) return std::move(*value);
  if (option.default_value.data() == nullptr) return options_internal::Missing(option.spec(), prefix);
  return ParseOption(option, option.default_value);
}

/// The options of a part of the program: for "did you mean", validation and the reference pages. Built once at start
/// and passed on; read from any thread after that.
class OptionsRegistry {
 public:
  template <typename T>
  void Add(std::string_view section, const Option<T>& option) {
    AddSpec(section, option.spec());
  }
  /// INVARIANT: the key is new and the default can be parsed.
  void AddSpec(std::string_view section, const OptionSpec& spec);

  /// By key, alias or fallback key; null if unknown.
  const OptionSpec* Find(std::string_view key) const;
  /// Fails if `text` is no value for the option `key`; unknown keys pass.
  Status CheckText(std::string_view key, std::string_view text) const;
  /// The known key that looks most like `key`; empty if none is near.
  std::string_view Nearest(std::string_view key) const;
  /// A Markdown page: a table per section, keys sorted.
  std::string ReferencePage(std::string_view title) const;

 private:
  std::map<std::string, std::vector<OptionSpec>, std::less<>> sections_;
  std::map<std::string, OptionSpec, std::less<>> by_key_;
};

}  // namespace sluice
