#include "engine/runtime/worker_pool.h"

#include <algorithm>

#include "base/clock.h"

namespace sluice::engine {

namespace {
/// Empty rounds before a worker sleeps: hand-offs between threads that are both busy must not pay for a wake-up.
constexpr int kSpinRounds = 64;
}  // namespace

WorkerPool::WorkerPool(int threads, Clock& clock) : clock_(clock) {
  for (int i = 0; i < std::max(threads, 1); ++i) workers_.push_back(std::make_unique<Worker>());
  for (auto& worker : workers_) worker->thread = std::thread([this, w = worker.get()] { Loop(*w); });
}

WorkerPool::~WorkerPool() {
  stop_ = true;
  for (size_t i = 0; i < workers_.size(); ++i) Wake(static_cast<int>(i));
  for (auto& worker : workers_) worker->thread.join();
}

void WorkerPool::Add(int worker, std::shared_ptr<Tasklet> tasklet) {
  Worker& w = *workers_[static_cast<size_t>(worker)];
  {
    std::lock_guard lock(w.mutex);
    w.added.push_back(std::move(tasklet));
  }
  Wake(worker);
}

void WorkerPool::Wake(int worker) {
  Worker& w = *workers_[static_cast<size_t>(worker)];
  w.signalled.store(true);
  if (!w.sleeping.load()) return;
  std::lock_guard lock(w.mutex);
  w.changed.notify_one();
}

void WorkerPool::Sleep(Worker& worker, int64_t wake_at_ms) {
  std::unique_lock lock(worker.mutex);
  worker.sleeping.store(true);
  constexpr int64_t kLongest = int64_t{3600} * 1000;
  const int64_t wait_ms = wake_at_ms == INT64_MAX ? kLongest : std::min(kLongest, wake_at_ms - clock_.NowMs());
  if (wait_ms > 0) {
    clock_.WaitUntil(lock, worker.changed, clock_.MonotonicNs() + wait_ms * 1000000,
                     [&] { return worker.signalled.load() || !worker.added.empty() || stop_.load(); });
  }
  worker.sleeping.store(false);
}

void WorkerPool::Loop(Worker& worker) {
  std::vector<std::shared_ptr<Tasklet>> tasklets;
  int idle_rounds = 0;
  while (!stop_) {
    if (worker.signalled.exchange(false)) {
      std::lock_guard lock(worker.mutex);
      for (auto& t : worker.added) tasklets.push_back(std::move(t));
      worker.added.clear();
    }
    bool worked = false;
    int64_t wake_at_ms = INT64_MAX;
    for (auto& tasklet : tasklets) {
      const Tasklet::Progress progress = tasklet->Run();
      worked |= progress.state == Tasklet::Progress::State::kWorked;
      wake_at_ms = std::min(wake_at_ms, progress.wake_at_ms);
      if (progress.state == Tasklet::Progress::State::kDone) tasklet.reset();
    }
    std::erase(tasklets, nullptr);
    if (worked) {
      idle_rounds = 0;
    } else if (tasklets.size() > 0 && ++idle_rounds < kSpinRounds) {
      std::this_thread::yield();
    } else {
      Sleep(worker, wake_at_ms);
    }
  }
}

}  // namespace sluice::engine
