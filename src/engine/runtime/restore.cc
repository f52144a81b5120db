#include "engine/runtime/restore.h"

#include <algorithm>

#include "engine/columnar/hashing.h"
#include "engine/runtime/in_flight.h"

namespace sluice::engine {
namespace {

void PutNumber(std::string& out, int64_t v) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(static_cast<uint64_t>(v) >> (8 * i) & 0xFF);
}

int64_t NumberAt(std::string_view in, size_t at) {
  uint64_t v = 0;
  for (size_t i = 8; i-- > 0;) v = v << 8 | static_cast<uint8_t>(in[at + i]);
  return static_cast<int64_t>(v);
}

const VertexSnapshotData* FindVertex(const JobRestore& restore, const std::string& uid) {
  for (const VertexSnapshotData& v : restore.manifest.vertices) {
    if (v.uid == uid) return &v;
  }
  return nullptr;
}

bool Overlap(KeyGroupRange a, KeyGroupRange b) { return a.first <= b.last && b.first <= a.last; }

SavedWatermarks WatermarksOf(const SubtaskSnapshot& subtask) {
  // A finished one has sent its last watermark.
  if (subtask.finished) return {kMaxWatermark, kMaxWatermark, false};
  if (!subtask.state) return {};
  const auto found = subtask.state->values.find(std::string(kWatermarksValue));
  return found == subtask.state->values.end() ? SavedWatermarks{} : DecodeWatermarks(found->second);
}

/// Those of the old subtask at the same parallelism, else what holds for all of them: the smallest of those that were
/// not idle (the greatest if all were).
SavedWatermarks MergedWatermarks(const VertexSnapshotData& old, size_t subtask, bool same) {
  SavedWatermarks own, least{kMaxWatermark, kMaxWatermark, true};
  int64_t greatest = kNoWatermark;
  for (size_t i = 0; i < old.subtasks.size(); ++i) {
    const SavedWatermarks w = WatermarksOf(old.subtasks[i]);
    if (i == subtask) own = w;
    least.input = std::min(least.input, w.input);
    greatest = std::max(greatest, w.output);
    if (w.idle) continue;
    least.idle = false;
    least.output = std::min(least.output, w.output);
  }
  if (least.idle) least.output = greatest;
  if (same && !own.idle) return own;
  if (same) least.input = own.input;
  return least;
}

void TakeState(const JobGraph& graph, const JobRestore& restore, const VertexSnapshotData& old, int parallelism,
               std::vector<SubtaskRestore>& subtasks) {
  const auto groups = static_cast<uint32_t>(graph.max_parallelism);
  const auto old_parallelism = static_cast<uint32_t>(old.subtasks.size());
  for (size_t s = 0; s < subtasks.size(); ++s) {
    SubtaskRestore& out = subtasks[s];
    out.state.reader = restore.reader;
    out.state.may_refer = restore.may_refer;
    out.allow_unclaimed = restore.allow_non_restored;
    const KeyGroupRange own = KeyGroupsOfSubtask(static_cast<uint32_t>(s), groups, static_cast<uint32_t>(parallelism));
    for (uint32_t o = 0; o < old_parallelism; ++o) {
      const SubtaskSnapshot& from = old.subtasks[o];
      if (from.state && !from.finished && Overlap(own, KeyGroupsOfSubtask(o, groups, old_parallelism))) {
        out.state.snapshots.push_back(*from.state);
      }
    }
    out.watermarks = MergedWatermarks(old, s, old.subtasks.size() == subtasks.size());
  }
}

/// Which consumer subtask each row of a batch goes to now; old consumer `consumer` had it under way.
class InFlightRouter {
 public:
  InFlightRouter(const JobGraph& graph, const JobEdge& edge, const VertexSnapshotData& old, size_t old_producers,
                 std::vector<SubtaskRestore>& subtasks)
      : edge_(edge),
        groups_(static_cast<uint32_t>(graph.max_parallelism)),
        old_consumers_(old.subtasks.size()),
        producers_(static_cast<size_t>(graph.vertices[static_cast<size_t>(edge.from)].parallelism)),
        subtasks_(subtasks) {
    // Watermarks between the rows hold for one producer and one consumer. If either is another now they may come too
    // early for rows of others; then they are left out, and the producer's next one says it.
    keep_watermarks_ = old_producers == producers_ && subtasks.size() == old_consumers_;
  }

  Status Add(size_t consumer, const InFlightBatch& in_flight) {
    SLUICE_ASSIGN_OR_RETURN(Batch batch, DecodeInFlight(in_flight.bytes, edge_.types));
    if (!keep_watermarks_) batch.watermark = kNoWatermark;
    const int producer = static_cast<int>(static_cast<size_t>(in_flight.producer) % producers_);
    const size_t count = subtasks_.size();
    if (edge_.distribution == Distribution::kHash && count != old_consumers_) {
      Scatter(producer, batch);
      return {};
    }
    if (edge_.distribution == Distribution::kBroadcast) {
      for (size_t s = 0; s < count; ++s) {
        if (s % old_consumers_ == consumer) Put(s, producer, batch);
      }
      return {};
    }
    Put(consumer % count, producer, std::move(batch));
    return {};
  }

 private:
  void Put(size_t subtask, int producer, Batch batch) {
    if (batch.row_count() == 0 && batch.watermark == kNoWatermark) return;
    subtasks_[subtask].in_flight.push_back({edge_.input, producer, std::move(batch)});
  }

  void Scatter(int producer, const Batch& batch) {
    const auto parallelism = static_cast<uint32_t>(subtasks_.size());
    std::vector<ColumnPtr> keys;
    if (batch.length > 0) {
      for (const int key : edge_.hash_keys) keys.push_back(batch.columns[static_cast<size_t>(key)]);
    }
    std::vector<uint64_t> hashes;
    HashRows(keys, batch.rows(), hashes);
    std::vector<std::vector<uint32_t>> selections(parallelism);
    for (size_t i = 0; i < batch.length; ++i) {
      selections[SubtaskOfKeyGroup(KeyGroupOf(hashes[i], groups_), groups_, parallelism)].push_back(
          static_cast<uint32_t>(i));
    }
    for (size_t s = 0; s < selections.size(); ++s) {
      if (selections[s].empty()) continue;
      Batch part = batch;
      part.selected = true;
      part.selection = std::move(selections[s]);
      Put(s, producer, std::move(part));
    }
  }

  const JobEdge& edge_;
  uint32_t groups_;
  size_t old_consumers_, producers_;
  bool keep_watermarks_;
  std::vector<SubtaskRestore>& subtasks_;
};

Status TakeInFlight(const JobGraph& graph, const JobRestore& restore, const VertexSnapshotData& old, size_t vertex,
                    std::vector<SubtaskRestore>& subtasks) {
  for (const JobEdge& edge : graph.edges) {
    if (static_cast<size_t>(edge.to) != vertex) continue;
    const VertexSnapshotData* producer = FindVertex(restore, graph.vertices[static_cast<size_t>(edge.from)].uid);
    InFlightRouter router(graph, edge, old, producer == nullptr ? 0 : producer->subtasks.size(), subtasks);
    for (size_t o = 0; o < old.subtasks.size(); ++o) {
      for (const InFlightBatch& batch : old.subtasks[o].in_flight) {
        if (batch.input != edge.input) continue;
        SLUICE_RETURN_IF_ERROR(router.Add(o, batch));
      }
    }
  }
  return {};
}

}  // namespace

std::string EncodeWatermarks(const SavedWatermarks& watermarks) {
  std::string out;
  PutNumber(out, watermarks.input);
  PutNumber(out, watermarks.output);
  out += watermarks.idle ? '\1' : '\0';
  return out;
}

SavedWatermarks DecodeWatermarks(std::string_view bytes) {
  if (bytes.size() != 17) return {};
  return {NumberAt(bytes, 0), NumberAt(bytes, 8), bytes[16] != 0};
}

Result<std::vector<SubtaskRestore>> RestoreVertex(const JobGraph& graph, const JobRestore& restore, size_t vertex) {
  const JobVertex& v = graph.vertices[vertex];
  const VertexSnapshotData* old = FindVertex(restore, v.uid);
  if (old == nullptr || old->subtasks.empty()) return std::vector<SubtaskRestore>();
  std::vector<SubtaskRestore> subtasks(static_cast<size_t>(v.parallelism));
  const bool finished =
      std::all_of(old->subtasks.begin(), old->subtasks.end(), [](const SubtaskSnapshot& s) { return s.finished; });
  for (size_t i = 0; i < subtasks.size(); ++i) {
    SubtaskRestore& s = subtasks[i];
    s.finished = finished;
    s.hold_commits = restore.hold_commits;
    if (i < old->subtasks.size()) s.final_position = old->subtasks[i].position;
    if (v.make_source) {
      for (const SubtaskSnapshot& from : old->subtasks) s.positions.push_back(from.position);
    }
  }
  for (size_t o = 0; o < old->subtasks.size(); ++o) {
    auto& prepared = subtasks[o % subtasks.size()].prepared;
    prepared.insert(prepared.end(), old->subtasks[o].prepared.begin(), old->subtasks[o].prepared.end());
  }
  if (v.make_operator) TakeState(graph, restore, *old, v.parallelism, subtasks);
  if (Status taken = TakeInFlight(graph, restore, *old, vertex, subtasks); !taken.ok()) {
    return taken.error().WithContext("operator '" + v.name + "'");
  }
  return subtasks;
}

}  // namespace sluice::engine
