#include "engine/sql/explain/explain_cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "engine/columnar/display.h"

namespace sluice::engine::sql {
namespace {

constexpr double kTableRows = 1e8;
constexpr double kEquals = kEqualsSelectivity, kCompares = 0.5, kLike = 0.05, kNull = 0.1, kOther = 0.25;

double Width(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
    case TypeKind::kTinyint:
    case TypeKind::kChar: return 1;
    case TypeKind::kSmallint: return 2;
    case TypeKind::kInteger:
    case TypeKind::kFloat: return 4;
    case TypeKind::kBigint:
    case TypeKind::kDouble: return 8;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return 16;
    case TypeKind::kArray:
    case TypeKind::kMultiset: return 16 * Width(type.element());
    case TypeKind::kMap: return 16 * (Width(type.key()) + Width(type.value()));
    case TypeKind::kRow: {
      double sum = 0;
      for (const RowField& f : type.fields()) sum += Width(f.type);
      return sum;
    }
    default: return 12;
  }
}

struct Estimate {
  double rows = 0;                                     // that come out
  double cost_rows = 0, cpu = 0, io = 0, network = 0;  // of the node and all below it
};

std::string Number(double v) {
  return FieldText(*Column::MakeConstant(DataType::Double(), Value::Double(v), 1), 0, *TimeZone::Utc());
}

/// Rows of a join: of one with equalities a part of both sides', of one without all pairs.
std::optional<double> JoinRows(const CostFacts& facts, double left, double right) {
  if (facts.unknown) return std::nullopt;
  if (facts.semi) return left;
  const double inner = (facts.keys > 0 ? left + right : left * right) * facts.factor;
  return facts.outer ? std::max(left, inner) : inner;
}

class Coster {
 public:
  std::optional<Estimate> Add(ExplainTree& tree) {
    std::vector<Estimate> inputs;
    bool known = true;
    for (ExplainTree& in : tree.inputs) {
      const std::optional<Estimate> e = Add(in);
      known &= e.has_value();
      if (e) inputs.push_back(*e);
    }
    if (!known) return std::nullopt;
    const std::optional<Estimate> own = Of(tree, inputs);
    if (!own) return std::nullopt;
    tree.text +=
        fmt::format(": rowcount = {}, cumulative cost = {{{} rows, {} cpu, {} io, {} network, 0.0 memory}}",
                    Number(own->rows), Number(own->cost_rows), Number(own->cpu), Number(own->io), Number(own->network));
    return own;
  }

 private:
  static std::optional<Estimate> Of(const ExplainTree& tree, const std::vector<Estimate>& inputs) {
    const std::string name = tree.text.substr(0, tree.text.find('('));
    const CostFacts& facts = tree.facts;
    Estimate out;
    double rows = 0;
    for (const Estimate& in : inputs) {
      rows += in.rows;
      out.cost_rows += in.cost_rows;
      out.cpu += in.cpu;
      out.io += in.io;
      out.network += in.network;
    }
    out.rows = rows;
    auto add = [&](double more_rows, double cpu) {
      out.cost_rows += more_rows;
      out.cpu += cpu;
      return out;
    };
    if (name == "TableSourceScan") {
      out.rows = facts.rows >= 0 ? facts.rows : kTableRows;
      out.io = out.rows * facts.width;
      return add(out.rows, out.rows);
    }
    if (name == "Values") {
      out.rows = facts.rows;
      return add(out.rows, 1);
    }
    if (name == "Calc") {
      out.rows = rows * facts.factor;
      return add(out.rows, out.rows * facts.computations);
    }
    if (name == "Exchange") {
      out.network += rows * tree.inputs[0].facts.width;
      return add(rows, rows * (160 + (facts.keys > 0 ? 8 * facts.keys : 1)));
    }
    if (name == "Limit" && facts.rows >= 0) {
      out.rows = std::min(rows, facts.rows);
      return add(out.rows, 16 * out.rows);
    }
    if (name == "Join") {
      const std::optional<double> joined = JoinRows(facts, inputs[0].rows, inputs[1].rows);
      if (!joined) return std::nullopt;
      out.rows = *joined;
      return add(200, 200);
    }
    static const std::set<std::string> kByRow = {"WatermarkAssigner",
                                                 "GroupAggregate",
                                                 "Sink",
                                                 "Union",
                                                 "OverAggregate",
                                                 "GroupWindowAggregate",
                                                 "LocalWindowAggregate",
                                                 "GlobalWindowAggregate",
                                                 "WindowAggregate"};
    if (kByRow.contains(name)) return add(rows, rows);
    return std::nullopt;
  }
};

}  // namespace

double RowWidth(const Schema& schema) {
  double sum = 0;
  for (const RowField& f : schema) sum += Width(f.type);
  return sum;
}

double Selectivity(const Expr& e) {
  if (e.kind != ExprKind::kCall) return kEquals;
  const std::string& f = e.function;
  if (f == "AND") {
    double all = 1;
    for (const ExprPtr& a : e.args) all *= Selectivity(*a);
    return all;
  }
  if (f == "OR") {
    double none = Selectivity(*e.args[0]);
    for (size_t i = 1; i < e.args.size(); ++i) {
      const double one = Selectivity(*e.args[i]);
      none = none + one - none * one;
    }
    return none;
  }
  if (f == "NOT") return 1 - Selectivity(*e.args[0]);
  if (f == "=") return kEquals;
  if (f == "<>") return 1 - kEquals;
  if (f == "<" || f == ">" || f == "<=" || f == ">=") return kCompares;
  if (f == "IN") return std::min(1.0, kEquals * static_cast<double>(e.args.size() - 1));
  if (f == "LIKE") return kLike;
  if (f == "IS NULL") return kNull;
  if (f == "IS NOT NULL") return 1 - kNull;
  return kOther;
}

int Computations(const std::vector<ExprPtr>& projections) {
  return static_cast<int>(std::count_if(projections.begin(), projections.end(), [](const ExprPtr& e) {
    return e->kind == ExprKind::kCall && e->function != "CAST";
  }));
}

void AddCosts(std::vector<ExplainTree>& trees) {
  Coster coster;
  for (ExplainTree& tree : trees) coster.Add(tree);
}

}  // namespace sluice::engine::sql
