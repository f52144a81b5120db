#include "engine/runtime/barrier_round.h"

#include <algorithm>

#include "engine/runtime/in_flight.h"

namespace sluice::engine {

bool BarrierRound::Arrive(size_t input, int64_t monotonic_ms, int64_t now_ms) {
  if (arrived_[input]) return false;
  arrived_[input] = true;
  if (first_barrier_ms_ < 0) {
    first_barrier_ms_ = monotonic_ms;
    first_barrier_wall_ms_ = now_ms;
  }
  return true;
}

bool BarrierRound::AllArrived() const {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (!arrived_[i] && !inputs_[i].ended) return false;
  }
  return true;
}

int64_t BarrierRound::StartDelayMs(int64_t now_ms) const {
  const int64_t start = first_barrier_ms_ < 0 ? now_ms : first_barrier_wall_ms_;
  return std::max<int64_t>(start - request_->timestamp_ms, 0);
}

void BarrierRound::Record(size_t input, const Element& element) {
  if (element.kind != Element::Kind::kBatch) return;
  const auto snapshot = snapshots.find(inputs_[input].node);
  if (snapshot == snapshots.end()) return;
  snapshot->second->AddInFlight({inputs_[input].input, inputs_[input].producer, EncodeInFlight(element.batch)});
}

void BarrierRound::RecordUpTo(size_t input, const Announcement& announcement) {
  const Channel& channel = *inputs_[input].channel;
  const uint64_t queued = std::min<uint64_t>(channel.end(), announcement.position);
  const uint64_t first_waiting = announcement.position - announcement.waiting.size();
  for (uint64_t n = channel.popped(); n < announcement.position; ++n) {
    Record(input, n < queued ? channel.at(n) : announcement.waiting[n - first_waiting]);
  }
}

bool BarrierRound::RecordQueued(size_t input) {
  const Channel& channel = *inputs_[input].channel;
  const uint64_t end = channel.end();
  auto last = [&](const Element& e) {
    return e.kind == Element::Kind::kEnd || (e.kind == Element::Kind::kBarrier && e.checkpoint == id());
  };
  uint64_t n = channel.popped();
  while (n < end && !last(channel.at(n))) ++n;
  if (n == end) return false;
  for (uint64_t i = channel.popped(); i < n; ++i) Record(input, channel.at(i));
  return true;
}

}  // namespace sluice::engine
