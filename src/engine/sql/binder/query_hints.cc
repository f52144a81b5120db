// Hints after SELECT: which there are, what they name, and the one that says something to the engine, STATE_TTL.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/options_registry.h"
#include "engine/sql/binder/select_binder.h"
#include "engine/sql/errors.h"
#include "engine/sql/optimizer/optimizer.h"

namespace sluice::engine::sql {

namespace {

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

/// LOOKUP's options (Flink's LookupHintOptions), checked.
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

/// What checked options of LOOKUP say. Requests are always asynchronous here; 'async' chooses nothing.
LookupHint ReadLookup(const ast::Hint& hint) {
  LookupHint out;
  for (const ast::Property& p : hint.options) {
    const std::string& key = p.key.value;
    const std::string value = UpperCase(p.value.value);
    auto milliseconds = [&] { return static_cast<int64_t>(ParseOptionDuration(p.value.value)->count()); };
    if (key == "output-mode") {
      out.given_order = true;
      out.ordered = value == "ORDERED";
    } else if (key == "capacity") {
      out.capacity = std::stoll(value);
    } else if (key == "timeout") {
      out.timeout_ms = milliseconds();
    } else if (key == "retry-predicate") {
      out.retry_on_miss = value == "LOOKUP_MISS";
    } else if (key == "fixed-delay") {
      out.retry_delay_ms = milliseconds();
    } else if (key == "max-attempts") {
      out.max_attempts = std::stoll(value);
    }
  }
  return out;
}

enum class JoinSide : uint8_t { kLeft, kRight };
using ChangeJoin = std::function<void(JoinRel&, JoinSide)>;

/// `rel` with the join changed whose one side is the columns [first, first + count); null if there is none.
RelPtr ChangeJoinOf(const RelPtr& rel, size_t first, size_t count, const ChangeJoin& change) {
  if (rel->kind == RelKind::kFilter) {
    RelPtr below = ChangeJoinOf(rel->inputs[0], first, count, change);
    return below ? WithInputs(*rel, {std::move(below)}) : nullptr;
  }
  if (rel->kind != RelKind::kJoin) return nullptr;
  auto copy = std::make_shared<JoinRel>(static_cast<const JoinRel&>(*rel));
  const size_t left_width = rel->inputs[0]->schema.size();
  const JoinSide side = first < left_width ? JoinSide::kLeft : JoinSide::kRight;
  const size_t input = side == JoinSide::kLeft ? 0 : 1;
  if (side == JoinSide::kRight) first -= left_width;
  if (RelPtr below = ChangeJoinOf(rel->inputs[input], first, count, change)) {
    copy->inputs[input] = std::move(below);
    return copy;
  }
  if (first != 0 || count != rel->inputs[input]->schema.size()) return nullptr;
  change(*copy, side);
  return copy;
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

template <typename Change>
void SelectBinder::ChangeJoinWith(const std::string& alias, const Change& change) {
  for (const ScopeTable& t : scope_.tables) {
    if (t.alias != alias) continue;
    if (RelPtr changed = ChangeJoinOf(rel_, t.first, t.count, change)) rel_ = std::move(changed);
  }
}

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
    ChangeJoinWith(p.key.value, [&](JoinRel& join, JoinSide side) {
      (side == JoinSide::kLeft ? join.left_ttl_ms : join.right_ttl_ms) = ttl->count();
    });
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
      for (const ast::Property& option : hint.options) {
        if (option.key.value != "table") continue;
        ChangeJoinWith(option.value.value, [&](JoinRel& join, JoinSide) { join.lookup = ReadLookup(hint); });
      }
    } else if (name == "STATE_TTL") {
      SLUICE_RETURN_IF_ERROR(BindStateTtl(hint));
    } else if (name != "MULTI_JOIN") {
      return Invalid(fmt::format("Hint: {} should be registered in the HintStrategyTable", name), hint.position);
    }
  }
  return {};
}

}  // namespace sluice::engine::sql
