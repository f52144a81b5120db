#include "engine/runtime/checkpoint_statistics.h"

#include <algorithm>
#include <cmath>

namespace sluice::engine {
namespace {

constexpr size_t kSamples = 10'000;

/// As Apache Commons Math's DescriptiveStatistics, which Flink uses: position p/100 * (n + 1), interpolated.
double Percentile(const std::vector<int64_t>& sorted, double p) {
  if (sorted.empty()) return 0;
  const double position = p / 100 * static_cast<double>(sorted.size() + 1);
  const double below = std::floor(position);
  if (position < 1) return static_cast<double>(sorted.front());
  if (position >= static_cast<double>(sorted.size())) return static_cast<double>(sorted.back());
  const auto at = static_cast<size_t>(below) - 1;
  return static_cast<double>(sorted[at]) +
         (position - below) * (static_cast<double>(sorted[at + 1]) - static_cast<double>(sorted[at]));
}

StatsSummary Summarise(std::vector<int64_t> values) {
  StatsSummary out;
  if (values.empty()) return out;
  std::sort(values.begin(), values.end());
  out.min = values.front();
  out.max = values.back();
  int64_t sum = 0;
  for (const int64_t value : values) sum += value;
  out.avg = sum / static_cast<int64_t>(values.size());
  out.p50 = Percentile(values, 50);
  out.p90 = Percentile(values, 90);
  out.p95 = Percentile(values, 95);
  out.p99 = Percentile(values, 99);
  out.p999 = Percentile(values, 99.9);
  return out;
}

}  // namespace

void CheckpointTracker::Began(int64_t id, CheckpointKind kind, int64_t now_ms,
                              const std::vector<VertexShape>& vertices) {
  CheckpointFacts facts;
  facts.id = id;
  facts.kind = kind;
  facts.trigger_ms = now_ms;
  for (const VertexShape& shape : vertices) {
    VertexCheckpointFacts vertex;
    vertex.uid = shape.uid;
    vertex.subtasks.resize(static_cast<size_t>(shape.parallelism));
    facts.num_subtasks += shape.parallelism;
    facts.vertices.push_back(std::move(vertex));
  }
  ++total_;
  history_.push_front(std::move(facts));
  // What is in progress is never forgotten.
  for (size_t i = history_.size(); i-- > 0 && history_.size() > limit_;) {
    if (history_[i].state != CheckpointState::kInProgress) {
      history_.erase(history_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

CheckpointFacts* CheckpointTracker::FindMutable(int64_t id) {
  for (CheckpointFacts& facts : history_) {
    if (facts.id == id) return &facts;
  }
  return nullptr;
}

const CheckpointFacts* CheckpointTracker::Find(int64_t id) const {
  for (const CheckpointFacts& facts : history_) {
    if (facts.id == id) return &facts;
  }
  for (const auto* latest : {&latest_completed_, &latest_savepoint_, &latest_failed_}) {
    if (latest->has_value() && (*latest)->id == id) return &**latest;
  }
  return nullptr;
}

void CheckpointTracker::Acknowledged(const SubtaskAck& ack) {
  CheckpointFacts* facts = FindMutable(ack.checkpoint_id);
  if (facts == nullptr || static_cast<size_t>(ack.vertex) >= facts->vertices.size()) return;
  VertexCheckpointFacts& vertex = facts->vertices[static_cast<size_t>(ack.vertex)];
  if (static_cast<size_t>(ack.subtask) >= vertex.subtasks.size()) return;
  auto& subtask = vertex.subtasks[static_cast<size_t>(ack.subtask)];
  if (subtask.has_value()) return;
  subtask = ack.stats;
  ++vertex.acknowledged;
  ++facts->num_acknowledged;
  vertex.latest_ack_ms = std::max(vertex.latest_ack_ms, ack.stats.ack_ms);
  facts->latest_ack_ms = std::max(facts->latest_ack_ms, ack.stats.ack_ms);
  facts->end_to_end_ms = std::max<int64_t>(0, facts->latest_ack_ms - facts->trigger_ms);
  for (auto* to : {&vertex.state_bytes, &facts->state_bytes}) *to += ack.stats.state_bytes;
  for (auto* to : {&vertex.written_bytes, &facts->written_bytes}) *to += ack.stats.written_bytes;
  for (auto* to : {&vertex.in_flight_bytes, &facts->in_flight_bytes}) *to += ack.stats.in_flight_bytes;
  facts->unaligned |= ack.stats.unaligned;
}

void CheckpointTracker::Completed(int64_t id, std::string external_path, int64_t now_ms) {
  CheckpointFacts* facts = FindMutable(id);
  if (facts == nullptr) return;
  facts->state = CheckpointState::kCompleted;
  facts->external_path = std::move(external_path);
  if (facts->latest_ack_ms < 0) facts->latest_ack_ms = now_ms;
  ++completed_;
  samples_.push_back({facts->written_bytes, facts->state_bytes, facts->end_to_end_ms, facts->in_flight_bytes});
  if (samples_.size() > kSamples) samples_.pop_front();
  (facts->kind == CheckpointKind::kCheckpoint ? latest_completed_ : latest_savepoint_) = *facts;
}

void CheckpointTracker::Failed(int64_t id, std::string message, int64_t now_ms) {
  CheckpointFacts* facts = FindMutable(id);
  if (facts == nullptr || facts->state != CheckpointState::kInProgress) return;
  facts->state = CheckpointState::kFailed;
  facts->failure_message = std::move(message);
  facts->failure_ms = now_ms;
  facts->end_to_end_ms = std::max<int64_t>(0, now_ms - facts->trigger_ms);
  ++failed_;
  latest_failed_ = *facts;
}

void CheckpointTracker::Refused() {
  ++total_;
  ++failed_;
}

void CheckpointTracker::Discarded(int64_t id) {
  if (CheckpointFacts* facts = FindMutable(id)) facts->discarded = true;
  if (latest_completed_ && latest_completed_->id == id) latest_completed_->discarded = true;
}

void CheckpointTracker::Restored(RestoredFacts facts) {
  ++restored_;
  latest_restored_ = std::move(facts);
}

CheckpointStatistics CheckpointTracker::Facts() const {
  CheckpointStatistics out;
  out.restored = restored_;
  out.total = total_;
  out.completed = completed_;
  out.failed = failed_;
  out.in_progress = total_ - completed_ - failed_;
  out.latest_completed = latest_completed_;
  out.latest_savepoint = latest_savepoint_;
  out.latest_failed = latest_failed_;
  out.latest_restored = latest_restored_;
  out.history.assign(history_.begin(), history_.end());
  if (out.history.size() > limit_) out.history.resize(limit_);
  const auto summarise = [&](auto pick) {
    std::vector<int64_t> values;
    values.reserve(samples_.size());
    for (const Sample& sample : samples_) values.push_back(pick(sample));
    return Summarise(std::move(values));
  };
  out.written_bytes = summarise([](const Sample& s) { return s.written; });
  out.state_bytes = summarise([](const Sample& s) { return s.state; });
  out.end_to_end_ms = summarise([](const Sample& s) { return s.end_to_end; });
  out.in_flight_bytes = summarise([](const Sample& s) { return s.in_flight; });
  out.persisted_bytes = out.in_flight_bytes;
  return out;
}

}  // namespace sluice::engine
