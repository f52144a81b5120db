// Whether a snapshot fits a job, before anything of the job runs.
#include <algorithm>
#include <numeric>

#include "engine/runtime/checkpoint.h"
#include "engine/runtime/job_graph.h"
#include "engine/runtime/restore.h"

namespace sluice::engine {
namespace {

enum class Kind : uint8_t { kNothing, kSource, kOperator, kSink };

/// What the snapshot holds of a vertex tells what it was; nothing held fits everything.
Kind KindOf(const VertexSnapshotData& vertex) {
  for (const SubtaskSnapshot& s : vertex.subtasks) {
    if (s.state) return Kind::kOperator;
    if (!s.prepared.empty()) return Kind::kSink;
    if (!s.position.empty()) return Kind::kSource;
  }
  return Kind::kNothing;
}

Kind KindOf(const JobVertex& vertex) {
  if (vertex.make_source) return Kind::kSource;
  return vertex.make_operator ? Kind::kOperator : Kind::kSink;
}

const char* KindText(Kind kind) {
  switch (kind) {
    case Kind::kSource: return "a source";
    case Kind::kOperator: return "an operator";
    default: return "a sink";
  }
}

bool HoldsState(const StateSnapshot& state) {
  if (!state.tables.empty()) return true;
  return std::any_of(state.values.begin(), state.values.end(),
                     [](const auto& v) { return v.first != kWatermarksValue; });
}

bool HoldsState(const VertexSnapshotData& vertex) {
  return std::any_of(vertex.subtasks.begin(), vertex.subtasks.end(), [](const SubtaskSnapshot& s) {
    return (s.state && HoldsState(*s.state)) || !s.position.empty() || !s.prepared.empty() || !s.in_flight.empty();
  });
}

/// Levenshtein's.
size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string Quoted(const std::string& name, const std::string& uid) {
  return "operator '" + name + "' (uid '" + uid + "')";
}

/// The job's vertex whose name, or uid, is nearest; of those of the same kind if there are any.
const JobVertex* Nearest(const JobGraph& graph, const VertexSnapshotData& vertex) {
  const JobVertex* nearest = nullptr;
  size_t least = SIZE_MAX;
  for (const JobVertex& v : graph.vertices) {
    size_t distance = 2 * std::min(Distance(v.name, vertex.name), Distance(v.uid, vertex.uid));
    if (KindOf(v) != KindOf(vertex)) distance += 1000;
    if (distance >= least) continue;
    least = distance;
    nearest = &v;
  }
  return nearest;
}

Error NotInJob(const JobGraph& graph, const VertexSnapshotData& vertex) {
  std::string message =
      "The snapshot has state of " + Quoted(vertex.name, vertex.uid) + ", which the job does not have.";
  if (const JobVertex* nearest = Nearest(graph, vertex)) {
    message += " The nearest that it has is " + Quoted(nearest->name, nearest->uid) + ".";
  }
  return Error(ErrorCode::kRestore, message + " Allow non-restored state to drop the state.");
}

}  // namespace

Status CheckRestore(const JobGraph& graph, const JobRestore& restore) {
  const CheckpointManifest& manifest = restore.manifest;
  if (manifest.max_parallelism != graph.max_parallelism) {
    return Error(ErrorCode::kRestore,
                 "The snapshot was taken with a maximum parallelism of " + std::to_string(manifest.max_parallelism) +
                     ", the job has " + std::to_string(graph.max_parallelism) +
                     ". It cannot be changed once there is state: set pipeline.max-parallelism to " +
                     std::to_string(manifest.max_parallelism) + ".");
  }
  for (const VertexSnapshotData& vertex : manifest.vertices) {
    const auto same = std::find_if(graph.vertices.begin(), graph.vertices.end(),
                                   [&](const JobVertex& v) { return v.uid == vertex.uid; });
    if (same == graph.vertices.end()) {
      if (HoldsState(vertex) && !restore.allow_non_restored) return NotInJob(graph, vertex);
      continue;
    }
    const Kind was = KindOf(vertex), is = KindOf(*same);
    if (was == Kind::kNothing || was == is) continue;
    return Error(ErrorCode::kRestore, "The snapshot has " + std::string(KindText(was)) + " '" + vertex.name +
                                          "' under the uid '" + vertex.uid + "', the job has " + KindText(is) + " '" +
                                          same->name + "' there.");
  }
  return {};
}

}  // namespace sluice::engine
