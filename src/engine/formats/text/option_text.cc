#include "engine/formats/text/option_text.h"

#include "base/options_registry.h"

namespace sluice::engine::text {
namespace {

const std::string* Find(const OptionMap& options, std::string_view name) {
  auto it = options.find(std::string(name));
  return it == options.end() ? nullptr : &it->second;
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
  Result<bool> value = ParseOptionBool(*v);
  return value.ok() ? value : InvalidOption(name, value.error().message());
}

Result<int64_t> IntOption(const OptionMap& options, std::string_view name, int64_t fallback, int bits) {
  const std::string* v = Find(options, name);
  if (v == nullptr) return fallback;
  if (bits == 32) {
    Result<int32_t> value = ParseOptionInt(*v);
    return value.ok() ? Result<int64_t>(*value) : InvalidOption(name, value.error().message());
  }
  Result<int64_t> value = ParseOptionLong(*v);
  return value.ok() ? value : InvalidOption(name, value.error().message());
}

Result<std::optional<double>> DoubleOption(const OptionMap& options, std::string_view name) {
  const std::string* v = Find(options, name);
  if (v == nullptr) return std::optional<double>();
  Result<double> value = ParseOptionDouble(*v);
  if (!value.ok()) return InvalidOption(name, value.error().message());
  return std::optional<double>(*value);
}

Result<std::optional<int64_t>> DurationOption(const OptionMap& options, std::string_view name) {
  const std::string* v = Find(options, name);
  if (v == nullptr) return std::optional<int64_t>();
  Result<std::chrono::milliseconds> value = ParseOptionDuration(*v);
  if (!value.ok()) return InvalidOption(name, value.error().message());
  return std::optional<int64_t>(value->count());
}

Result<int64_t> MemoryOption(const OptionMap& options, std::string_view name, int64_t fallback_bytes) {
  const std::string* v = Find(options, name);
  if (v == nullptr) return fallback_bytes;
  Result<MemorySize> value = ParseOptionMemorySize(*v);
  return value.ok() ? Result<int64_t>(value->bytes) : InvalidOption(name, value.error().message());
}

}  // namespace sluice::engine::text
