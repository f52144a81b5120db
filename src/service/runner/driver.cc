#include "service/runner/driver.h"

#include "base/files.h"
#include "base/ids.h"
#include "base/random.h"

namespace sluice::service {
namespace {

/// The fifth part of "arn:aws:kinesisanalytics:REGION:ACCOUNT:application/NAME".
std::string AccountOf(const std::string& arn) {
  size_t begin = 0;
  for (int colon = 0; colon < 4; ++colon) begin = arn.find(':', begin) + 1;
  return arn.substr(begin, arn.find(':', begin) - begin);
}

}  // namespace

Supervisor::Driver::Driver(Supervisor& supervisor, std::string name, std::string arn)
    : supervisor_(supervisor),
      name_(std::move(name)),
      account_(AccountOf(arn)),
      folder_(ApplicationFolder(supervisor.options_.data_folder, name_)),
      log_(folder_ + "/logs/application.log", std::move(arn), supervisor.clock_),
      logger_(supervisor.logger_.With({{"application", name_}})),
      thread_([this] { Loop(); }) {}

Supervisor::Driver::~Driver() {
  Close();
  thread_.join();
}

void Supervisor::Driver::Assign(LifecycleAction action, bool resume) {
  std::lock_guard lock(mutex_);
  next_ = action;
  next_resumes_ = resume;
  changed_.notify_all();
}

void Supervisor::Driver::TakeSnapshotsSoon() {
  std::lock_guard lock(mutex_);
  snapshots_wanted_ = true;
  changed_.notify_all();
}

std::optional<std::string> Supervisor::Driver::Downtime() {
  std::lock_guard lock(mutex_);
  return downtime_;
}

void Supervisor::Driver::SetDowntime(std::optional<std::string> why) {
  std::lock_guard lock(mutex_);
  downtime_ = std::move(why);
}

void Supervisor::Driver::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool Supervisor::Driver::Gone() {
  std::lock_guard lock(mutex_);
  return removed_ && !next_.has_value();
}

bool Supervisor::Driver::Interrupted() {
  std::lock_guard lock(mutex_);
  return closed_ || next_.has_value();
}

bool Supervisor::Driver::Urgent() {
  std::lock_guard lock(mutex_);
  return closed_ || next_ == LifecycleAction::kKillEngine || next_ == LifecycleAction::kRemove;
}

bool Supervisor::Driver::Pause(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  return !supervisor_.clock_.WaitFor(lock, changed_, duration, [&] { return closed_ || next_.has_value(); });
}

void Supervisor::Driver::Loop() {
  while (true) {
    LifecycleAction action;
    bool resume;
    {
      std::unique_lock lock(mutex_);
      auto awake = [&] { return closed_ || removed_ || next_.has_value() || (watching_ && snapshots_wanted_); };
      if (watching_) {
        supervisor_.clock_.WaitFor(lock, changed_, supervisor_.options_.poll_interval, awake);
      } else {
        changed_.wait(lock, awake);
      }
      if (closed_ || (removed_ && !next_.has_value())) return;
      removed_ = false;
      action = next_.value_or(LifecycleAction::kNone);
      resume = next_.has_value() && next_resumes_;
      next_.reset();
    }
    Work(action, resume);
  }
}

void Supervisor::Driver::Work(LifecycleAction action, bool resume) {
  if (auto made = MakeFolders(folder_ + "/logs"); !made.ok()) {
    logger_.Error("the application's folder cannot be made", {{"error", made.error().message()}});
  }
  if (resume || !engine_) {
    engine_ = Runner().Adopt(folder_);
    last_seen_ns_ = supervisor_.clock_.MonotonicNs();
  }
  if (action != LifecycleAction::kNone) {
    watching_ = false;
    supervisor_.metrics_.Remove(name_);
  }
  switch (action) {
    case LifecycleAction::kNone:
      if (resume && engine_) logger_.Info("adopted a running engine", {{"url", engine_->rest_url}});
      return Watch();
    case LifecycleAction::kStartEngine: return Start(resume);
    case LifecycleAction::kRestartEngine: return Restart(resume);
    case LifecycleAction::kStopEngine: return Stop();
    case LifecycleAction::kKillEngine: return Kill();
    case LifecycleAction::kRemove: return Remove();
  }
}

bool Supervisor::Driver::Report(ApplicationEvent event, const std::string& status, const std::string& error) {
  ApplicationStore::Change change;
  change.event = event;
  change.ends_operations = status;
  change.why = error;
  return Commit(change);
}

bool Supervisor::Driver::Commit(const ApplicationStore::Change& change) {
  auto moved = supervisor_.store_.Commit(name_, change, NowMs());
  // Somebody else was faster, whose change the driver is told of.
  if (!moved.ok() && moved.error().code() == ErrorCode::kConflict) return false;
  if (!moved.ok()) {
    logger_.Error("the status cannot be stored", {{"error", moved.error().message()}});
    return false;
  }
  if (!moved->accepted()) return false;
  const ApplicationStatus next = moved->transition.next;
  watching_ = next == ApplicationStatus::kRunning || next == ApplicationStatus::kRolledBack;
  if (!watching_) supervisor_.metrics_.Remove(name_);
  if (watching_ || next == ApplicationStatus::kReady) SetDowntime(std::nullopt);
  if (next == ApplicationStatus::kReady) supervisor_.FailSnapshots(name_, "the application is not running any more");
  logger_.Info("status", {{"from", ApplicationStatusName(moved->before)}, {"to", ApplicationStatusName(next)}});
  return true;
}

/// Whether the application's status says that a job runs; also reads the version.
bool Supervisor::Driver::IsUp() {
  auto row = supervisor_.store_.Find(name_);
  if (!row.ok()) return false;
  version_ = row->version;
  rolled_back_ = row->status == ApplicationStatus::kRolledBack;
  return rolled_back_ || row->status == ApplicationStatus::kRunning;
}

void Supervisor::Driver::EndEngine(bool gently) {
  if (auto ended = supervisor_.engines_.End(folder_, gently); !ended.ok()) {
    logger_.Error("the engine cannot be ended", {{"error", ended.error().message()}});
  }
  engine_.reset();
}

std::string Supervisor::Driver::NewId() {
  SystemRandom random;
  return Id128::New(random).ToString();
}

std::unique_ptr<JobControl> Supervisor::Driver::Client() {
  return engine_ ? Runner().Control(folder_, *engine_) : nullptr;
}

std::string Supervisor::Driver::ExceptionText(const std::string& job_id) {
  auto client = Client();
  if (!client) return "";
  auto text = client->RootException(job_id);
  return text.ok() ? *text : "";
}

}  // namespace sluice::service
