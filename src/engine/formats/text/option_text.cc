#include "engine/formats/text/option_text.h"

#include <strings.h>

#include <limits>

#include "engine/formats/text/scalar_text.h"
#include "engine/types/number_text.h"

namespace sluice::engine::text {
namespace {

const std::string* Find(const OptionMap& options, std::string_view name) {
  auto it = options.find(std::string(name));
  return it == options.end() ? nullptr : &it->second;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

struct Unit {
  std::string_view names;  // separated and ended by blanks
  int64_t factor;
};

/// "12 unit" with the unit from `units`; nullopt if the text is not of that shape or too large.
template <size_t N>
std::optional<int64_t> ReadQuantity(std::string_view s, const Unit (&units)[N]) {
  s = JavaTrim(s);
  size_t digits = 0;
  while (digits < s.size() && s[digits] >= '0' && s[digits] <= '9') ++digits;
  const std::optional<int64_t> number = ParseJavaInt(s.substr(0, digits), 64);
  if (!number) return std::nullopt;
  std::string unit(JavaTrim(s.substr(digits)));
  for (char& c : unit) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
  for (const Unit& u : units) {
    const bool found = unit.empty() ? u.names.starts_with(' ')
                                    : (std::string(" ").append(u.names)).find(" " + unit + " ") != std::string::npos;
    if (!found) continue;
    if (*number > std::numeric_limits<int64_t>::max() / u.factor) return std::nullopt;
    return *number * u.factor;
  }
  return std::nullopt;
}

}  // namespace

Error InvalidOption(std::string_view name, std::string_view reason) {
  return Error(ErrorCode::kOption, "Invalid value for option '" + std::string(name) + "'. " + std::string(reason));
}

std::string StringOption(const OptionMap& options, std::string_view name, std::string_view fallback) {
  const std::string* v = Find(options, name);
  return v ? *v : std::string(fallback);
}

Result<bool> BoolOption(const OptionMap& options, std::string_view name, bool fallback) {
  const std::string* v = Find(options, name);
  if (v == nullptr) return fallback;
  if (EqualsIgnoringCase(*v, "true")) return true;
  if (EqualsIgnoringCase(*v, "false")) return false;
  return InvalidOption(name,
                       "Unrecognized option for boolean: " + *v + ". Expected either true or false(case insensitive)");
}

Result<int64_t> IntOption(const OptionMap& options, std::string_view name, int64_t fallback, int bits) {
  const std::string* v = Find(options, name);
  if (v == nullptr) return fallback;
  if (std::optional<int64_t> n = ParseJavaInt(*v, bits)) return *n;
  return InvalidOption(name, "For input string: \"" + *v + "\"");
}

Result<std::optional<double>> DoubleOption(const OptionMap& options, std::string_view name) {
  const std::string* v = Find(options, name);
  if (v == nullptr) return std::optional<double>();
  if (std::optional<double> n = ParseDouble(*v)) return n;
  return InvalidOption(name, "For input string: \"" + *v + "\"");
}

Result<std::optional<int64_t>> DurationOption(const OptionMap& options, std::string_view name) {
  // A leading blank marks the unit that holds when none is written. Nanoseconds and microseconds round down.
  constexpr Unit kUnits[] = {{" ms milli millis millisecond milliseconds ", 1},
                             {"s sec secs second seconds ", 1000},
                             {"min m minute minutes ", 60'000},
                             {"h hour hours ", 3'600'000},
                             {"d day days ", 86'400'000}};
  constexpr Unit kSmall[] = {{"ns nano nanos nanosecond nanoseconds ", 1},
                             {"\xC2\xB5s micro micros microsecond microseconds ", 1000}};
  const std::string* v = Find(options, name);
  if (v == nullptr) return std::optional<int64_t>();
  if (std::optional<int64_t> ms = ReadQuantity(*v, kUnits)) return ms;
  if (std::optional<int64_t> ns = ReadQuantity(*v, kSmall)) return std::optional<int64_t>(*ns / 1'000'000);
  return InvalidOption(name, "Could not parse value '" + *v + "' as a duration, such as '10 s', '5 min' or '250 ms'.");
}

Result<int64_t> MemoryOption(const OptionMap& options, std::string_view name, int64_t fallback_bytes) {
  constexpr Unit kUnits[] = {{" b bytes ", 1},
                             {"k kb kibibytes ", int64_t{1} << 10},
                             {"m mb mebibytes ", int64_t{1} << 20},
                             {"g gb gibibytes ", int64_t{1} << 30},
                             {"t tb tebibytes ", int64_t{1} << 40}};
  const std::string* v = Find(options, name);
  if (v == nullptr) return fallback_bytes;
  if (std::optional<int64_t> bytes = ReadQuantity(*v, kUnits)) return *bytes;
  return InvalidOption(name, "Could not parse value '" + *v + "' as a memory size, such as '128 mb'.");
}

}  // namespace sluice::engine::text
