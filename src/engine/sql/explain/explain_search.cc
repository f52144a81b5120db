#include "engine/sql/explain/explain_search.h"

#include <algorithm>
#include <map>
#include <utility>

namespace sluice::engine::sql {
namespace {

/// -1, 0, 1
int Compare(const Expr& a, const Expr& b) {
  if (a.type.is_character()) return a.value.as_string().compare(b.value.as_string());
  const int64_t x = a.value.as_int(), y = b.value.as_int();
  return x < y ? -1 : x > y ? 1 : 0;
}

ExprPtr Constant(const ExprPtr& e) {
  if (e->kind == ExprKind::kCall && e->function == "CAST") {
    const bool number = e->type.is_numeric() && e->args[0]->type.is_exact_integer();
    return number ? Constant(e->args[0]) : nullptr;
  }
  const bool known =
      e->kind == ExprKind::kLiteral && !e->value.is_null() && (e->type.is_exact_integer() || e->type.is_character());
  return known ? e : nullptr;
}

const std::map<std::string, std::string>& Opposites() {
  static const std::map<std::string, std::string> kOpposites = {{"=", "<>"}, {"<>", "="}, {"<", ">="},
                                                                {">=", "<"}, {">", "<="}, {"<=", ">"}};
  return kOpposites;
}

ExprPtr Negated(const ExprPtr& e) {
  const std::string& f = e->function;
  if (e->kind == ExprKind::kCall) {
    if (f == "NOT") return WithoutNegations(e->args[0]);
    if (f == "IS NULL") return Expr::Call("IS NOT NULL", e->args, e->type);
    if (f == "IS NOT NULL") return Expr::Call("IS NULL", e->args, e->type);
    if (const auto opposite = Opposites().find(f); opposite != Opposites().end()) {
      return Expr::Call(opposite->second, e->args, e->type);
    }
    if (f == "AND" || f == "OR") {
      std::vector<ExprPtr> args;
      for (const ExprPtr& a : e->args) args.push_back(Negated(a));
      return Expr::Call(f == "AND" ? "OR" : "AND", std::move(args), e->type);
    }
  }
  return Expr::Call("NOT", {WithoutNegations(e)}, e->type);
}

}  // namespace

const Expr& WithoutWidening(const Expr& e) {
  if (e.kind != ExprKind::kCall || e.function != "CAST" || !e.type.is_numeric()) return e;
  const Expr& arg = *e.args[0];
  return arg.kind == ExprKind::kLiteral && arg.type.is_numeric() ? arg : e;
}

ExprPtr WithoutNegations(const ExprPtr& e) {
  if (e->kind != ExprKind::kCall) return e;
  if (e->function == "NOT") return Negated(e->args[0]);
  if (e->function != "AND" && e->function != "OR") return e;
  std::vector<ExprPtr> args;
  for (const ExprPtr& a : e->args) args.push_back(WithoutNegations(a));
  return Expr::Call(e->function, std::move(args), e->type);
}

std::vector<SearchSet::Range> SearchSet::RangesOf(const std::string& op, const ExprPtr& constant) {
  if (op == "=") return {{constant, constant, false, false}};
  if (op == "<>") return {{nullptr, constant, true, true}, {constant, nullptr, true, true}};
  if (op == "<" || op == "<=") return {{nullptr, constant, true, op == "<"}};
  return {{constant, nullptr, op == ">", true}};
}

std::optional<SearchSet> SearchSet::Of(const Expr& term) {
  if (term.kind != ExprKind::kCall) return std::nullopt;
  SearchSet out;
  if (term.function == "NOT") {
    if (term.args[0]->function != "IN") return std::nullopt;
    std::optional<SearchSet> in = Of(*term.args[0]);
    if (!in) return std::nullopt;
    in->ranges_ = Complement(in->ranges_);
    return in;
  }
  if (term.function == "IS NULL") {
    out.operand_ = term.args[0];
    out.null_is_true_ = true;
    return out;
  }
  const bool in = term.function == "IN";
  if (!in && (!Opposites().contains(term.function) || term.args.size() != 2)) return std::nullopt;
  out.operand_ = term.args[0];
  if (Constant(out.operand_) != nullptr) return std::nullopt;
  out.plain_ = !in;
  for (size_t i = 1; i < term.args.size(); ++i) {
    const ExprPtr constant = Constant(term.args[i]);
    if (constant == nullptr) return std::nullopt;
    SearchSet one;
    one.ranges_ = RangesOf(in ? "=" : term.function, constant);
    i == 1 ? std::swap(out.ranges_, one.ranges_) : out.Or(one);
  }
  out.plain_ = !in;
  return out;
}

std::vector<SearchSet::Range> SearchSet::Intersect(const std::vector<Range>& a, const std::vector<Range>& b) {
  std::vector<Range> out;
  for (const Range& x : a) {
    for (const Range& y : b) {
      Range r = x;
      if (y.low != nullptr) {
        const int c = r.low == nullptr ? -1 : Compare(*r.low, *y.low);
        if (c < 0) std::tie(r.low, r.low_open) = std::pair(y.low, y.low_open);
        if (c == 0) r.low_open |= y.low_open;
      }
      if (y.high != nullptr) {
        const int c = r.high == nullptr ? 1 : Compare(*r.high, *y.high);
        if (c > 0) std::tie(r.high, r.high_open) = std::pair(y.high, y.high_open);
        if (c == 0) r.high_open |= y.high_open;
      }
      const int width = r.low == nullptr || r.high == nullptr ? 1 : Compare(*r.high, *r.low);
      if (width > 0 || (width == 0 && !r.low_open && !r.high_open)) out.push_back(std::move(r));
    }
  }
  return out;
}

std::vector<SearchSet::Range> SearchSet::Complement(const std::vector<Range>& ranges) {
  std::vector<Range> out = {Range{}};
  for (const Range& r : ranges) {
    std::vector<Range> outside;
    if (r.low != nullptr) outside.push_back({nullptr, r.low, true, !r.low_open});
    if (r.high != nullptr) outside.push_back({r.high, nullptr, !r.high_open, true});
    out = Intersect(out, outside);
  }
  return out;
}

void SearchSet::And(const SearchSet& other) {
  ranges_ = Intersect(ranges_, other.ranges_);
  null_is_true_ &= other.null_is_true_;
  plain_ = false;
}

void SearchSet::Or(const SearchSet& other) {
  // Not in neither.
  ranges_ = Complement(Intersect(Complement(ranges_), Complement(other.ranges_)));
  null_is_true_ |= other.null_is_true_;
  plain_ = false;
}

std::string SearchSet::Text(const std::function<std::string(const Expr&)>& literal) const {
  std::string out;
  for (const Range& r : ranges_) {
    if (!out.empty()) out += ", ";
    if (r.low != nullptr && r.high != nullptr && Compare(*r.low, *r.high) == 0) {
      out += literal(*r.low);
      continue;
    }
    out += r.low_open ? "(" : "[";
    out += r.low == nullptr ? "-∞" : literal(*r.low);
    out += "..";
    out += r.high == nullptr ? "+∞" : literal(*r.high);
    out += r.high_open ? ")" : "]";
  }
  return out + (null_is_true_ ? "; NULL AS TRUE" : "");
}

ExprPtr SearchSet::constant() const {
  for (const Range& r : ranges_) {
    if (r.low != nullptr) return r.low;
    if (r.high != nullptr) return r.high;
  }
  return nullptr;
}

}  // namespace sluice::engine::sql
