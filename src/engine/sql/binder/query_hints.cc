// Hints after SELECT: which there are, what they name, and the one that says something to the engine, STATE_TTL.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/options_registry.h"
#include "engine/sql/binder/select_binder.h"

namespace sluice::engine::sql {

namespace {

Error Invalid(std::string message, TextPosition position) {
  return Error(ErrorCode::kValidation, std::move(message), position);
}

Status CheckTable(const std::string& table, const std::string& hint, const Scope& scope, TextPosition position) {
  const bool known =
      std::any_of(scope.tables.begin(), scope.tables.end(), [&](const ScopeTable& t) { return t.alias == table; });
  if (known) return {};
  return Invalid(
      fmt::format("The options of following hints cannot match the name of input tables or views: \n`{}` in `{}`",
                  table, hint),
      position);
}

bool IsBoolean(const std::string& text) {
  const std::string upper = UpperCase(text);
  return upper == "TRUE" || upper == "FALSE";
}

bool IsInteger(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsOutputMode(const std::string& text) {
  const std::string upper = UpperCase(text);
  return upper == "ORDERED" || upper == "ALLOW_UNORDERED";
}

bool ParsesAs(const std::string& key, const std::string& value) {
  if (key == "async" || key == "shuffle") return IsBoolean(value);
  if (key == "capacity" || key == "max-attempts") return IsInteger(value);
  if (key == "timeout" || key == "fixed-delay") return ParseOptionDuration(value).ok();
  return key != "output-mode" || IsOutputMode(value);
}

/// LOOKUP's options (Flink's LookupHintOptions): there is no lookup source here, but what is wrong is said.
Status CheckLookup(const ast::Hint& hint, const Scope& scope) {
  static const std::set<std::string> kRetry = {"retry-predicate", "retry-strategy", "fixed-delay", "max-attempts"};
  const std::string* table = nullptr;
  std::set<std::string> retry;
  for (const ast::Property& p : hint.options) {
    if (p.key.value == "table") table = &p.value.value;
    if (kRetry.contains(p.key.value)) retry.insert(p.key.value);
  }
  if (table == nullptr) {
    return Invalid(
        "Invalid LOOKUP hint: incomplete required option(s): [Key: 'table' , default: null (fallback keys: [])]",
        hint.position);
  }
  for (const ast::Property& p : hint.options) {
    if (ParsesAs(p.key.value, p.value.value)) continue;
    return Invalid(fmt::format("Invalid LOOKUP hint options: Could not parse value '{}' for key '{}'.", p.value.value,
                               p.key.value),
                   hint.position);
  }
  if (!retry.empty() && retry.size() < kRetry.size()) {
    return Invalid("Invalid LOOKUP hint: retry options can be both null or all not null", hint.position);
  }
  return CheckTable(*table, "LOOKUP", scope, hint.position);
}

Status CheckJoinHint(const ast::Hint& hint, const std::string& name, const Scope& scope) {
  if (hint.arguments.empty() && hint.options.empty()) {
    return Invalid(fmt::format("Invalid hint: {0}, expecting at least one table or view specified in hint {0}.", name),
                   hint.position);
  }
  for (const ast::StringValue& a : hint.arguments) {
    SLUICE_RETURN_IF_ERROR(CheckTable(a.value, name, scope, hint.position));
  }
  return {};
}

}  // namespace

Status SelectBinder::BindStateTtl(const ast::Hint& hint) {
  if (!hint.arguments.empty()) {
    return Invalid("Invalid list options in STATE_TTL hint, only support key-value options.", hint.position);
  }
  if (hint.options.empty()) {
    return Invalid("Invalid STATE_TTL hint, expecting at least one key-value options specified.", hint.position);
  }
  for (const ast::Property& p : hint.options) {
    SLUICE_RETURN_IF_ERROR(CheckTable(p.key.value, "STATE_TTL", scope_, hint.position));
    auto ttl = ParseOptionDuration(p.value.value);
    if (!ttl.ok()) return Invalid("Invalid STATE_TTL hint value: " + ttl.error().message(), hint.position);
    if (scope_.tables.size() == 1) state_ttl_ms_ = ttl->count();
  }
  return {};
}

Status SelectBinder::BindHints(const ast::SelectQuery& query) {
  static const std::set<std::string> kJoinHints = {"BROADCAST", "SHUFFLE_HASH", "SHUFFLE_MERGE", "NEST_LOOP"};
  for (const ast::Hint& hint : query.hints) {
    const std::string name = UpperCase(hint.name.name);
    if (kJoinHints.contains(name)) {
      SLUICE_RETURN_IF_ERROR(CheckJoinHint(hint, name, scope_));
    } else if (name == "LOOKUP") {
      SLUICE_RETURN_IF_ERROR(CheckLookup(hint, scope_));
    } else if (name == "STATE_TTL") {
      SLUICE_RETURN_IF_ERROR(BindStateTtl(hint));
    } else if (name != "MULTI_JOIN") {
      return Invalid(fmt::format("Hint: {} should be registered in the HintStrategyTable", name), hint.position);
    }
  }
  return {};
}

}  // namespace sluice::engine::sql
