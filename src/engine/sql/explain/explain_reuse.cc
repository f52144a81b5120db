#include "engine/sql/explain/explain_reuse.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

namespace sluice::engine::sql {
namespace {

class Sharer {
 public:
  void Count(const ExplainTree& tree, size_t root) {
    auto [at, fresh] = parts_.try_emplace(DrawTree(tree));
    Part& part = at->second;
    if (!fresh) {
      part.shared = true;
      part.between_roots |= part.root != root;
      return;
    }
    part.root = root;
    for (const ExplainTree& input : tree.inputs) Count(input, root);
  }

  void Mark(ExplainTree& tree) {
    Part& part = parts_.at(DrawTree(tree));
    if (!part.shared) {
      for (ExplainTree& input : tree.inputs) Mark(input);
      return;
    }
    const bool first = part.id == 0;
    if (first) part.id = ++last_;
    const ExplainTree reference{fmt::format("Reused(reference_id=[{}])", part.id), {}};
    if (!first) {
      tree = reference;
      return;
    }
    for (ExplainTree& input : tree.inputs) Mark(input);
    tree.text += fmt::format("(reuse_id=[{}])", part.id);
    if (part.between_roots) before.push_back(std::exchange(tree, reference));
  }

  std::vector<ExplainTree> before;  // trees that several roots share

 private:
  struct Part {
    bool shared = false, between_roots = false;
    size_t root = 0;
    int id = 0;
  };

  std::map<std::string, Part> parts_;  // by their text
  int last_ = 0;
};

}  // namespace

void ShareParts(std::vector<ExplainTree>& trees) {
  Sharer sharer;
  for (size_t i = 0; i < trees.size(); ++i) sharer.Count(trees[i], i);
  for (ExplainTree& tree : trees) sharer.Mark(tree);
  std::vector<ExplainTree> all = std::move(sharer.before);
  for (ExplainTree& tree : trees) all.push_back(std::move(tree));
  trees = std::move(all);
}

}  // namespace sluice::engine::sql
