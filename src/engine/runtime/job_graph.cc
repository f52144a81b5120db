#include "engine/runtime/job_graph.h"

#include <algorithm>
#include <numeric>

namespace sluice::engine {

std::vector<int> ChainVertices(const JobGraph& graph) {
  const size_t count = graph.vertices.size();
  std::vector<int> root(count);
  std::iota(root.begin(), root.end(), 0);
  auto find = [&](int v) {
    while (root[static_cast<size_t>(v)] != v) v = root[static_cast<size_t>(v)];
    return v;
  };
  std::vector<int> in_edges(count, 0);
  bool parallel = false;
  for (const JobVertex& v : graph.vertices) parallel |= v.parallelism > 1;
  for (const JobEdge& e : graph.edges) ++in_edges[static_cast<size_t>(e.to)];
  for (const JobEdge& e : graph.edges) {
    const auto from = static_cast<size_t>(e.from), to = static_cast<size_t>(e.to);
    const bool same = graph.vertices[from].parallelism == graph.vertices[to].parallelism;
    const bool forward = e.distribution == Distribution::kForward ||
                         (graph.vertices[to].parallelism == 1 && graph.vertices[from].parallelism == 1);
    if (parallel && !(same && forward && in_edges[to] == 1)) continue;
    const int a = find(e.from), b = find(e.to);
    root[static_cast<size_t>(std::max(a, b))] = std::min(a, b);
  }
  std::vector<int> task(count, -1);
  int next = 0;
  for (size_t v = 0; v < count; ++v) {
    const auto r = static_cast<size_t>(find(static_cast<int>(v)));
    if (task[r] < 0) task[r] = next++;
    task[v] = task[r];
  }
  return task;
}

}  // namespace sluice::engine
