#include "engine/operators/lookup_requests.h"

#include "engine/columnar/row_encoding.h"

namespace sluice::engine {

LookupRequests::LookupRequests(Settings settings, Maker make, std::function<void()> answered)
    : settings_(std::move(settings)), make_(std::move(make)), answered_(std::move(answered)) {}

LookupRequests::~LookupRequests() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_all();
  for (const auto& worker : workers_) worker->source->Cancel();
  for (const auto& worker : workers_) worker->thread.join();
}

Status LookupRequests::Submit(std::vector<LookupRequestPtr> requests) {
  if (requests.empty()) return {};
  size_t unserved = 0;
  {
    std::lock_guard lock(mutex_);
    for (LookupRequestPtr& r : requests) queue_.push_back(std::move(r));
    unserved = queue_.size() > waiting_threads_ ? queue_.size() - waiting_threads_ : 0;
  }
  for (; unserved > 0 && workers_.size() < settings_.max_threads; --unserved) {
    auto worker = std::make_unique<Worker>();
    SLUICE_ASSIGN_OR_RETURN(worker->source, make_());
    worker->thread = std::thread([this, source = worker->source.get()] { Run(*source); });
    workers_.push_back(std::move(worker));
  }
  work_.notify_all();
  return {};
}

bool LookupRequests::Done(const LookupRequest& request) {
  std::lock_guard lock(mutex_);
  return request.done;
}

LookupRequestPtr LookupRequests::Next(std::unique_lock<std::mutex>& lock) {
  while (!stop_) {
    if (!later_.empty() && later_.begin()->first <= std::chrono::steady_clock::now()) {
      LookupRequestPtr due = std::move(later_.begin()->second);
      later_.erase(later_.begin());
      return due;
    }
    if (!queue_.empty()) {
      LookupRequestPtr next = std::move(queue_.front());
      queue_.pop_front();
      return next;
    }
    ++waiting_threads_;
    if (later_.empty()) {
      work_.wait(lock);
    } else {
      work_.wait_until(lock, later_.begin()->first);
    }
    --waiting_threads_;
  }
  return nullptr;
}

void LookupRequests::Run(LookupSource& source) {
  std::unique_lock lock(mutex_);
  while (LookupRequestPtr request = Next(lock)) {
    lock.unlock();
    const bool done = Ask(source, *request);
    lock.lock();
    if (!done) {
      const auto delay = std::chrono::milliseconds(settings_.retry_delay_ms);
      later_.emplace(std::chrono::steady_clock::now() + delay, std::move(request));
      continue;
    }
    request->done = true;
    lock.unlock();
    answered_();
    lock.lock();
  }
}

bool LookupRequests::Ask(LookupSource& source, LookupRequest& request) {
  std::vector<ColumnPtr> found;
  for (const RowField& field : settings_.row) found.push_back(Column::Make(field.type, 0));
  const Result<size_t> rows = source.Lookup(request.keys, request.row, found);
  if (!rows.ok()) {
    request.error = rows.error();
    return true;
  }
  // As Flink counts: the first attempt, then as many again as the hint allows.
  if (*rows == 0 && settings_.retry_on_miss && ++request.attempts <= settings_.max_attempts) return false;
  for (size_t i = 0; i < *rows; ++i) EncodeRow(found, i, request.rows.emplace_back());
  return true;
}

}  // namespace sluice::engine
