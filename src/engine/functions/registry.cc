#include <algorithm>
#include <numeric>

#include "engine/functions/function.h"

namespace sluice::engine {

namespace {

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

template <typename F>
void Register(std::map<std::string, std::shared_ptr<const F>, std::less<>>& into, F f) {
  auto shared = std::make_shared<const F>(std::move(f));
  INVARIANT(into.emplace(shared->name, shared).second, "function declared twice: " + shared->name);
  for (const std::string& alias : shared->aliases) {
    INVARIANT(into.emplace(alias, shared).second, "function declared twice: " + alias);
  }
}

template <typename F>
std::vector<const F*> Unique(const std::map<std::string, std::shared_ptr<const F>, std::less<>>& from) {
  std::vector<const F*> out;
  for (const auto& [name, f] : from) {
    if (name == f->name) out.push_back(f.get());
  }
  return out;
}

}  // namespace

void FunctionRegistry::Add(ScalarFunction f) { Register(scalars_, std::move(f)); }
void FunctionRegistry::Add(AggregateFunction f) { Register(aggregates_, std::move(f)); }

const ScalarFunction* FunctionRegistry::FindScalar(std::string_view name) const {
  auto it = scalars_.find(name);
  return it == scalars_.end() ? nullptr : it->second.get();
}

const AggregateFunction* FunctionRegistry::FindAggregate(std::string_view name) const {
  auto it = aggregates_.find(name);
  return it == aggregates_.end() ? nullptr : it->second.get();
}

std::vector<const ScalarFunction*> FunctionRegistry::scalars() const { return Unique(scalars_); }
std::vector<const AggregateFunction*> FunctionRegistry::aggregates() const { return Unique(aggregates_); }

std::string FunctionRegistry::Nearest(std::string_view name) const {
  std::string best;
  size_t best_distance = std::max<size_t>(1, name.size() / 3) + 1;
  auto look = [&](const std::string& candidate) {
    const size_t d = EditDistance(name, candidate);
    if (d < best_distance) {
      best_distance = d;
      best = candidate;
    }
  };
  for (const auto& [candidate, f] : scalars_) look(candidate);
  for (const auto& [candidate, f] : aggregates_) look(candidate);
  return best;
}

}  // namespace sluice::engine
