#include "service/runner/driver.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/ids.h"

namespace sluice::service {
namespace {

/// The fifth part of "arn:aws:kinesisanalytics:REGION:ACCOUNT:application/NAME".
std::string AccountOf(const std::string& arn) {
  size_t begin = 0;
  for (int colon = 0; colon < 4; ++colon) begin = arn.find(':', begin) + 1;
  return arn.substr(begin, arn.find(':', begin) - begin);
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

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

void Supervisor::Driver::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool Supervisor::Driver::Interrupted() {
  std::lock_guard lock(mutex_);
  return closed_ || next_.has_value();
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
      auto awake = [&] { return closed_ || next_.has_value(); };
      if (watching_) {
        supervisor_.clock_.WaitFor(lock, changed_, supervisor_.options_.poll_interval, awake);
      } else {
        changed_.wait(lock, awake);
      }
      if (closed_) return;
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
  if (resume) {
    engine_ = supervisor_.runner_.Adopt(folder_);
    last_seen_ns_ = supervisor_.clock_.MonotonicNs();
  }
  switch (action) {
    case LifecycleAction::kNone:
      if (resume && engine_) logger_.Info("adopted a running engine", {{"url", engine_->rest_url}});
      return Watch();
    case LifecycleAction::kStartEngine: return Start(resume);
    case LifecycleAction::kRestartEngine: return Restart();
    case LifecycleAction::kStopEngine: return Stop();
    case LifecycleAction::kKillEngine: return Kill();
    case LifecycleAction::kRemove: return Remove();
  }
}

// ---- reporting

bool Supervisor::Driver::Report(ApplicationEvent event) {
  auto moved = supervisor_.store_.Apply(name_, event, supervisor_.clock_.NowMs());
  if (!moved.ok()) {
    logger_.Error("the status cannot be stored", {{"error", moved.error().message()}});
    return false;
  }
  if (!moved->accepted()) return false;
  watching_ = moved->transition.next == ApplicationStatus::kRunning;
  logger_.Info("status",
               {{"from", ApplicationStatusName(moved->before)}, {"to", ApplicationStatusName(moved->transition.next)}});
  return true;
}

/// Whether the application's status says that a job runs; also reads the version.
bool Supervisor::Driver::IsUp() {
  auto row = supervisor_.store_.Find(name_);
  if (!row.ok()) return false;
  version_ = row->version;
  return row->status == ApplicationStatus::kRunning || row->status == ApplicationStatus::kRolledBack;
}

void Supervisor::Driver::EndOperations(const std::string& status, const std::string& error) {
  (void)supervisor_.store_.EndOperation(name_, "", status, error, supervisor_.clock_.NowMs());
}

void Supervisor::Driver::EndEngine(bool gently) {
  if (auto ended = supervisor_.runner_.End(folder_, gently); !ended.ok()) {
    logger_.Error("the engine cannot be ended", {{"error", ended.error().message()}});
  }
  engine_.reset();
}

std::optional<FlinkClient> Supervisor::Driver::Client() {
  if (!engine_) return std::nullopt;
  auto url = net::ParseUrl(engine_->rest_url);
  if (!url.ok()) return std::nullopt;
  return FlinkClient(*url);
}

std::string Supervisor::Driver::ExceptionText(const std::string& job_id) {
  auto client = Client();
  if (!client) return "";
  auto text = client->RootException(job_id);
  return text.ok() ? *text : "";
}

// ---- starting

Result<std::string> Supervisor::Driver::JobId(int64_t version, bool same_job) {
  const std::string path = folder_ + "/job_id";
  const std::string prefix = fmt::format("{} ", version);
  if (auto text = ReadFile(path); same_job && text.ok() && text->starts_with(prefix)) {
    if (auto id = Id128::Parse(text->substr(prefix.size())); id.ok()) return id->ToString();
  }
  SystemRandom random;
  std::string id = Id128::New(random).ToString();
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(path, prefix + id));
  return id;
}

Status Supervisor::Driver::Submit(const JobSpec& spec, bool same_job) {
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(folder_ + "/application_properties.json", spec.application_properties));
  SLUICE_ASSIGN_OR_RETURN(engine_, supervisor_.runner_.Launch(folder_, [this] { return Interrupted(); }));
  logger_.Info("engine started", {{"url", engine_->rest_url}});
  auto client = Client();
  if (!client) return Error(ErrorCode::kInternal, "the engine's address cannot be used");
  SLUICE_ASSIGN_OR_RETURN(std::string package, client->UploadPackage(spec.package_name, spec.package));
  FlinkRunRequest run;
  run.parallelism = spec.parallelism;
  run.configuration = spec.configuration;
  SLUICE_ASSIGN_OR_RETURN(run.job_id, JobId(spec.version, same_job));
  SLUICE_ASSIGN_OR_RETURN(engine_->job_id, client->Run(package, run, supervisor_.options_.start_timeout));
  engine_->version = spec.version;
  return supervisor_.runner_.RecordJob(folder_, engine_->job_id, spec.version);
}

Supervisor::Driver::Outcome Supervisor::Driver::BringUp(bool resume, bool same_job) {
  failure_.clear();
  auto row = supervisor_.store_.Find(name_);
  if (!row.ok()) {
    failure_ = row.error().message();
    return Outcome::kFailed;
  }
  version_ = row->version;
  if (!(resume && engine_ && !engine_->job_id.empty() && engine_->version == row->version)) {
    auto spec = supervisor_.specs_.SpecFor(*row);
    Status submitted = spec.ok() ? Submit(*spec, same_job) : Status(spec.error());
    if (Interrupted()) return Outcome::kInterrupted;
    if (!submitted.ok()) {
      failure_ = submitted.error().message();
      return Outcome::kFailed;
    }
  }
  return AwaitUp(row->version);
}

Supervisor::Driver::Outcome Supervisor::Driver::AwaitUp(int64_t version) {
  const int64_t deadline =
      supervisor_.clock_.MonotonicNs() + std::chrono::nanoseconds(supervisor_.options_.start_timeout).count();
  while (true) {
    if (Interrupted()) return Outcome::kInterrupted;
    auto client = Client();
    auto job = client ? client->AllJobs() : Result<FlinkJob>(Error(ErrorCode::kIo, "there is no engine"));
    if (job.ok() && job->all_up()) {
      log_.Write("INFO", version, fmt::format("The job {} is running with {} tasks.", job->id, job->vertices));
      return Outcome::kUp;
    }
    if (job.ok() && job->finished()) return Outcome::kFinished;
    if (job.ok() && job->ended()) {
      failure_ = ExceptionText(job->id);
      if (failure_.empty()) failure_ = "the job is " + job->state;
      return Outcome::kFailed;
    }
    if (!job.ok() && !supervisor_.runner_.Alive(folder_)) {
      failure_ = "the engine ended while the job started; its last words:\n" + supervisor_.runner_.LastOutput(folder_);
      return Outcome::kFailed;
    }
    if (supervisor_.clock_.MonotonicNs() > deadline) {
      failure_ = fmt::format(
          "Flink job did not start within a total timeout of {} minutes for application: {} under account: {}",
          supervisor_.options_.start_timeout.count() / 60'000, name_, account_);
      return Outcome::kFailed;
    }
    if (!Pause(std::chrono::milliseconds(50))) return Outcome::kInterrupted;
  }
}

void Supervisor::Driver::Settle(Outcome outcome) {
  switch (outcome) {
    case Outcome::kInterrupted: return;
    case Outcome::kUp:
      attempts_ = 0;
      up_since_ns_ = last_seen_ns_ = supervisor_.clock_.MonotonicNs();
      last_state_ = "RUNNING";
      if (Report(ApplicationEvent::kEngineRunning)) {
        EndOperations("SUCCESSFUL", "");
      } else if (!IsUp()) {
        EndEngine(true);  // nobody wants it any more
      }
      return;
    case Outcome::kFinished:
      log_.Write("INFO", version_,
                 "The job has read all of its input and is FINISHED; the application is READY again.");
      EndEngine(true);
      if (Report(ApplicationEvent::kJobFinished)) EndOperations("SUCCESSFUL", "");
      return;
    case Outcome::kFailed:
      log_.Write("ERROR", version_, "The job could not be started: " + FirstLine(failure_), failure_);
      logger_.Warn("the job could not be started", {{"error", FirstLine(failure_)}});
      EndEngine(true);
      if (Report(ApplicationEvent::kStartFailed)) EndOperations("FAILED", failure_);
  }
}

void Supervisor::Driver::Start(bool resume) {
  watching_ = false;
  auto row = supervisor_.store_.Find(name_);
  if (!row.ok() || row->status == ApplicationStatus::kReady) {
    // The job that was to be changed has ended by itself in between, and that was reported.
    return EndOperations("FAILED", "the application is not running any more");
  }
  attempts_ = 0;
  // A start that an earlier service has begun may have left checkpoints already.
  Settle(BringUp(resume, resume));
}

void Supervisor::Driver::Restart() {
  watching_ = false;
  if (!engine_) engine_ = supervisor_.runner_.Adopt(folder_);
  StopJob();
  if (Interrupted()) return;
  Start(false);
}

// ---- stopping

Status Supervisor::Driver::StopEachJob(const FlinkClient& client) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<FlinkJob> jobs, client.Jobs());
  for (const FlinkJob& job : jobs) {
    if (job.ended()) continue;
    auto asked = client.Stop(job.id, folder_ + "/savepoints");
    if (!asked.ok()) asked = client.Cancel(job.id);
    SLUICE_RETURN_IF_ERROR(asked);
  }
  return {};
}

/// Lets the job end by itself: with a savepoint if the engine can, else by cancelling. Then the engine ends.
void Supervisor::Driver::StopJob() {
  auto client = Client();
  if (client && !engine_->job_id.empty()) {
    Status asked = StopEachJob(*client);
    const int64_t deadline =
        supervisor_.clock_.MonotonicNs() + std::chrono::nanoseconds(supervisor_.options_.stop_timeout).count();
    while (asked.ok() && supervisor_.clock_.MonotonicNs() < deadline) {
      auto job = client->AllJobs();
      if (!job.ok() || job->all_ended) break;
      if (!Pause(std::chrono::milliseconds(20))) return;
    }
  }
  EndEngine(true);
}

void Supervisor::Driver::Stop() {
  watching_ = false;
  if (!engine_) engine_ = supervisor_.runner_.Adopt(folder_);
  StopJob();
  if (Interrupted()) return;
  log_.Write("INFO", version_, "The job was stopped; the application is READY.");
  Report(ApplicationEvent::kStopped);
  EndOperations("SUCCESSFUL", "");
}

void Supervisor::Driver::Kill() {
  watching_ = false;
  EndEngine(false);
  log_.Write("WARN", version_, "The job was stopped by force; the application is READY.");
  Report(ApplicationEvent::kStopped);
  EndOperations("SUCCESSFUL", "");
}

void Supervisor::Driver::Remove() {
  watching_ = false;
  Status done = supervisor_.runner_.End(folder_, true);
  engine_.reset();
  // The row goes last: if we are killed in between, the next service finds it DELETING and carries on.
  if (done.ok()) done = RemoveTree(folder_);
  if (done.ok()) done = supervisor_.store_.Remove(name_);
  if (!done.ok()) logger_.Error("the application cannot be removed", {{"error", done.error().message()}});
}

// ---- watching

void Supervisor::Driver::Watch() {
  watching_ = IsUp();
  if (!watching_) return;
  auto client = Client();
  auto job = client && !engine_->job_id.empty() ? client->AllJobs()
                                                : Result<FlinkJob>(Error(ErrorCode::kNotFound, "there is no engine"));
  const int64_t now = supervisor_.clock_.MonotonicNs();
  if (job.ok()) {
    last_seen_ns_ = now;
    if (job->finished()) return Settle(Outcome::kFinished);
    if (job->ended()) {
      std::string why = ExceptionText(job->id);
      Recover(why.empty() ? "the job is " + job->state : why);
      return;
    }
    if (attempts_ > 0 &&
        now - up_since_ns_ > 10 * std::chrono::nanoseconds(supervisor_.options_.restart_delay).count()) {
      attempts_ = 0;
    }
    if (job->state != last_state_) {
      if (!last_state_.empty() || job->state != "RUNNING") {
        log_.Write(job->state == "RUNNING" ? "INFO" : "WARN", version_, "The job is " + job->state + ".",
                   job->state == "RUNNING" ? "" : ExceptionText(job->id));
      }
      last_state_ = job->state;
    }
    return;
  }
  if (engine_ && job.error().code() == ErrorCode::kNotFound) {
    Recover("the engine has no job");  // an earlier service was killed between starting the one and the other
  } else if (!engine_ || !supervisor_.runner_.Alive(folder_)) {
    Recover("the engine's process is gone; its last words:\n" + supervisor_.runner_.LastOutput(folder_));
  } else if (now - last_seen_ns_ > std::chrono::nanoseconds(supervisor_.options_.unreachable_limit).count()) {
    Recover("the engine does not answer: " + job.error().message());
  }
}

bool Supervisor::Driver::Recover(const std::string& why) {
  std::string reason = why;
  while (attempts_ < supervisor_.options_.restart_attempts) {
    ++attempts_;
    log_.Write("ERROR", version_,
               fmt::format("The job failed and will be restarted in {} ms (attempt {} of {}): {}",
                           supervisor_.options_.restart_delay.count(), attempts_, supervisor_.options_.restart_attempts,
                           FirstLine(reason)),
               reason);
    logger_.Warn("restarting a failed job", {{"attempt", attempts_}, {"error", FirstLine(reason)}});
    if (!Pause(supervisor_.options_.restart_delay)) return false;
    Outcome outcome = BringUp(false, true);
    if (outcome == Outcome::kInterrupted) return false;
    if (outcome == Outcome::kFinished) {
      Settle(outcome);
      return false;
    }
    if (outcome == Outcome::kUp) {
      up_since_ns_ = last_seen_ns_ = supervisor_.clock_.MonotonicNs();
      last_state_ = "RUNNING";
      return true;
    }
    reason = failure_;
  }
  log_.Write("ERROR", version_, "The job failed too often and is not restarted any more: " + FirstLine(reason), reason);
  RecordLoss(reason);
  EndEngine(true);
  Report(ApplicationEvent::kJobLost);
  return false;
}

/// DescribeApplicationOperation is where the API has room for a failure: the loss is an operation of its own.
void Supervisor::Driver::RecordLoss(const std::string& why) {
  const int64_t now = supervisor_.clock_.NowMs();
  OperationRow operation;
  operation.id = fmt::format("job-lost-{}", now);
  operation.operation = "RestartApplication";
  operation.status = "FAILED";
  operation.start_ms = operation.end_ms = now;
  operation.version_from = operation.version_to = version_;
  operation.error = why;
  (void)supervisor_.store_.BeginOperation(name_, operation);
}

}  // namespace sluice::service
