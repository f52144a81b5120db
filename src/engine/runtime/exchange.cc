#include "engine/runtime/exchange.h"

#include "engine/columnar/hashing.h"

namespace sluice::engine {

Exchange::Exchange(Distribution distribution, std::vector<int> hash_keys, int max_parallelism, int subtask,
                   std::vector<Channel*> channels, SubtaskCounters* counters)
    : distribution_(distribution),
      hash_keys_(std::move(hash_keys)),
      max_parallelism_(max_parallelism),
      channels_(std::move(channels)),
      pending_(channels_.size()),
      next_(static_cast<size_t>(subtask) % channels_.size()),
      counters_(counters),
      selections_(channels_.size()) {}

void Exchange::Push(size_t target, Element element) {
  if (pending_[target].empty() && channels_[target]->TryPush(element)) return;
  pending_[target].push_back(std::move(element));
  ++waiting_;
}

bool Exchange::Drain() {
  if (waiting_ == 0) return true;
  for (size_t t = 0; t < channels_.size(); ++t) {
    while (!pending_[t].empty() && channels_[t]->TryPush(pending_[t].front())) {
      pending_[t].pop_front();
      --waiting_;
    }
  }
  return waiting_ == 0;
}

void Exchange::SendBarrier(int64_t checkpoint) {
  if (ended_) return;
  for (size_t t = 0; t < channels_.size(); ++t) {
    Push(t, Element{.kind = Element::Kind::kBarrier, .checkpoint = checkpoint});
  }
}

void Exchange::AnnounceBarrier(int64_t checkpoint) {
  for (size_t t = 0; t < channels_.size(); ++t) {
    Announcement announcement{.checkpoint = checkpoint};
    announcement.position = channels_[t]->pushed() + pending_[t].size();
    announcement.waiting.assign(pending_[t].begin(), pending_[t].end());
    channels_[t]->Announce(std::move(announcement));
  }
}

void Exchange::SendAll(Element::Kind kind) {
  ended_ |= kind == Element::Kind::kEnd;
  for (size_t t = 0; t < channels_.size(); ++t) Push(t, Element{.kind = kind});
}

void Exchange::Send(Batch batch) {
  const size_t rows = batch.row_count();
  const bool news = batch.watermark != kNoWatermark;
  if (rows > 0) {
    int64_t bytes = 0;
    for (const ColumnPtr& c : batch.columns) bytes += static_cast<int64_t>(rows * PhysicalWidth(c->physical()));
    counters_->bytes_out.fetch_add(bytes, std::memory_order_relaxed);
  }
  if (channels_.size() == 1) return Push(0, Element{.batch = std::move(batch)});
  size_t target = channels_.size();  // none
  switch (distribution_) {
    case Distribution::kHash:
      if (rows > 0) return Scatter(std::move(batch));
      break;
    case Distribution::kSingleton: target = 0; break;
    case Distribution::kForward: target = next_; break;
    case Distribution::kRebalance:
      target = next_;
      if (rows > 0) next_ = (next_ + 1) % channels_.size();
      break;
    case Distribution::kBroadcast:
      for (size_t t = 0; t < channels_.size(); ++t) Push(t, Element{.batch = batch});
      return;
  }
  for (size_t t = 0; news && t < channels_.size(); ++t) {
    if (t == target) continue;
    Element mark;
    mark.batch.watermark = batch.watermark;
    Push(t, std::move(mark));
  }
  if (target < channels_.size()) Push(target, Element{.batch = std::move(batch)});
}

void Exchange::Scatter(Batch batch) {
  const auto parallelism = static_cast<uint32_t>(channels_.size());
  const auto groups = static_cast<uint32_t>(max_parallelism_);
  const Rows rows = batch.rows();
  std::vector<ColumnPtr> keys;
  for (const int key : hash_keys_) keys.push_back(batch.columns[static_cast<size_t>(key)]);
  HashRows(keys, rows, hashes_);
  for (auto& s : selections_) s.clear();
  for (size_t k = 0; k < rows.count; ++k) {
    const uint32_t target = SubtaskOfKeyGroup(KeyGroupOf(hashes_[k], groups), groups, parallelism);
    selections_[target].push_back(static_cast<uint32_t>(rows[k]));
  }
  for (size_t t = 0; t < channels_.size(); ++t) {
    if (selections_[t].empty() && batch.watermark == kNoWatermark) continue;
    Element element;
    if (selections_[t].empty()) {
      element.batch.watermark = batch.watermark;
    } else {
      element.batch = batch;
      element.batch.selected = true;
      element.batch.selection = selections_[t];
    }
    Push(t, std::move(element));
  }
}

}  // namespace sluice::engine
