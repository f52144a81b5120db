#include "engine/plan/expr.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

namespace sluice::engine {

ExprPtr Expr::Input(int index, DataType type) {
  auto e = std::make_shared<Expr>();
  e->kind = ExprKind::kInput;
  e->input = index;
  e->type = std::move(type);
  return e;
}

ExprPtr Expr::Literal(Value value, DataType type) {
  auto e = std::make_shared<Expr>();
  e->kind = ExprKind::kLiteral;
  e->value = std::move(value);
  e->type = std::move(type);
  return e;
}

ExprPtr Expr::Call(std::string function, std::vector<ExprPtr> args, DataType type, TextPosition position) {
  auto e = std::make_shared<Expr>();
  e->kind = ExprKind::kCall;
  e->function = std::move(function);
  e->args = std::move(args);
  e->type = std::move(type);
  e->position = position;
  return e;
}

bool ExprEquals(const Expr& a, const Expr& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind || !(a.type == b.type)) return false;
  switch (a.kind) {
    case ExprKind::kInput: return a.input == b.input;
    case ExprKind::kLiteral: return a.value == b.value;
    case ExprKind::kCall: break;
  }
  return a.function == b.function && std::equal(a.args.begin(), a.args.end(), b.args.begin(), b.args.end(),
                                                [](const ExprPtr& x, const ExprPtr& y) { return ExprEquals(*x, *y); });
}

size_t ExprHash(const Expr& e) { return std::hash<std::string>()(ExprToString(e)); }

namespace {

std::string ValueText(const Value& v, const DataType& type);

std::string ListText(const ValueList& list, const DataType& type) {
  std::string out = "[";
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ", ";
    size_t child = type.kind() == TypeKind::kRow ? i : (type.kind() == TypeKind::kMap ? i % 2 : 0);
    out += child < type.child_count() ? ValueText(list[i], type.child(child)) : "?";
  }
  return out + "]";
}

std::string ValueText(const Value& v, const DataType& type) {
  struct Visitor {
    const DataType& type;
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(int64_t i) const { return std::to_string(i); }
    std::string operator()(double d) const { return fmt::format("{}", d); }
    std::string operator()(int128_t d) const {
      const bool negative = d < 0;
      auto u = static_cast<uint128_t>(negative ? -d : d);
      std::string digits;
      do {
        digits += static_cast<char>('0' + static_cast<int>(u % 10));
        u /= 10;
      } while (u != 0);
      while (static_cast<int>(digits.size()) <= type.scale()) digits += '0';
      std::reverse(digits.begin(), digits.end());
      if (type.scale() > 0) digits.insert(digits.size() - static_cast<size_t>(type.scale()), ".");
      return (negative ? "-" : "") + digits;
    }
    std::string operator()(const Timestamp& t) const { return fmt::format("{}.{:06}", t.millis, t.nanos); }
    std::string operator()(const std::string& s) const {
      return type.kind() == TypeKind::kSymbol ? "FLAG(" + s + ")" : "'" + s + "'";
    }
    std::string operator()(const ValueList& l) const { return ListText(l, type); }
  };
  return std::visit(Visitor{type}, v.storage());
}

bool IsInfix(const std::string& f) {
  static const std::set<std::string> kInfix = {"+", "-",  "*", "/",  "%",   "=",  "<>",
                                               "<", "<=", ">", ">=", "AND", "OR", "||"};
  return kInfix.contains(f);
}

std::string Print(const Expr& e, const Schema* input) {
  if (e.kind == ExprKind::kInput) {
    if (input != nullptr && e.input >= 0 && static_cast<size_t>(e.input) < input->size()) {
      return (*input)[static_cast<size_t>(e.input)].name;
    }
    return "$" + std::to_string(e.input);
  }
  if (e.kind == ExprKind::kLiteral) {
    std::string out = ValueText(e.value, e.type);
    return input == nullptr || e.value.is_null() ? out + ":" + e.type.ToString() : out;
  }
  std::vector<std::string> args;
  for (const ExprPtr& a : e.args) args.push_back(Print(*a, input));
  if (input != nullptr && IsInfix(e.function) && args.size() >= 2) {
    return "(" + fmt::format("{}", fmt::join(args, " " + e.function + " ")) + ")";
  }
  if (input != nullptr && e.function == "FIELD" && e.args[1]->kind == ExprKind::kLiteral) {
    const auto index = static_cast<size_t>(e.args[1]->value.as_int());
    const auto& fields = e.args[0]->type.fields();
    if (index < fields.size()) return args[0] + "." + fields[index].name;
  }
  if (e.function == "CAST" || e.function == "TRY_CAST") {
    return fmt::format("{}({} AS {})", e.function, args.empty() ? "" : args[0], e.type.ToString(false));
  }
  if (input != nullptr && e.function.starts_with("IS ") && args.size() == 1) return args[0] + " " + e.function;
  std::string out = fmt::format("{}({})", e.function, fmt::join(args, ", "));
  return input == nullptr ? out + ":" + e.type.ToString() : out;
}

}  // namespace

std::string ExprToString(const Expr& e) { return Print(e, nullptr); }
std::string ExprToString(const Expr& e, const Schema& input) { return Print(e, &input); }

std::vector<int> ExprInputs(const Expr& e) {
  std::set<int> found;
  auto walk = [&](auto& self, const Expr& x) -> void {
    if (x.kind == ExprKind::kInput) found.insert(x.input);
    for (const ExprPtr& a : x.args) self(self, *a);
  };
  walk(walk, e);
  return {found.begin(), found.end()};
}

namespace {

ExprPtr MapInputs(const ExprPtr& e, const std::function<ExprPtr(const ExprPtr&)>& replace) {
  if (e->kind == ExprKind::kInput) return replace(e);
  if (e->args.empty()) return e;
  auto copy = std::make_shared<Expr>(*e);
  bool changed = false;
  for (ExprPtr& a : copy->args) {
    ExprPtr next = MapInputs(a, replace);
    changed |= next != a;
    a = std::move(next);
  }
  return changed ? ExprPtr(std::move(copy)) : e;
}

}  // namespace

ExprPtr ExprSubstitute(const ExprPtr& e, const std::vector<ExprPtr>& replacements) {
  return MapInputs(e, [&](const ExprPtr& in) {
    INVARIANT(static_cast<size_t>(in->input) < replacements.size(), "input without a replacement");
    return replacements[static_cast<size_t>(in->input)];
  });
}

ExprPtr ExprShift(const ExprPtr& e, int offset) {
  if (offset == 0) return e;
  return MapInputs(e, [&](const ExprPtr& in) { return Expr::Input(in->input + offset, in->type); });
}

}  // namespace sluice::engine
